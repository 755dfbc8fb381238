"""observation/entity: one row of features per entity. Source: spec/observations.md 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from kinetix_core.interfaces import Box, ObservationEncoder, Record, Task
from kinetix_core.scene import Array, Bodies, Scene, SceneSize

from ._config import EntityConfig
from ._entity_masks import CONTACT, attention_mask, contact_plane
from ._features import (
    CIRCLE,
    POLYGON,
    circle_features,
    gravity_feature,
    joint_features,
    moving_features,
    overwrite,
    polygon_features,
    thruster_features,
)

TABLES = {
    "circles": "circle_mask",
    "polygons": "polygon_mask",
    "joints": "joint_mask",
    "thrusters": "thruster_mask",
}
"""Parts with a row per entity, and which rows are there."""
_INTEGERS = np.iinfo(np.int32)
_LARGEST = np.finfo(np.float32).max


@dataclass(frozen=True)
class Entity(ObservationEncoder):
    """A mapping of tables, masks and indexes; polygons include the floor, walls and ceiling.

    Features are in plain units, not clamped. Rows of inactive slots hold what the slot holds, as
    in the published encoder: read them through the masks. Joints have two rows each, all of
    them from b to a, then all from a to b. With NaN in a scene 0 is shown, for infinity the
    largest number.
    """

    config: EntityConfig
    task: Task

    hides_empty_slots: ClassVar[bool] = False
    row_masks: ClassVar[Mapping[str, str]] = TABLES

    def space(self, size: SceneSize) -> Record:
        p, c, j, t, n = size.polygons, size.circles, size.joints, size.thrusters, size.bodies

        def numbers(rows: int, columns: int) -> Box:
            return Box(-np.inf, np.inf, (rows, columns))

        def mask(*shape: int) -> Box:
            return Box(0, 1, shape, "bool")

        parts = {
            "circles": numbers(c, CIRCLE + 1),
            "polygons": numbers(p, POLYGON + 1),
            "joints": numbers(2 * j, 18 + size.motor_bindings),
            "thrusters": numbers(t, 6 + size.thruster_bindings),
            "circle_mask": mask(c),
            "polygon_mask": mask(p),
            "joint_mask": mask(2 * j),
            "thruster_mask": mask(t),
            "attention_mask": mask(4, n, n),
            "joint_indexes": Box(0, n - 1, (2 * j, 2), "int32"),
            # those of inactive thrusters may be any number
            "thruster_indexes": Box(_INTEGERS.min, _INTEGERS.max, (t,), "int32"),
        }
        if not self.config.attention_mask:
            del parts["attention_mask"]
        return Record(tuple(parts.items()))

    def encode(self, scene: Scene) -> dict[str, jax.Array]:
        """`attention_mask` has the planes full, multi-hop, one-hop, contact; it may be left out."""
        size, scene = scene.size, _with_finite_angles(scene)
        joints, thrusters, gravity = scene.joints, scene.thrusters, gravity_feature(scene)
        a, b = joints.a_relative_pos, joints.b_relative_pos
        index = jnp.stack([joints.b_index, joints.a_index], axis=-1)
        index = jnp.where(jnp.asarray(joints.active)[:, None], index, 0)
        ways = [joint_features(joints, *ends, size.motor_bindings) for ends in ((b, a), (a, b))]
        observation = {
            "circles": _finite(_with(circle_features(scene.circles), gravity)),
            "polygons": _finite(_with(polygon_features(scene.polygons), gravity)),
            "joints": _finite(jnp.concatenate(ways)),
            "thrusters": _finite(thruster_features(thrusters, size.thruster_bindings)),
            "circle_mask": jnp.asarray(scene.circles.active),
            "polygon_mask": jnp.asarray(scene.polygons.active),
            "joint_mask": jnp.concatenate([joints.active, joints.active]),
            "thruster_mask": jnp.asarray(thrusters.active),
            "joint_indexes": jnp.concatenate([index, index[:, ::-1]]),
            "thruster_indexes": jnp.asarray(thrusters.object_index),
        }
        if self.config.attention_mask:
            observation["attention_mask"] = attention_mask(scene)
        return observation

    def encode_next(self, scene: Scene, previous: dict[str, Array]) -> dict[str, jax.Array]:
        """Only the bodies' motion and the contacts are new."""
        observation = {name: jnp.asarray(part) for name, part in previous.items()}
        observation["polygons"] = _moved(previous["polygons"], scene.polygons)
        observation["circles"] = _moved(previous["circles"], scene.circles)
        if self.config.attention_mask:
            plane = contact_plane(scene)[None]
            observation["attention_mask"] = overwrite(
                previous["attention_mask"], plane, CONTACT, 0, 0
            )
        return observation


def _moved(table: Float[Array, "n features"], bodies: Bodies) -> jax.Array:
    """The table with the present motion of the bodies."""
    if not table.shape[0]:
        return jnp.asarray(table)
    bodies = replace(bodies, rotation=_finite(bodies.rotation))
    for column, part in moving_features(bodies).items():
        table = overwrite(table, _finite(part), 0, column)
    return jnp.asarray(table)


def _finite(values: Array) -> jax.Array:
    """0 for NaN, the largest number for infinity. Cheaper than `jnp.nan_to_num`."""
    values = jnp.asarray(values)
    return jnp.clip(jnp.where(jnp.isnan(values), 0.0, values), -_LARGEST, _LARGEST)


def _with_finite_angles(scene: Scene) -> Scene:
    """What is more than copied into a table is mended first, everything else in the table."""

    def mended(part: Any, *names: str) -> Any:
        return replace(part, **{name: _finite(getattr(part, name)) for name in names})

    return replace(
        scene,
        polygons=mended(scene.polygons, "rotation"),
        circles=mended(scene.circles, "rotation"),
        joints=mended(scene.joints, "rotation", "min_rotation", "max_rotation"),
        thrusters=mended(scene.thrusters, "rotation"),
        gravity=_finite(scene.gravity),
    )


def _with(table: Float[Array, "n features"], last: Float[Array, ""]) -> Float[jax.Array, "n more"]:
    """The table with one more column of the same number."""
    column = jnp.broadcast_to(last, (table.shape[0], 1))
    return jnp.concatenate([table, column], axis=1)
