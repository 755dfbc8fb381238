"""Physics steps as one primitive of JAX, so that the kernel is chosen when a program is lowered.

Nothing is traced for a kernel that is not taken, one program can hold a kernel for each of several
platforms, and every batch axis, however nested, becomes a leading axis of the rows.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jax.sharding import NamedSharding, PartitionSpec

from kinetix_core.errors import EngineError
from kinetix_core.scene import SceneSize

from . import _native
from ._config import Jax2DConfig
from ._layout import kernel_parameters, kernel_plan

logger = logging.getLogger("kinetix_jax2d")

steps_p = Primitive("kinetix_steps")
steps_p.multiple_results = True

NO_GRADIENT = (
    "engine jax2d: there is no gradient through this kernel; set engine.differentiable=true, or"
    " wrap the state in jax.lax.stop_gradient"
)
_GPUS_ONLY = "engine.kernel=pallas: it runs on NVIDIA GPUs only; write auto or jax"


def steps(
    size: SceneSize, config: Jax2DConfig, n: int, rows: Sequence[Any]
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """`n` steps. `rows`: moving, constant, integers, controls, with equal leading axes.

    Returns moving, integers, touching (..., n, pairs) and position (..., n, bodies, 2).
    """
    rows = [jnp.asarray(row) for row in rows]
    if config.differentiable:
        from .lanes import steps_at_once

        return steps_at_once(size, config, n, *rows)
    if config.kernel == "native":
        _native.target()  # what is missing is said at once
    moving, integers, touching, position = steps_p.bind(
        *_varying_alike(rows), size=size, config=config, n=n
    )
    return moving, integers, touching, position


def _varying_alike(rows: Sequence[jax.Array]) -> list[jax.Array]:
    """Inside `jax.shard_map` arguments of a primitive must differ along the same mesh axes."""
    axes = [jax.typeof(row).manual_axis_type.varying for row in rows]
    every = frozenset().union(*axes)
    return [
        jax.lax.pcast(row, tuple(every - own), to="varying") if every - own else row
        for row, own in zip(rows, axes, strict=True)
    ]


@steps_p.def_abstract_eval
def _abstract(
    moving: Any, constant: Any, integers: Any, controls: Any, *, size: Any, config: Any, n: int
) -> Any:
    axes = moving.shape[:-1]

    def like(tail: tuple[int, ...], dtype: Any) -> Any:
        # Inside of `shard_map` an array knows its mesh; batch axes keep what they say of it.
        spec = PartitionSpec(*moving.sharding.spec[: len(axes)], *(None for _ in tail))
        sharding = NamedSharding(moving.sharding.mesh, spec)
        return moving.update(shape=(*axes, *tail), dtype=jnp.dtype(dtype), sharding=sharding)

    return [
        moving,
        integers,
        like((n, len(size.pairs)), jnp.bool_),
        like((n, size.bodies, 2), jnp.float32),
    ]


@steps_p.def_impl
def _run(*rows: Any, size: SceneSize, config: Jax2DConfig, n: int) -> Any:
    return _jitted(size, config, n)(*rows)


@cache
def _jitted(size: SceneSize, config: Jax2DConfig, n: int) -> Any:
    return jax.jit(lambda *rows: steps_p.bind(*rows, size=size, config=config, n=n))


def _batch(rows: Sequence[Any], axes: Sequence[Any], **static: Any) -> tuple[Any, Any]:
    count = next(row.shape[axis] for row, axis in zip(rows, axes, strict=True) if axis is not None)
    leading = [
        jnp.broadcast_to(row, (count, *row.shape)) if axis is None else jnp.moveaxis(row, axis, 0)
        for row, axis in zip(rows, axes, strict=True)
    ]
    results = steps_p.bind(*leading, **static)
    return results, [0] * len(results)


def _no_gradient(primals: Any, tangents: Any, **static: Any) -> Any:
    raise EngineError(NO_GRADIENT)


def _on_cpu(*rows: jax.Array, size: SceneSize, config: Jax2DConfig, n: int) -> Any:
    if config.kernel == "pallas":
        raise EngineError(_GPUS_ONLY)
    if _takes_native(config.kernel):
        return _native_steps(*rows, size=size, config=config, n=n)
    from .lanes import steps_on_cpu

    return steps_on_cpu(size, config, n, *rows)


def _on_cuda(*rows: jax.Array, size: SceneSize, config: Jax2DConfig, n: int) -> Any:
    if config.kernel != "pallas":
        return _elsewhere(*rows, size=size, config=config, n=n)
    if jax.default_backend() != "gpu":
        raise EngineError("engine.kernel=pallas: it is compiled for the GPU at hand; there is none")
    from .lanes import steps_on_gpu

    _say("engine jax2d: the JAX kernel steps the physics, its solver in Pallas")
    return steps_on_gpu(size, config, n, *rows)


def _elsewhere(*rows: jax.Array, size: SceneSize, config: Jax2DConfig, n: int) -> Any:
    if config.kernel == "pallas":
        raise EngineError(_GPUS_ONLY)
    if config.kernel == "native":
        raise EngineError("engine.kernel=native: it runs on CPUs only; write auto or jax")
    from .lanes import steps_at_once

    _say("engine jax2d: the JAX kernel steps the physics: this is no CPU")
    return steps_at_once(size, config, n, *rows)


@cache
def _takes_native(kernel: str) -> bool:
    """Whether programs for CPUs call the native kernel; says once which one, and why."""
    if kernel == "jax":
        _say("engine jax2d: the JAX kernel steps the physics: engine.kernel=jax")
        return False
    try:
        _native.target()
    except EngineError as error:
        if kernel == "native":
            raise
        logger.warning("%s. Until then the JAX kernel steps the physics, which is slower", error)
        return False
    why = "engine.kernel=native" if kernel == "native" else "it is the fastest there is on CPUs"
    _say(f"engine jax2d: the native kernel steps the physics: {why}")
    return True


@cache
def _say(text: str) -> None:
    logger.info(text)


def _native_steps(*rows: jax.Array, size: SceneSize, config: Jax2DConfig, n: int) -> Any:
    moving, _, integers, _ = rows
    axes = moving.shape[:-1]
    results = (
        jax.ShapeDtypeStruct(moving.shape, jnp.float32),
        jax.ShapeDtypeStruct(integers.shape, jnp.int32),
        jax.ShapeDtypeStruct((*axes, n, len(size.pairs)), jnp.bool_),
        jax.ShapeDtypeStruct((*axes, n, size.bodies, 2), jnp.float32),
    )
    call = jax.ffi.ffi_call(_native.target(), results, input_output_aliases={0: 0, 2: 1})
    plan, parameters = kernel_plan(size, config, n), kernel_parameters(config)
    return call(*rows, plan=plan, parameters=parameters)


batching.primitive_batchers[steps_p] = _batch
ad.primitive_jvps[steps_p] = _no_gradient
mlir.register_lowering(steps_p, mlir.lower_fun(_on_cpu, multiple_results=True), platform="cpu")
mlir.register_lowering(steps_p, mlir.lower_fun(_on_cuda, multiple_results=True), platform="cuda")
mlir.register_lowering(steps_p, mlir.lower_fun(_elsewhere, multiple_results=True))
