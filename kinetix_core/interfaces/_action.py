"""Action spaces: from what a policy says to what motors and thrusters do."""

from __future__ import annotations

from abc import ABC, abstractmethod

import jax
from jaxtyping import Float, PRNGKeyArray

from kinetix_core.scene import Array, Scene

from ._spaces import Box, Discrete, MultiDiscrete


class ActionSpace(ABC):
    """A frozen dataclass. `space` is static; the methods are functions of one scene."""

    @property
    @abstractmethod
    def space(self) -> Discrete | MultiDiscrete | Box:
        """The shape, type and range of one action."""

    @abstractmethod
    def controls(self, action: Array, scene: Scene) -> Float[Array, " inputs"]:
        """One value per joint (-1..1), then one per thruster (0..1), f32."""

    @property
    @abstractmethod
    def noop(self) -> Array:
        """The action that does nothing (automatic motors still run)."""

    @abstractmethod
    def sample(self, key: PRNGKeyArray) -> jax.Array:
        """A random action."""
