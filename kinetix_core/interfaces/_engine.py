"""The physics engine: what moves a scene forward in time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeAlias

import equinox as eqx
from jaxtyping import Bool, Float

from kinetix_core.scene import Array, ContactMemory, Scene, SceneSize

EngineState: TypeAlias = Any
"""A pytree of few arrays that only the engine looks into."""


class Trace(eqx.Module):
    """What happened in each of the physics steps of one `Engine.steps` call."""

    touching: Bool[Array, "steps pairs"]  # at detection time, in the order of `SceneSize.pairs`
    position: Float[Array, "steps bodies 2"]  # m, after the step; polygons, then circles


class Engine(ABC):
    """Physics of one scene, a frozen dataclass closed over by what is compiled.

    Every method is a pure function of one scene; lift it with `jax.vmap`, in any nesting.
    size: that every scene must have. dt: length of a physics step in seconds; replays are as
    fast as it says.
    """

    size: SceneSize
    dt: float

    @abstractmethod
    def init(self, scene: Scene, contacts: ContactMemory | None = None) -> EngineState:
        """The engine's state for `scene`, with `contacts` remembered (default: none)."""

    @abstractmethod
    def steps(
        self, state: EngineState, controls: Float[Array, " inputs"], n: int
    ) -> tuple[EngineState, Trace]:
        """`n` physics steps (static) under constant `controls`.

        `controls`: one value per joint (-1..1), then one per thruster (0..1), f32.
        """

    def step(
        self, state: EngineState, controls: Float[Array, " inputs"]
    ) -> tuple[EngineState, Trace]:
        """One physics step; the trace has a leading axis of length 1."""
        return self.steps(state, controls, 1)

    @abstractmethod
    def scene(self, state: EngineState) -> Scene:
        """The world as it is now. `timestep` is the one of the scene given to `init`."""

    @abstractmethod
    def contacts(self, state: EngineState) -> ContactMemory:
        """What the solver remembers: `init(scene(state), contacts(state))` is `state` again."""
