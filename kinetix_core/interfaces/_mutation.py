"""Mutations: small edits of levels, for curricula that evolve them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

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

    def edit(level: Scene, key: PRNGKeyArray) -> tuple[Scene, None]:
        draw_key, edit_key = jax.random.split(key)
        possible = jnp.stack([mutation.possible(level) for mutation in mutations])
        chances = jnp.where(possible, weights, 0.0)
        chosen = jax.random.categorical(draw_key, jnp.log(chances))
        branches = [lambda k, m=m: _arrays(m.mutate(k, level)) for m in mutations]
        edited = jax.lax.switch(chosen, branches, edit_key)
        some = jnp.any(chances > 0)
        return jax.tree.map(lambda new, old: jnp.where(some, new, old), edited, level), None

    level, _ = jax.lax.scan(edit, _arrays(scene), jax.random.split(key, edits))
    return level


def _arrays(scene: Scene) -> Scene:
    return jax.tree.map(jnp.asarray, scene)
