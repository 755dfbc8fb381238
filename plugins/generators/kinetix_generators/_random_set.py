"""The level set `random`: levels of the generator of that name that nobody trains on."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kinetix_core.interfaces import LevelSource, Task
from kinetix_core.scene import SIZES, SceneSize

if TYPE_CHECKING:
    from kinetix_core.scene import LevelSet

SEED = 100
"""Source: spec/training_and_evaluation.md 4."""


@dataclass(frozen=True)
class RandomSetConfig:
    """The set `random`."""

    count: int = 512
    """Levels of each size."""


@dataclass(frozen=True)
class RandomSet(LevelSource):
    """512 levels per size of generator=random with its own settings, through the level filter.

    They come from a fixed seed, whatever the run that they are for. The same version of JAX on
    the same kind of processor draws the same levels; `levels_hash` says whether two did.
    """

    config: RandomSetConfig
    task: Task

    def sizes(self, argument: str = "") -> Mapping[str, SceneSize]:
        return SIZES

    def names(self, part: str, argument: str = "") -> tuple[str, ...]:
        return _names(part, self.config.count)

    def load(self, part: str, argument: str = "") -> LevelSet:
        return _drawn(part, self.config.count)


def _names(size: str, count: int) -> tuple[str, ...]:
    return tuple(f"random/{size}/{number:03d}" for number in range(count))


@functools.lru_cache
def _drawn(size: str, count: int) -> LevelSet:
    """Compiled and drawn once in a process: the three sizes are a few megabytes."""
    import jax

    from kinetix_core.compose import build_task, compose_run
    from kinetix_core.scene import LevelSet

    composed = compose_run([f"size={size}", "generator=random", "filter.enabled=true"])
    generator: Any = build_task(composed, ("engine", "action", "generator")).generator
    levels = jax.jit(generator.sample, static_argnums=1)(jax.random.key(SEED), count)
    return LevelSet(jax.device_get(levels), _names(size, count))
