"""The engine against the slow reading of the specification, on what no recording holds:
triangles, all collision modes, restitution, fixed joints, limits, odd sizes, other settings."""

import copy

import numpy as np
import pytest

from tests import reference as ref

from . import support

# Sizes that a mistake in offsets, pairs or padding would show in, and how many scenes of each.
SIZES = {
    support.S: 120,
    support.M: 80,
    support.L: 30,
    (7, 6, 3, 3): 30,
    (4, 0, 0, 0): 2,  # the room alone: no pair at all
    (4, 0, 2, 1): 8,  # and with joints that have nothing to hold
    (4, 3, 0, 0): 30,  # no free polygon: no polygon pair
    (9, 0, 3, 2): 30,  # no circle
    (6, 1, 0, 2): 30,  # one circle: no pair of circles
    (24, 16, 8, 4): 5,  # several batches of each table
    (40, 24, 20, 10): 1,  # as many bodies as there can be
}
OTHER_SETTINGS = {
    "dt": 1 / 50,
    "slop": 0.02,
    "baumgarte_coefficient_collision": 0.3,
    "baumgarte_coefficient_joints_v": 3.0,
    "baumgarte_coefficient_joints_p": 0.4,
    "baumgarte_coefficient_fjoint_av": 1.0,
    "baumgarte_coefficient_rjoint_limit_av": 3.0,
    "joint_stiffness": 0.5,
    "clip_position": 2.5,
    "clip_velocity": 1.0,
    "clip_angular_velocity": 1.25,
    "base_motor_speed": 4.0,
    "base_motor_power": 500.0,
    "motor_decay_coefficient": 0.2,
    "motor_joint_limit": 0.2,
    "base_thruster_power": 15.0,
    "base_friction": 0.6,
    "solver_iterations": 4,
    "solver_batch": 3,
}


# The JAX kernel in the size that other tests compile too; lanes/test_agreement.py has odd ones.
OF_THE_JAX_KERNEL = SIZES if support.EVERY_SIZE else [support.M]
CASES = [("native", sizes) for sizes in SIZES] + [("jax", sizes) for sizes in OF_THE_JAX_KERNEL]


@pytest.mark.parametrize(
    ("kernel", "sizes"), CASES, ids=["-".join(map(str, (k, *sizes))) for k, sizes in CASES]
)
def test_random_scenes(kernel, sizes, step_of):
    count = SIZES[sizes]
    states, controls = support.draw(np.random.default_rng(sum(sizes)), sizes, count)
    expected = support.of_oracle([ref.step(*case) for case in zip(states, controls, strict=True)])
    batch = support.as_scenes(states), support.as_contacts(states), controls
    found = step_of(sizes, kernel=kernel)(*batch)
    support.assert_agree(support.of_engine(*found), expected)


@pytest.fixture(scope="module")
def cases():
    return support.draw(np.random.default_rng(5), support.M, 60)


def test_every_setting_does_what_the_specification_says(cases, step_of):
    states, controls = cases
    names = {"solver_iterations": "num_solver_iterations", "solver_batch": "solver_batch_size"}
    params = ref.Params(**{names.get(k, k): v for k, v in OTHER_SETTINGS.items()})
    results = [ref.step(*case, params) for case in zip(states, controls, strict=True)]
    batch = support.as_scenes(states), support.as_contacts(states), controls
    found = step_of(support.M, **OTHER_SETTINGS)(*batch)
    # the tolerances are those of a case that is well conditioned under the default settings
    share = support.shares(support.of_engine(*found), support.of_oracle(results))
    outside = np.flatnonzero(np.max([*share.values()], axis=0) > 1)
    assert len(outside) <= 2, f"cases {outside.tolist()} differ"


@pytest.mark.parametrize("name", OTHER_SETTINGS)
def test_no_setting_is_without_effect(name, cases, step_of):
    """Else the test above would not see it."""
    states, controls = cases
    params = {"solver_iterations": "num_solver_iterations", "solver_batch": "solver_batch_size"}
    changed = ref.Params(**{params.get(name, name): OTHER_SETTINGS[name]})
    for case in zip(states, controls, strict=True):
        usual, other = (support.of_oracle([ref.step(*case, p)]) for p in (ref.Params(), changed))
        if max(share.max() for share in support.shares(other, usual).values()) > 20:
            return
    pytest.fail(f"{name} changes none of the cases")


def test_without_warm_starting_nothing_remembered_counts(cases, step_of):
    states, controls = cases
    fresh = [copy.deepcopy(state) for state in states]
    for state in fresh:
        for table in support.TABLES:
            getattr(state.memory, table).active[:] = False
        state.joint.acc_impulse[:] = 0
        state.joint.acc_r_impulse[:] = 0
    results = [ref.step(*case) for case in zip(fresh, controls, strict=True)]
    batch = support.as_scenes(states), support.as_contacts(states), controls
    found = step_of(support.M, warm_starting=False)(*batch)
    share = support.shares(support.of_engine(*found), support.of_oracle(results))
    outside = np.flatnonzero(np.max([*share.values()], axis=0) > 1)
    assert len(outside) <= 2, f"cases {outside.tolist()} differ"


def test_the_state_holds_the_whole_scene(cases, step_of, kernel):
    """What a step does not change comes back as it was."""
    states, controls = cases
    before = support.as_scenes(states)
    after, _, _ = step_of(support.M, kernel=kernel)(before, support.as_contacts(states), controls)
    moved = {*ref.STEP_TOLERANCE, "global_position"}
    for part in ("polygons", "circles", "joints", "thrusters"):
        for field in vars(getattr(before, part)).keys() - moved:
            was, now = (getattr(getattr(scene, part), field) for scene in (before, after))
            assert np.array_equal(was, now), f"{part}.{field}"
    for field in ("collision_matrix", "gravity", "timestep"):
        assert np.array_equal(getattr(before, field), getattr(after, field)), field
