"""The generator `empty`: the empty room."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from kinetix_core.interfaces import LevelGenerator, Task
from kinetix_core.scene import Scene, SceneSize, empty_scene

from ._config import EmptyConfig


@dataclass(frozen=True)
class Empty(LevelGenerator):
    """The same level each time: nothing but floor, walls and ceiling."""

    size: SceneSize

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        """`n` levels (static) along a leading axis. Traceable."""
        level = empty_scene(self.size)
        return jax.tree.map(lambda x: jnp.broadcast_to(jnp.asarray(x)[None], (n, *x.shape)), level)


def from_config(config: EmptyConfig, task: Task) -> Empty:
    """The generator of a run."""
    return Empty(task.size)
