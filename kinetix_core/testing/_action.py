"""What an action space promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import jax
import numpy as np

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import ActionSpace, Box, Discrete, MultiDiscrete, Task
from kinetix_core.scene import Scene

from ._compare import assert_same, loop, row, rows
from ._levels import example_levels, with_other_leftovers
from ._shared import assert_keys_used_once, is_a_frozen_dataclass, outside


@dataclass(frozen=True, eq=False)
class ActionCase:
    """levels: whose motors and thrusters are driven (leading axis)."""

    component: ActionSpace
    task: Task
    levels: Scene | None = None
    seed: int = 0

    @cached_property
    def scenes(self) -> Scene:
        return example_levels(self.task.size, 8, self.seed) if self.levels is None else self.levels

    @cached_property
    def samples(self) -> np.ndarray:
        """256 random actions along a leading axis."""
        keys = jax.random.split(jax.random.key(self.seed), 256)
        return np.asarray(jax.jit(jax.vmap(self.component.sample))(keys))

    @cached_property
    def controls(self) -> np.ndarray:
        """(levels, samples, inputs): every sample in every level."""
        return np.asarray(self.drive(self.samples, self.scenes))

    @cached_property
    def drive(self) -> Callable[..., jax.Array]:
        """`controls` of every action in every level, compiled."""
        controls = jax.vmap(self.component.controls, in_axes=(0, None))
        return jax.jit(jax.vmap(controls, in_axes=(None, 0)))


def space_is_static(case: ActionCase) -> None:
    """`space` is a Discrete, MultiDiscrete or Box, the same each time."""
    space = case.component.space
    assert isinstance(space, Discrete | MultiDiscrete | Box), f"{space!r} is none of them"
    assert hash(space) == hash(case.component.space)
    assert space == case.component.space


def samples_are_in_the_space(case: ActionCase) -> None:
    """`sample` gives actions of the space, the same for the same key, others for others."""
    for action in case.samples:
        if text := outside(case.component.space, action):
            raise AssertionError(text)
    key = jax.random.key(case.seed)
    assert_same(case.component.sample(key), case.component.sample(key))
    assert_keys_used_once(case.component.sample, jax.random.key(case.seed))
    several = len(np.unique(case.samples, axis=0)) > 1
    assert several, f"256 keys all gave the action {case.samples[0]}"


def noop_does_nothing(case: ActionCase) -> None:
    """`noop` is in the space and drives nothing but automatic motors, those with 1."""
    noop = case.component.noop
    if text := outside(case.component.space, noop):
        raise AssertionError(f"noop: {text}")
    for i in range(rows(case.scenes)):
        scene = row(case.scenes, i)
        rest = np.zeros(case.task.size.thrusters, np.float32)
        wanted = np.concatenate([np.where(scene.joints.motor_auto, np.float32(1), 0), rest])
        assert_same(case.component.controls(noop, scene) + 0.0, wanted)


def controls_are_in_range(case: ActionCase) -> None:
    """`controls` gives f32 of shape (joints + thrusters,): joints -1..1, thrusters 0..1."""
    size = case.task.size
    found = case.controls
    shape, wanted = found.shape[2:], (size.joints + size.thrusters,)
    assert shape == wanted, f"shape {shape} instead of {wanted}"
    assert found.dtype == np.float32, f"dtype {found.dtype} instead of float32"
    joints, thrusters = found[..., : size.joints], found[..., size.joints :]
    assert (np.abs(joints) <= 1).all(), f"joints get {joints.min()} to {joints.max()}"
    good = ((thrusters >= 0) & (thrusters <= 1)).all()
    assert good, f"thrusters get {thrusters.min()} to {thrusters.max()}"


def automatic_motors_run(case: ActionCase) -> None:
    """Automatic motors get 1 whatever the action is."""
    joints = case.controls[..., : case.task.size.joints].transpose(0, 2, 1)
    driven = joints[np.asarray(case.scenes.joints.motor_auto)]
    assert (driven == 1).all(), f"an automatic motor gets {driven.min()}"


def wrong_shapes_are_refused(case: ActionCase) -> None:
    """An action of another shape raises a `SettingError` that says both shapes."""
    scene = row(case.scenes, 0)
    noop = np.asarray(case.component.noop)
    for wrong in (noop[None], np.concatenate([noop.ravel()] * 2 + [noop.ravel()[:1]])):
        message = _refusal(case.component, wrong, scene)
        assert message is not None, f"an action of shape {wrong.shape} is taken"
        assert str(wrong.shape) in message, f"{wrong.shape} is not named in: {message}"


def _refusal(space: ActionSpace, action: np.ndarray, scene: Scene) -> str | None:
    try:
        space.controls(action, scene)
    except SettingError as error:
        return str(error)
    return None


def jit_and_vmap_equal_a_loop(case: ActionCase) -> None:
    """`jit` and `vmap` of `controls` give what single calls give."""
    few = slice(0, rows(case.scenes))
    eager = loop(case.component.controls, case.samples[few], case.scenes)
    together = jax.jit(jax.vmap(case.component.controls))(case.samples[few], case.scenes)
    assert_same(together, eager, 1e-6)
    compiled = jax.jit(case.component.controls)
    alone = loop(compiled, case.samples[few], case.scenes)
    assert_same(alone, eager, 1e-6)


def empty_slots_have_no_influence(case: ActionCase) -> None:
    """What empty slots hold does not change what joints and thrusters in use get."""
    other = with_other_leftovers(case.scenes, case.seed + 1)
    used = np.concatenate([case.scenes.joints.active, case.scenes.thrusters.active], axis=1)
    found = np.asarray(case.drive(case.samples, other)).transpose(0, 2, 1)[used]
    assert_same(found, case.controls.transpose(0, 2, 1)[used])


PROMISES = (
    is_a_frozen_dataclass,
    space_is_static,
    samples_are_in_the_space,
    noop_does_nothing,
    controls_are_in_range,
    automatic_motors_run,
    wrong_shapes_are_refused,
    jit_and_vmap_equal_a_loop,
    empty_slots_have_no_influence,
)
