"""The generator `files`: levels that exist already."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from kinetix_core.env import random_index
from kinetix_core.interfaces import LevelGenerator, Task
from kinetix_core.scene import LevelSet, Scene, load_levels

from ._config import FilesConfig, HandmadeConfig
from ._slots import permuted

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Files(LevelGenerator):
    """Draws from given levels, each with the same probability, with replacement.

    levels: scenes along a leading axis, on the device. names: one for each, for tables.
    skipped: one line for each file that was left out. permute: shuffle the slots of each level.
    """

    levels: Scene
    names: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    permute: bool = False

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        """`n` levels (static) along a leading axis. Traceable."""
        if not self.permute:
            return self._drawn(key, n)
        draw_key, order_key = jax.random.split(key)
        return jax.vmap(permuted)(jax.random.split(order_key, n), self._drawn(draw_key, n))

    def _drawn(self, key: PRNGKeyArray, n: int) -> Scene:
        index = random_index(key, (n,), len(self.names))
        return jax.tree.map(lambda leaf: leaf[index], self.levels)

    def arrays(self) -> Scene:
        """The levels."""
        return self.levels

    def with_arrays(self, arrays: Scene) -> Files:
        """The same with other levels, as many."""
        return replace(self, levels=arrays)

    def known_levels(self) -> LevelSet:
        """The levels that it draws from, and why others were left out."""
        return LevelSet(self.levels, self.names, self.skipped)


def from_files(config: FilesConfig, task: Task) -> Files:
    """The generator of a run: files are read, checked and expanded to `task.size` here.

    Raises `LevelError` naming the first file that cannot be used, or the name that means nothing.
    """
    levels, names, skipped = load_levels(config.levels, task.size, skip_broken=config.skip_broken)
    for line in skipped:
        _log.warning("left out: %s", line)
    return Files(jax.tree.map(jnp.asarray, levels), names, skipped, config.permute)


def handmade(config: HandmadeConfig, task: Task) -> Files:
    """The generator `handmade`: the set of that name."""
    return from_files(FilesConfig(levels="handmade", permute=config.permute), task)
