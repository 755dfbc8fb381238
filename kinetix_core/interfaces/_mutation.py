"""Mutations: small edits of levels, for curricula that evolve them."""

from __future__ import annotations

from abc import ABC, abstractmethod

import jax.numpy as jnp
from jaxtyping import Bool, PRNGKeyArray

from kinetix_core.scene import Array, Scene


class Mutation(ABC):
    """A frozen dataclass. Methods are functions of one scene and can be traced."""

    @abstractmethod
    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        """The level with one edit; where there is nothing to edit, the same level."""

    def possible(self, scene: Scene) -> Bool[Array, ""]:
        """Whether it should be drawn at all for this level. Optional."""
        return jnp.bool_(True)
