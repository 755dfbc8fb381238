"""Every oddity of the published system that lives in a step is in the engine.

On chosen scenes the engine agrees with the oracle, and visibly not with the oracle without that
one oddity. Those of masses are in tests/scene/test_mass.py. Source: spec/physics.md 9.
"""

import numpy as np
import pytest

from kinetix_core.scene import CEILING, SceneSize, empty_scene
from tests import reference as ref
from tests.reference import quirks as q

from . import support

# Seeds of random cases in which the oddity shows; the random ones of test_oracle.py rarely do.
SEEDS = {
    q.TOUCHING_IGNORES_FILTER: (2, 5, 7),
    q.INSIDE_DEPTH_IS_RADIUS: (7, 9, 10),
    q.CLAMP_NOT_CLIP: (10, 115, 201),
    q.COMMON_DEPTH: (10, 12, 60),
    q.SECOND_POINT_NEEDS_BOTH_INSIDE: (7, 20, 60),
    q.FIRST_POLYGON_PREFERRED: (138, 492),
    q.WARM_START_BY_SLOT: (10, 146, 491),
    q.JOINT_MASS_ALONG_VELOCITY: (3, 17, 26),
    q.JOINT_STIFFNESS: (7, 12, 17),
    q.JOINTS_MOVE_CONTACTS: (7, 12, 146),
    q.LIMIT_ONLY_OUTWARD: (9, 17, 50),
    q.MOTOR_FADE_BY_ACTION_SIGN: (17, 50, 91),
    q.PADDING_ZEROES_LAST_ROW: (9, 10, 91),
    q.INACTIVE_BODIES_MOVE: (2, 5, 10),
    q.UNRESOLVABLE_JOINTS_FORGET: (2, 5, 10),
    q.FRICTION_ROOT_SUM_SQUARES: (7, 10, 12),
    q.RESTITUTION_MINIMUM: (7, 9, 12),
}
SIZE = support.M
VISIBLE = 100  # times the tolerance


@pytest.fixture(scope="module")
def cases():
    seeds = sorted({seed for chosen in SEEDS.values() for seed in chosen})
    return {seed: ref.random_case(np.random.default_rng(seed), *SIZE) for seed in seeds}


@pytest.fixture(scope="module")
def found(cases, step_of, kernel):
    """By seed: what a kernel makes of the case."""
    states = [state for state, _ in cases.values()]
    controls = np.stack([controls for _, controls in cases.values()])
    batch = support.as_scenes(states), support.as_contacts(states), controls
    made = support.of_engine(*step_of(SIZE, kernel=kernel)(*batch))
    return {seed: {k: v[[i]] for k, v in made.items()} for i, seed in enumerate(cases)}


def test_every_quirk_of_a_step_has_its_scenes():
    assert SEEDS.keys() == q.STEP_QUIRKS
    assert q.MASS_QUIRKS | q.STEP_QUIRKS | {q.CEILING_VERTEX} == q.ALL


@pytest.mark.parametrize("quirk", SEEDS)
def test_the_engine_has_it(quirk, cases, found):
    for seed in SEEDS[quirk]:
        state, controls = cases[seed]
        support.assert_agree(found[seed], support.of_oracle([ref.step(state, controls)]))
        without = support.of_oracle([ref.step(state, controls, quirks=q.ALL - {quirk})])
        differs = max(share.max() for share in support.shares(found[seed], without).values())
        assert differs > VISIBLE, f"the scene of seed {seed} does not tell: choose another one"


def test_a_fresh_room_has_the_odd_corner_of_the_ceiling():
    room, other = ref.empty_world(*SIZE), ref.empty_world(*SIZE, q.ALL - {q.CEILING_VERTEX})
    made = empty_scene(SceneSize(*SIZE)).polygons.vertices
    assert np.array_equal(made, room.polygon.vertices)
    assert not np.array_equal(made[CEILING], other.polygon.vertices[CEILING])
