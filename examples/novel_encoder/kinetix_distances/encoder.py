"""observation/distances: how far the bodies are from each other."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.interfaces import Box, ObservationEncoder, Task
from kinetix_core.scene import BOUNDARY, Scene, SceneSize

from .config import DistancesConfig

LIMIT = 10.0
"""What farther distances read as, so that the observation of any scene is finite."""


@dataclass(frozen=True)
class Distances(ObservationEncoder):
    """One number for each pair of bodies: the distance of their centres over `config.scale`.

    A pair with a body that is not there reads as 0. The room's floor, walls and ceiling are left
    out: their centres say nothing.
    """

    config: DistancesConfig
    task: Task

    def space(self, size: SceneSize) -> Box:
        return Box(0.0, LIMIT, (len(_pairs(size)[0]),))

    def encode(self, scene: Scene) -> jax.Array:
        bodies, (first, second) = scene.bodies, _pairs(scene.size)
        square = jnp.sum((bodies.position[first] - bodies.position[second]) ** 2, axis=1)
        present = bodies.active[first] & bodies.active[second] & (square > 0)
        # the inner `where` keeps the gradient finite: the root has none at 0
        metres = jnp.where(present, jnp.sqrt(jnp.where(present, square, 1.0)), 0.0)
        return jnp.minimum(metres / self.config.scale, LIMIT)


def _pairs(size: SceneSize) -> tuple[np.ndarray, np.ndarray]:
    """Body indices of both sides of each pair, each pair once."""
    first, second = np.triu_indices(size.bodies - BOUNDARY, k=1)
    return first + BOUNDARY, second + BOUNDARY
