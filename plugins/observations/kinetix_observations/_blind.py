"""observation/blind: the time and nothing else. Source: spec/observations.md 7."""

from __future__ import annotations

from dataclasses import dataclass

import jax
from jaxtyping import Float

from kinetix_core.interfaces import Box, ObservationEncoder, Task
from kinetix_core.scene import Scene, SceneSize

from ._config import BlindConfig
from ._features import one_hot


@dataclass(frozen=True)
class Blind(ObservationEncoder):
    """One-hot of the timestep, `env.max_timesteps` + 1 numbers; all zero for later timesteps.

    What a policy reaches with this alone is reached without looking: a floor for every other
    encoder.
    """

    config: BlindConfig
    task: Task

    def space(self, size: SceneSize) -> Box:
        return Box(0, 1, (self.task.env.max_timesteps + 1,))

    def encode(self, scene: Scene) -> Float[jax.Array, " timesteps"]:
        width = self.task.env.max_timesteps + 1
        return one_hot(jax.numpy.reshape(scene.timestep, 1), width)[0]
