"""What an observation encoder promises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.interfaces import Observation, ObservationEncoder, Record, Space, Task
from kinetix_core.scene import Scene, SceneSize

from ._compare import assert_finite, assert_same, loop, row, rows
from ._levels import example_levels, with_other_leftovers
from ._shared import is_a_frozen_dataclass, outside

OTHER_SIZES = (SceneSize(7, 1, 3, 2, motor_bindings=3, thruster_bindings=1), SceneSize(5, 0, 0, 0))


@dataclass(frozen=True, eq=False)
class ObservationCase:
    """levels: scenes to encode (leading axis); by default examples, some at a later instant.

    sizes: other sizes of scene that the encoder takes.
    tolerance: between compiled and eager calls, see `kinetix_core.testing.difference`.
    """

    component: ObservationEncoder
    task: Task
    levels: Scene | None = None
    sizes: tuple[SceneSize, ...] = OTHER_SIZES
    seed: int = 0
    tolerance: float = 1e-5

    @cached_property
    def scenes(self) -> Scene:
        if self.levels is not None:
            return self.levels
        scenes = example_levels(self.task.size, 10, self.seed)
        rng = np.random.default_rng(self.seed)
        timestep = rng.integers(0, self.task.env.max_timesteps + 1, 10).astype(np.int32)
        touching = rng.random(scenes.touching.shape) < 0.5
        return replace(scenes, timestep=timestep, touching=touching)

    @cached_property
    def encoded(self) -> Observation:
        """The observations of all scenes, by a compiled `vmap`."""
        return jax.jit(jax.vmap(self.component.encode))(self.scenes)


def space_matches(case: ObservationCase) -> None:
    """`space(size)` is what `encode` gives: parts, shape, dtype and range.

    `row_masks` name parts of it, a truth value for each row.
    """
    space = case.component.space(case.task.size)
    hash(space)
    assert space == case.component.space(case.task.size), "two calls give two spaces"
    parts = dict(space.parts) if isinstance(space, Record) else {}
    for name, mask in case.component.row_masks.items():
        for part in (name, mask):
            assert part in parts, f"row_masks: {part} is no part of {', '.join(parts) or space}"
        found, wanted = (parts[mask].shape, parts[mask].dtype), (parts[name].shape[:1], "bool")
        assert found == wanted, f"row_masks: {mask} is {found}; {wanted} is expected for {name}"
    for i in range(rows(case.scenes)):
        if text := outside(space, row(case.encoded, i)):
            raise AssertionError(f"scene {i}: {text}")


def other_sizes_match(case: ObservationCase) -> None:
    """`space` and `encode` agree for scenes of other sizes, too."""
    for size in case.sizes:
        level = row(example_levels(size, 1), 0)
        found = jax.eval_shape(case.component.encode, level)
        space = case.component.space(size)
        shapes, wanted = _shapes(found), _space_shapes(space)
        assert shapes == wanted, f"size {size.name}: {shapes} instead of {wanted}"


def _shapes(observation: Any) -> Any:
    if isinstance(observation, dict):
        return {name: _shapes(part) for name, part in observation.items()}
    return observation.shape, str(observation.dtype)


def _space_shapes(space: Space) -> Any:
    if isinstance(space, Record):
        return {name: _space_shapes(part) for name, part in space.parts}
    return space.shape, space.dtype


def jit_equals_eager(case: ObservationCase) -> None:
    """Compiled and eager calls agree."""
    compiled = jax.jit(case.component.encode)
    for i in range(min(4, rows(case.scenes))):
        scene = row(case.scenes, i)
        assert_same(compiled(scene), case.component.encode(scene), case.tolerance)


def vmap_equals_a_loop(case: ObservationCase) -> None:
    """A batch gives each scene what it gets alone."""
    alone = loop(jax.jit(case.component.encode), case.scenes)
    assert_same(case.encoded, alone, case.tolerance)


def repeats_itself(case: ObservationCase) -> None:
    """The same scene gives the same observation again."""
    encode = jax.jit(jax.vmap(case.component.encode))
    assert_same(encode(case.scenes), case.encoded)


def next_equals_encode(case: ObservationCase) -> None:
    """`encode_next`, given an earlier observation of the episode, is what `encode` gives."""
    later = _later(case.scenes, np.random.default_rng(case.seed + 2))
    encode, encode_next = case.component.encode, case.component.encode_next
    wanted = jax.jit(jax.vmap(encode))(later)
    assert_same(jax.jit(jax.vmap(encode_next))(later, case.encoded), wanted, case.tolerance)
    scene, previous = row(later, 0), row(case.encoded, 0)
    assert_same(jax.jit(encode_next)(scene, previous), row(wanted, 0), case.tolerance)


def _later(scenes: Scene, rng: np.random.Generator) -> Scene:
    """The scenes with all that physics changes, changed."""

    def changed(part: Any, *names: str) -> Any:
        shapes = {name: np.shape(getattr(part, name)) for name in names}
        noise = {name: rng.normal(size=s).astype(np.float32) for name, s in shapes.items()}
        return replace(part, **{name: getattr(part, name) + noise[name] for name in names})

    motion = ("position", "rotation", "velocity", "angular_velocity")
    return replace(
        scenes,
        polygons=changed(scenes.polygons, *motion),
        circles=changed(scenes.circles, *motion),
        joints=changed(scenes.joints, "global_position"),
        thrusters=changed(scenes.thrusters, "global_position"),
        touching=rng.random(scenes.touching.shape) < 0.5,
        timestep=np.asarray(scenes.timestep) + 1,
    )


def empty_slots_do_not_show(case: ObservationCase) -> None:
    """Where `hides_empty_slots`, what empty slots hold changes nothing."""
    if not case.component.hides_empty_slots:
        return
    other = with_other_leftovers(case.scenes, case.seed + 1)
    assert_same(jax.jit(jax.vmap(case.component.encode))(other), case.encoded)


def observations_are_finite(case: ObservationCase) -> None:
    """Finite scenes give finite observations, huge numbers included."""
    assert_finite(case.encoded)
    for big in (1e30, -1e30):
        scenes = jax.tree.map(
            lambda x, big=big: np.full_like(x, big) if x.dtype == np.float32 else x, case.scenes
        )
        assert_finite(jax.jit(jax.vmap(case.component.encode))(scenes))


def gradients_are_finite(case: ObservationCase) -> None:
    """Derivatives with respect to positions, angles and velocities are finite."""

    def total(bodies: Any, scene: Scene) -> jax.Array:
        polygons, circles = bodies
        scene = replace(
            scene,
            polygons=replace(scene.polygons, **polygons),
            circles=replace(scene.circles, **circles),
        )
        leaves = jax.tree.leaves(case.component.encode(scene))
        sums = [jnp.sum(x) for x in leaves if jnp.issubdtype(x.dtype, jnp.floating)]
        return sum(sums, jnp.float32(0))

    names = ("position", "rotation", "velocity", "angular_velocity")
    bodies = [
        {name: jnp.asarray(getattr(part, name)) for name in names}
        for part in (case.scenes.polygons, case.scenes.circles)
    ]
    assert_finite(jax.jit(jax.vmap(jax.grad(total)))(tuple(bodies), case.scenes))


PROMISES = (
    is_a_frozen_dataclass,
    space_matches,
    other_sizes_match,
    jit_equals_eager,
    vmap_equals_a_loop,
    repeats_itself,
    next_equals_encode,
    empty_slots_do_not_show,
    observations_are_finite,
    gradients_are_finite,
)
