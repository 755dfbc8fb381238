"""The generators `random_all` and `mixture`: each level from one of several generators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from kinetix_core.errors import KinetixError, SettingError
from kinetix_core.interfaces import LevelGenerator, Task
from kinetix_core.registry import registry
from kinetix_core.scene import Scene, SceneSize, parse_size

from ._config import MixtureConfig, RandomAllConfig, part_of
from ._random import Random
from ._slots import padded


@dataclass(frozen=True)
class Mixture(LevelGenerator):
    """Each level from one of `parts`, drawn by weight, padded to `size`.

    Every part makes as many levels as are asked for, of which a share is used: what a level
    comes from is decided for each by itself.
    """

    parts: tuple[LevelGenerator, ...]
    weights: tuple[float, ...]
    size: SceneSize

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        """`n` levels (static) along a leading axis. Traceable."""
        choice_key, *keys = jax.random.split(key, 1 + len(self.parts))
        chances = jnp.asarray(self.weights) / sum(self.weights)
        chosen = jax.random.choice(choice_key, len(self.parts), (n,), p=chances)
        levels = [
            jax.vmap(lambda level: padded(level, self.size))(part.sample(key, n))
            for part, key in zip(self.parts, keys, strict=True)
        ]

        def pick(*leaves: jax.Array) -> jax.Array:
            found = leaves[0]
            for i, leaf in enumerate(leaves[1:], 1):
                found = jnp.where((chosen == i).reshape(-1, *(1,) * (leaf.ndim - 1)), leaf, found)
            return found

        return jax.tree.map(pick, *levels)

    def arrays(self) -> tuple[Any, ...]:
        """Those of each part."""
        return tuple(part.arrays() for part in self.parts)

    def with_arrays(self, arrays: tuple[Any, ...]) -> Mixture:
        """Each part with its own."""
        pairs = zip(self.parts, arrays, strict=True)
        return replace(self, parts=tuple(part.with_arrays(own) for part, own in pairs))


def random_all(config: RandomAllConfig, task: Task) -> Mixture:
    """The generator `random` in several sizes. Raises `SettingError` for one that does not fit."""
    sizes = [parse_size(name) for name in config.sizes]
    for size in sizes:
        if not task.size.holds(size):
            raise SettingError(
                f"sizes={','.join(config.sizes)}: levels of size {size.name} do not fit size "
                f"{task.size.name}; train with size={size.name} or leave it out"
            )
    parts = tuple(Random(config.random, size) for size in sizes)
    return Mixture(parts, (1.0,) * len(parts), task.size)


def mixture(config: MixtureConfig, task: Task) -> Mixture:
    """The generator `mixture`. Raises `SettingError` that names the part that is wrong."""
    built = [_part(text, task) for text in config.parts]
    return Mixture(tuple(p for p, _ in built), tuple(w for _, w in built), task.size)


def _part(text: str, task: Task) -> tuple[LevelGenerator, float]:
    """`0.2 files levels=handmade/s`: a weight, a generator's name, and its settings."""
    weight, chosen = part_of(text)
    try:
        return registry().build("generator", chosen.name, chosen.config, task), weight
    except KinetixError as error:
        raise SettingError(f"parts=[{text}]: {error}") from error
