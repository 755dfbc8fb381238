"""observation/symbolic: one flat vector. Source: spec/observations.md 3."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Float

from kinetix_core.interfaces import Box, ObservationEncoder, Task
from kinetix_core.scene import BOUNDARY, Array, Bodies, Scene, SceneSize

from ._config import SymbolicConfig
from ._features import (
    CIRCLE,
    POLYGON,
    bounded,
    circle_features,
    gravity_feature,
    joint_features,
    moving_features,
    one_hot,
    overwrite,
    polygon_features,
    thruster_features,
)

LIMIT = 10.0
"""Every entry is clamped to -10..10: inverse masses and inertias of small bodies saturate."""


@dataclass(frozen=True)
class Symbolic(ObservationEncoder):
    """Polygons (without walls and ceiling), circles, joints (b to a), thrusters, gravity.

    Rows of inactive slots are zero; entries are clamped to -10..10 and NaN becomes 0.
    """

    config: SymbolicConfig
    task: Task

    def space(self, size: SceneSize) -> Box:
        joint = 18 + size.motor_bindings + 2 * size.bodies
        thruster = 6 + size.thruster_bindings + size.bodies
        length = (size.polygons - 3) * POLYGON + size.circles * CIRCLE
        length += size.joints * joint + size.thrusters * thruster + 1
        return Box(-LIMIT, LIMIT, (length,))

    def encode(self, scene: Scene) -> Float[jax.Array, " features"]:
        size, joints, thrusters = scene.size, scene.joints, scene.thrusters
        polygons = _without_walls(scene.polygons)
        joint_rows = [
            joint_features(
                joints, joints.b_relative_pos, joints.a_relative_pos, size.motor_bindings
            ),
            one_hot(joints.b_index, size.bodies),
            one_hot(joints.a_index, size.bodies),
        ]
        thruster_rows = [
            thruster_features(thrusters, size.thruster_bindings),
            one_hot(thrusters.object_index, size.bodies),
        ]
        groups = [
            _rows(polygons.active, polygon_features(polygons)),
            _rows(scene.circles.active, circle_features(scene.circles)),
            _rows(joints.active, *joint_rows),
            _rows(thrusters.active, *thruster_rows),
            gravity_feature(scene)[None],
        ]
        return bounded(jnp.concatenate(groups), LIMIT)

    def encode_next(self, scene: Scene, previous: Array) -> Float[jax.Array, " features"]:
        """Only the bodies' motion is new."""
        polygons, circles = _without_walls(scene.polygons), scene.circles
        flat, row = jnp.asarray(previous), 0
        for bodies, width in ((polygons, POLYGON), (circles, CIRCLE)):
            active = jnp.asarray(bodies.active)[:, None]
            parts = {
                column: bounded(jnp.where(active, part, 0.0), LIMIT)
                for column, part in moving_features(bodies).items()
            }
            for body in range(active.shape[0]):
                for column, part in parts.items():
                    flat = overwrite(flat, part[body], row + column)
                row += width
        return flat


def _without_walls(polygons: Bodies) -> Bodies:
    """The floor and the free polygons: slots 0, 4, 5, ..."""
    return jax.tree.map(lambda x: jnp.concatenate([x[:1], x[BOUNDARY:]]), polygons)


def _rows(active: Array, *features: Array) -> Float[jax.Array, " flat"]:
    """Rows of active slots, zeros for the others, one after the other."""
    table = jnp.concatenate(features, axis=1)
    return jnp.where(jnp.asarray(active)[:, None], table, 0.0).reshape(-1)
