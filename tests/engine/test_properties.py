"""What holds for every scene: conservation, symmetry, and independence of empty slots."""

import copy

import jax
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kinetix_core.testing import assert_same
from tests import reference as ref

from . import support
from .mirror import mirrored, mirrored_results

SIZE = support.M
# a smaller seed is no simpler scene
EXAMPLES = settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
SEEDS = st.integers(0, 2**32 - 1)


# ------------------------------------------------------------- conservation


def free_pair(rng: np.random.Generator, jointed: bool) -> ref.State:
    """Two overlapping bodies of any kind in empty space, held together by a joint or not."""
    state = ref.random_state(rng, *SIZE)
    polygon, circle = state.polygon, state.circle
    state.gravity[:] = 0
    polygon.active[:] = circle.active[:] = state.thruster.active[:] = False
    for body in (polygon, circle):
        body.inverse_mass[:] = np.where(body.inverse_mass == 0, 1.5, body.inverse_mass)
        body.collision_mode[:] = 1
    a, b = sorted(rng.choice(np.arange(4, polygon.active.size + circle.active.size), 2, False))
    place = rng.uniform(1, 4, 2)
    for index in (a, b):
        body, i = locate(state, index)
        body.active[i], body.position[i] = True, place + rng.normal(size=2) * 0.15
    joint = state.joint
    joint.a_index[:], joint.b_index[:] = a, b
    joint.active[:] = jointed, False  # two joints between the same bodies fight
    state.collision_matrix = ref.collision_matrix(joint.a_index, joint.b_index, joint.active, 9)
    return state


def locate(state: ref.State, index: int) -> tuple[ref.Body, int]:
    polygons = state.polygon.active.size
    return (state.polygon, index) if index < polygons else (state.circle, index - polygons)


def momentum(bodies, centres) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Linear and angular momentum about the origin, and a scale of both, in float64.

    `bodies` are arrays by name with axes scene and body; bodies that can't turn have no spin.
    """
    used = bodies["active"].astype(np.float64)
    mass = used / np.where(bodies["inverse_mass"] == 0, 1, bodies["inverse_mass"])
    inertia = used / np.where(bodies["inverse_inertia"] == 0, np.inf, bodies["inverse_inertia"])
    push = mass[..., None] * bodies["velocity"]
    spin = inertia * bodies["angular_velocity"]
    turn = centres[..., 0] * push[..., 1] - centres[..., 1] * push[..., 0] + spin
    scale = np.abs(push).sum((1, 2)) * 5 + np.abs(spin).sum(1) + 1e-2
    return push.sum(axis=1), turn.sum(axis=1), scale


def bodies_of(scene):
    return {
        name: np.concatenate([getattr(scene.polygons, name), getattr(scene.circles, name)], axis=1)
        for name in vars(scene.polygons)
        if name != "vertices"
    }


@pytest.mark.parametrize("jointed", [False, True])
@EXAMPLES
@given(seed=SEEDS)
def test_momentum_of_a_free_pair(jointed, seed, step_of, kernel):
    rng = np.random.default_rng(seed)
    states = [free_pair(rng, jointed) for _ in range(16)]
    controls = np.stack([ref.random_controls(rng, *SIZE[2:]) for _ in states])
    before = support.as_scenes(states)
    after, contacts, touching = step_of(SIZE, kernel=kernel)(
        before, support.as_contacts(states), controls
    )
    was, now = bodies_of(before), bodies_of(after)
    linear, angular, scale = momentum(was, was["position"])
    new_linear, new_angular, new_scale = momentum(now, was["position"])
    unclipped = np.abs(now["velocity"]).max(axis=(1, 2)) < 99
    allowed = 1e-6 * (scale + new_scale)
    assert np.all((np.abs(new_linear - linear).max(axis=1) <= allowed)[unclipped])
    assert unclipped.sum() >= 12
    moved = np.abs(now["velocity"] - was["velocity"]).max(axis=2)[was["active"]]
    assert (moved > 0.01).sum() >= 4
    if jointed:  # the two ends of a joint lie apart, so it also turns the pair
        assert np.all(np.abs(contacts.joint_impulse[unclipped, 0]).max(axis=1) > 0)
        return
    assert touching.any()
    turns = (was["inverse_inertia"] > 0) | ~was["active"]
    free = unclipped & turns.all(axis=1)  # what can't turn takes up any torque
    assert np.all((np.abs(new_angular - angular) <= allowed)[free])


# ------------------------------------------------------------------- mirror


@settings(EXAMPLES, max_examples=6)
@given(seed=SEEDS)
def test_mirror_symmetry(seed, step_of, kernel):
    rng = np.random.default_rng(seed)
    states, controls = support.draw(rng, SIZE, 16)
    for state in states:  # bounds of the fading must be in order: else the upper one wins
        state.joint.min_rotation -= 0.1
        state.joint.max_rotation += 0.1
    images = [mirrored(*case) for case in zip(states, controls, strict=True)]
    reflected = [state for state, _ in images], np.stack([controls for _, controls in images])
    found = [
        step_of(SIZE, kernel=kernel)(
            support.as_scenes(states), support.as_contacts(states), controls
        )
        for states, controls in ((states, controls), reflected)
    ]
    seen = mirrored_results(*found[1])
    support.assert_agree(support.of_engine(*seen), support.of_engine(*found[0]))


# -------------------------------------------------------------- empty slots


def with_garbage(rng: np.random.Generator, state: ref.State) -> ref.State:
    """Other left-overs in all slots that are not in use."""
    state = copy.deepcopy(state)
    wild = [0, -0.0, 1, -3, 1e-42, 1e30, -1e38, np.inf, -np.inf, np.nan]
    for part in (state.polygon, state.circle, state.joint, state.thruster):
        for name, array in vars(part).items():
            empty = ~part.active
            if name == "active" or not empty.any():
                continue
            shape = array[empty].shape
            if array.dtype == np.float32:
                array[empty] = np.where(rng.random(shape) < 0.5, rng.choice(wild, shape), 2)
            else:
                array[empty] = rng.integers(-200, 200, shape).astype(array.dtype)
    return state


@EXAMPLES
@given(seed=SEEDS)
def test_empty_slots_have_no_influence(seed, step_of, kernel):
    rng = np.random.default_rng(seed)
    states = [ref.random_state(rng, *SIZE) for _ in range(16)]
    for state in states:
        for part in (state.polygon, state.circle, state.joint, state.thruster):
            part.active &= rng.random(part.active.shape) < 0.7
    others = [with_garbage(rng, state) for state in states]
    controls = np.stack([ref.random_controls(rng, *SIZE[2:]) for _ in states])
    (scene, memory, touching), (scene2, memory2, touching2) = (
        step_of(SIZE, kernel=kernel)(support.as_scenes(s), support.as_contacts(s), controls)
        for s in (states, others)
    )
    held = np.take_along_axis(bodies_of(scene)["active"], scene.thrusters.object_index % 9, axis=1)
    used = {name: getattr(scene, name).active for name in ("polygons", "circles", "joints")}
    used["thrusters"] = scene.thrusters.active & held  # the others hang on an empty slot
    for name, slots in used.items():
        was, now = (jax.tree.map(lambda x: x[slots], getattr(s, name)) for s in (scene, scene2))  # noqa: B023
        assert_same(now, was)
    assert_same((memory2, touching2), (memory, touching))
