"""observation/symbolic_padded: one row per entity. Source: spec/observations.md 4."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from kinetix_core.interfaces import Box, ObservationEncoder, Task
from kinetix_core.scene import Array, Scene, SceneSize

from ._config import SymbolicConfig, SymbolicPaddedConfig
from ._features import CIRCLE, POLYGON, bounded, moving_features, overwrite
from ._symbolic import LIMIT, Symbolic, _without_walls

KINDS = 4


@dataclass(frozen=True)
class SymbolicPadded(ObservationEncoder):
    """Polygons (without walls and ceiling), circles, joints (b to a), thrusters: a row for each.

    A row holds the entity's numbers in `symbolic`, zeros up to the width of the widest kind,
    a one-hot of its kind (polygon, circle, joint, thruster), and gravity. The last five are
    given for inactive slots too; the rest of their rows is zero. There is no mask.
    """

    config: SymbolicPaddedConfig
    task: Task

    def space(self, size: SceneSize) -> Box:
        groups = _groups(size)
        rows, width = sum(n for n, _ in groups), max(w for _, w in groups)
        return Box(-LIMIT, LIMIT, (rows, width + KINDS + 1))

    def encode(self, scene: Scene) -> Float[jax.Array, "entities features"]:
        groups = _groups(scene.size)
        widest = max(width for _, width in groups)
        flat = Symbolic(SymbolicConfig(), self.task).encode(scene)
        ends = np.cumsum([count * width for count, width in groups])
        *parts, gravity = jnp.split(flat, ends)
        features = jnp.concatenate(
            [
                jnp.pad(part.reshape(shape), [(0, 0), (0, widest - shape[1])])
                for part, shape in zip(parts, groups, strict=True)
            ]
        )
        kinds = np.repeat(np.eye(KINDS, dtype=np.float32), [n for n, _ in groups], axis=0)
        last = jnp.broadcast_to(gravity, (len(kinds), 1))
        return jnp.concatenate([features, kinds, last], axis=1)

    def encode_next(
        self, scene: Scene, previous: Float[Array, "entities features"]
    ) -> Float[jax.Array, "entities features"]:
        """Only the bodies' motion is new."""
        table, row = jnp.asarray(previous), 0
        for bodies in (_without_walls(scene.polygons), scene.circles):
            active = jnp.asarray(bodies.active)[:, None]
            for column, part in moving_features(bodies).items():
                if active.shape[0]:
                    new = bounded(jnp.where(active, part, 0.0), LIMIT)
                    table = overwrite(table, new, row, column)
            row += active.shape[0]
        return table


def _groups(size: SceneSize) -> list[tuple[int, int]]:
    """Rows and features of each kind, as they follow each other in `symbolic`."""
    joint = 18 + size.motor_bindings + 2 * size.bodies
    thruster = 6 + size.thruster_bindings + size.bodies
    return [
        (size.polygons - 3, POLYGON),
        (size.circles, CIRCLE),
        (size.joints, joint),
        (size.thrusters, thruster),
    ]
