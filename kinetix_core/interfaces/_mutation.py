"""Mutations: small edits of levels, for curricula that evolve them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Bool, PRNGKeyArray

from kinetix_core.scene import Array, Scene


class Mutation(ABC):
    """A frozen dataclass. Methods are functions of one scene and can be traced."""

    @property
    def weight(self) -> float:
        """How often it is drawn, against the others: the setting `weight`, or 1 without one."""
        return float(getattr(getattr(self, "config", None), "weight", 1.0))

    @abstractmethod
    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        """The level with one edit; where there is nothing to edit, the same level."""

    def possible(self, scene: Scene) -> Bool[Array, ""]:
        """Whether it should be drawn at all for this level. Optional."""
        return jnp.bool_(True)


def mutate(mutations: Sequence[Mutation], key: PRNGKeyArray, scene: Scene, edits: int) -> Scene:
    """One level after `edits` mutations (static), each drawn by weight among those possible then.

    Where none is possible, or all have weight 0, the level stays as it is. Source:
    spec/generator.md 7.
    """
    weights = jnp.asarray([mutation.weight for mutation in mutations])

    def edit(carry: tuple[Scene, PRNGKeyArray], _: None) -> tuple[Any, None]:
        level, key = carry
        key, draw_key, *keys = jax.random.split(key, 2 + len(mutations))
        possible = jnp.stack([mutation.possible(level) for mutation in mutations])
        chances = jnp.where(possible, weights, 0.0)
        chosen = jax.random.categorical(draw_key, jnp.log(chances))
        some = jnp.any(chances > 0)
        edited = level  # over many levels a switch would make all of them, too
        for i, (mutation, own_key) in enumerate(zip(mutations, keys, strict=True)):
            taken = some & (chosen == i)
            edited = jax.tree.map(
                lambda new, old, taken=taken: jnp.where(taken, new, old),
                _arrays(mutation.mutate(own_key, level)),
                edited,
            )
        return (edited, key), None

    (level, _), _ = jax.lax.scan(edit, (_arrays(scene), key), None, length=edits)
    return level


def _arrays(scene: Scene) -> Scene:
    return jax.tree.map(jnp.asarray, scene)
