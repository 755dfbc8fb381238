"""The engine `jax2d`: published physics, stepped by a native kernel on CPUs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Float

from kinetix_core.errors import EngineError
from kinetix_core.interfaces import Engine, Task, Trace
from kinetix_core.scene import Array, ContactMemory, Scene, SceneSize

from . import _native
from ._config import Jax2DConfig
from ._layout import kernel_parameters, kernel_plan
from ._state import State, pack, unpack_contacts, unpack_scene


@dataclass(frozen=True)
class Jax2D(Engine):
    """Physics of scenes of one size, equal to the published numbers.

    The kernel is compiled once per machine, when `steps` is first traced. There is no gradient
    through it. Results of a scene are the same bits in any batch, at any place in it, and with
    any number of threads; they differ between kinds of processors in the last digits.
    Source: spec/physics.md.
    """

    size: SceneSize
    config: Jax2DConfig = field(default_factory=Jax2DConfig)

    def init(self, scene: Scene, contacts: ContactMemory | None = None) -> State:
        """Raises `EngineError` for another size, and for joints or thrusters on no body."""
        return pack(self.size, scene, contacts)

    def steps(self, state: State, controls: Float[Array, " inputs"], n: int) -> tuple[State, Trace]:
        """`n` physics steps in one call of the kernel. Raises `EngineError` when it can't be."""
        inputs = self.size.joints + self.size.thrusters
        controls = jnp.asarray(controls, jnp.float32)
        if controls.shape != (inputs,):
            raise EngineError(
                f"engine.steps: controls have shape {controls.shape}; one number for each of"
                f" {self.size.joints} joints and {self.size.thrusters} thrusters is expected"
            )
        if n < 1:
            raise EngineError(f"engine.steps: n={n}; at least 1 is expected")
        call = _kernel(self.size, self.config, n)
        moving, integers, touching, position = call(
            state.moving, state.constant, state.integers, controls
        )
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


@cache
def _kernel(size: SceneSize, config: Jax2DConfig, n: int) -> Callable[..., Any]:
    """The kernel as a function of one scene; `vmap` only adds axes to its arrays."""
    target = _native.target()
    plan, parameters = kernel_plan(size, config, n), kernel_parameters(config)

    @jax.custom_jvp
    def call(moving: Any, constant: Any, integers: Any, controls: Any) -> Any:
        results = (
            jax.ShapeDtypeStruct(moving.shape, jnp.float32),
            jax.ShapeDtypeStruct(integers.shape, jnp.int32),
            jax.ShapeDtypeStruct((n, len(size.pairs)), jnp.bool_),
            jax.ShapeDtypeStruct((n, size.bodies, 2), jnp.float32),
        )
        return jax.ffi.ffi_call(
            target,
            results,
            vmap_method="broadcast_all",
            input_output_aliases={0: 0, 2: 1},
        )(moving, constant, integers, controls, plan=plan, parameters=parameters)

    @call.defjvp
    def _no_gradient(primals: Any, tangents: Any) -> Any:
        raise EngineError(
            "engine jax2d: the native kernel has no gradient; wrap the state in"
            " jax.lax.stop_gradient, or differentiate what comes before and after the physics"
        )

    return call
