"""The three action spaces against the table of spec/environment.md 3."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from kinetix_core.env import (
    ContinuousActions,
    DiscreteActions,
    MultiDiscreteActions,
    bound_controls,
)
from kinetix_core.env.action_config import ContinuousConfig, DiscreteConfig, MultiDiscreteConfig
from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Box, Discrete, MultiDiscrete, Task
from kinetix_core.scene import S, SceneSize, empty_scene

SIZE = SceneSize(5, 2, 5, 4)  # 4 motor and 2 thruster bindings
TASK = Task(size=SIZE)
MULTI = MultiDiscreteActions(MultiDiscreteConfig(), TASK)
CONTINUOUS = ContinuousActions(ContinuousConfig(), TASK)
DISCRETE = DiscreteActions(DiscreteConfig(), TASK)


def scene(motors=(0, 1, 2, 3, 0), thrusters=(0, 1, 0, 1), auto=()):
    """Joint i is driven by binding `motors[i]`, thruster i by `thrusters[i]`."""
    world = empty_scene(SIZE)
    automatic = np.isin(np.arange(SIZE.joints), auto)
    joints = replace(world.joints, motor_binding=np.array(motors, np.int32), motor_auto=automatic)
    thruster_binding = np.array(thrusters, np.int32)
    return replace(
        world, joints=joints, thrusters=replace(world.thrusters, thruster_binding=thruster_binding)
    )


def controls(space, action, **kwargs):
    found = np.asarray(space.controls(np.asarray(action), scene(**kwargs)))
    return found[: SIZE.joints].tolist(), found[SIZE.joints :].tolist()


@pytest.mark.parametrize(
    ("action", "joints", "thrusters"),
    [
        ([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0]),
        ([1, 2, 0, 1, 1, 0], [1, -1, 0, 1, 1], [1, 0, 1, 0]),
        ([2, 0, 1, 2, 0, 1], [-1, 0, 1, -1, -1], [0, 1, 0, 1]),
        # beyond the range: motors are clamped, thrusters are on for anything but 0
        ([3, -1, 9, 0, 2, -1], [-1, 0, -1, 0, -1], [1, 1, 1, 1]),
    ],
)
def test_multi_discrete(action, joints, thrusters):
    assert controls(MULTI, action) == (joints, thrusters)


@pytest.mark.parametrize(
    ("action", "joints", "thrusters"),
    [
        ([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0]),
        ([0.5, -0.25, 1, -1, 0.75, 0.125], [0.5, -0.25, 1, -1, 0.5], [0.75, 0.125, 0.75, 0.125]),
        ([7, -7, 0, 0, -0.5, 3], [1, -1, 0, 0, 1], [0, 1, 0, 1]),
    ],
)
def test_continuous(action, joints, thrusters):
    assert controls(CONTINUOUS, np.array(action, np.float32)) == (joints, thrusters)


DISCRETE_TABLE = [
    (0, [-1, 0, 0, 0, -1], [0, 0, 0, 0]),
    (1, [1, 0, 0, 0, 1], [0, 0, 0, 0]),
    (2, [0, -1, 0, 0, 0], [0, 0, 0, 0]),
    (5, [0, 0, 1, 0, 0], [0, 0, 0, 0]),
    (6, [0, 0, 0, -1, 0], [0, 0, 0, 0]),
    (7, [0, 0, 0, 1, 0], [0, 0, 0, 0]),
    (8, [0, 0, 0, 0, 0], [0, 0, 0, 0]),
    (9, [0, 0, 0, 0, 0], [1, 0, 1, 0]),
    (10, [0, 0, 0, 0, 0], [0, 1, 0, 1]),
]


@pytest.mark.parametrize(("action", "joints", "thrusters"), DISCRETE_TABLE)
def test_discrete(action, joints, thrusters):
    assert controls(DISCRETE, action) == (joints, thrusters)


@pytest.mark.parametrize("space", [MULTI, CONTINUOUS, DISCRETE])
def test_automatic_motors_always_run_forward(space):
    assert controls(space, space.noop, auto=(1, 4)) == ([0, 1, 0, 0, 1], [0, 0, 0, 0])
    backward = {MULTI: [2] * 4 + [0, 0], CONTINUOUS: [-1.0] * 6, DISCRETE: 2}[space]
    joints, _ = controls(space, backward, auto=(1, 4))
    assert (joints[1], joints[4]) == (1, 1)


def test_a_binding_beyond_the_end_reads_the_last_input():
    joints, thrusters = controls(
        MULTI, [1, 1, 1, 2, 0, 1], motors=(4, 70, 3, 0, 0), thrusters=(2, 3, 0, 1)
    )
    assert joints == [-1, -1, -1, 1, 1]
    assert thrusters == [1, 1, 0, 1]


def test_inputs_are_clamped_before_they_are_shared_out():
    found = bound_controls(np.array([5.0, -5, 0.5, 0]), np.array([-3.0, 2.0]), scene())
    np.testing.assert_array_equal(found, [1, -1, 0.5, 0, 1, 0, 1, 0, 1])


def test_spaces_of_the_published_sizes():
    assert MULTI.space == MultiDiscrete((3, 3, 3, 3, 2, 2))
    assert CONTINUOUS.space == Box(-1.0, 1.0, (6,))
    assert DISCRETE.space == Discrete(11)
    assert DISCRETE.noop == 8


def test_other_numbers_of_bindings():
    task = Task(size=SceneSize(5, 2, 1, 1, motor_bindings=2, thruster_bindings=3))
    assert MultiDiscreteActions(MultiDiscreteConfig(), task).space.sizes == (3, 3, 2, 2, 2)
    discrete = DiscreteActions(DiscreteConfig(), task)
    assert (discrete.space.n, int(discrete.noop)) == (2 * 2 + 1 + 3, 4)
    thrust = discrete.controls(np.int32(4 + 1 + 0), empty_scene(task.size))
    np.testing.assert_array_equal(thrust, [0, 1])


@pytest.mark.parametrize("space", [MULTI, CONTINUOUS, DISCRETE])
def test_random_actions(space):
    keys = jax.random.split(jax.random.key(0), 2000)
    drawn = np.asarray(jax.jit(jax.vmap(space.sample))(keys))
    if space is CONTINUOUS:
        motors, thrusters = drawn[:, :4], drawn[:, 4:]
        assert abs(motors.mean()) < 0.03  # uniform in -1..1
        assert abs(motors.std() - 1 / np.sqrt(3)) < 0.02
        assert thrusters.min() >= 0
        assert abs(thrusters.mean() - 0.5) < 0.03
        return
    sizes = [11] if space is DISCRETE else space.space.sizes
    for column, n in zip(drawn.reshape(2000, -1).T, sizes, strict=True):
        counts = np.bincount(column, minlength=n)
        assert len(counts) == n
        assert (np.abs(counts - 2000 / n) < 6 * np.sqrt(2000 / n)).all()


@pytest.mark.parametrize("space", [MULTI, CONTINUOUS, DISCRETE])
@pytest.mark.parametrize("shape", [(5,), (7,), (1, 6), (1,)])
def test_another_shape_is_refused_by_name(space, shape):
    with pytest.raises(SettingError) as caught:
        space.controls(np.zeros(shape, np.int32), scene())
    text = str(caught.value)
    assert f"action of shape {shape}" in text
    assert str(space.space.shape) in text
    assert "\n" not in text


def test_a_space_contains_its_actions_only():
    assert not MULTI.space.contains(np.array([0.5, 1, 1, 1, 1, 1]))
    assert MULTI.space.contains(np.array([2, 2, 2, 2, 1, 1]))
    assert not MULTI.space.contains(np.array([2, 2, 2, 2, 1, 2]))
    assert not MULTI.space.contains(np.array([0, 0, 0, 0, 0]))
    assert DISCRETE.space.contains(np.int32(10))
    assert not DISCRETE.space.contains(np.int32(11))
    assert not DISCRETE.space.contains(0.5)
    assert not DISCRETE.space.contains(np.float32(1))
    assert CONTINUOUS.space.contains(np.full(6, -1, np.float32))
    assert not CONTINUOUS.space.contains(np.full(6, -1.5, np.float32))
    assert MultiDiscreteActions(MultiDiscreteConfig(), Task(size=S)).space == MULTI.space
