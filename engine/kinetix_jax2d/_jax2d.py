"""The engine `jax2d`: published physics, one specification and two kernels."""

from __future__ import annotations

from dataclasses import dataclass, field

import jax.numpy as jnp
from jaxtyping import Float

from kinetix_core.errors import EngineError
from kinetix_core.interfaces import Engine, Task, Trace
from kinetix_core.scene import Array, ContactMemory, Scene, SceneSize

from ._config import Jax2DConfig
from ._pack import pack
from ._state import State
from ._steps import steps
from ._unpack import unpack_contacts, unpack_scene


@dataclass(frozen=True)
class Jax2D(Engine):
    """Physics of scenes of one size, equal to the published numbers.

    `config.kernel` says which kernel runs; `auto` decides when a program is lowered. The native
    one, for CPUs, is compiled once per machine; its results of a scene are the same bits in any
    batch, at any place in it, and with any number of threads. Between kernels, and kinds of
    processors, the last digits differ.

    With `config.differentiable` gradients pass through any number of steps, in every nesting of
    `jax.grad` and `jax.vmap`. They are exact, and good for what is smooth: free flight,
    thrusters, joints, motors. A contact is not smooth: its gradient is that of the contacts as
    they are, and knows nothing of contacts that begin or end. Source: spec/physics.md.
    """

    size: SceneSize
    config: Jax2DConfig = field(default_factory=Jax2DConfig)

    @property
    def dt(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Length of a physics step, s."""
        return self.config.dt

    def init(self, scene: Scene, contacts: ContactMemory | None = None) -> State:
        """Raises `EngineError` for another size, and for joints or thrusters on no body."""
        return pack(self.size, scene, contacts)

    def steps(self, state: State, controls: Float[Array, " inputs"], n: int) -> tuple[State, Trace]:
        """`n` physics steps in one call of the kernel.

        Raises `EngineError` for other shapes, and where `kernel=native` can't be had.
        """
        inputs = self.size.joints + self.size.thrusters
        controls = jnp.asarray(controls, jnp.float32)
        if controls.shape != (inputs,):
            raise EngineError(
                f"engine.steps: controls have shape {controls.shape}; one number for each of"
                f" {self.size.joints} joints and {self.size.thrusters} thrusters is expected"
            )
        if n < 1:
            raise EngineError(f"engine.steps: n={n}; at least 1 is expected")
        rows = state.moving, state.constant, state.integers, controls
        moving, integers, touching, position = steps(self.size, self.config, n, rows)
        return (
            State(moving=moving, constant=state.constant, integers=integers),
            Trace(touching=touching, position=position),
        )

    def scene(self, state: State) -> Scene:
        return unpack_scene(self.size, state)

    def contacts(self, state: State) -> ContactMemory:
        return unpack_contacts(self.size, state)


def make_engine(config: Jax2DConfig, task: Task) -> Jax2D:
    """The engine of a task."""
    return Jax2D(task.size, config)
