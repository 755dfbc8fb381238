"""Matrix products over all rows of a batch at once, whatever `vmap` made the batch.

A dense layer within `vmap` is a product of arrays with several axes of rows. Its forward pass is
one matrix product all the same; but in the gradient of the kernel the sum goes over several axes,
and XLA's CPU compiler then transposes whole batches: gradients of a gate of the transformer take
2.3 times as long. So the product is a primitive of its own, whose batching rule puts the new axis
to the rows before anything is differentiated.

The gradient of the kernel sums over the rows of two arrays whose rows come first. XLA's fast
products on CPUs sum over the last axis of the left one; for the others it falls back on slower
ones. So for CPUs the left one is transposed before, where that pays.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Float


def matmul(x: Float[Array, "*batch n"], kernel: Float[Array, "n m"]) -> Float[Array, "*batch m"]:
    """`x @ kernel`; differentiable in both, also in a kernel that `vmap` maps over."""
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    return _product.bind(rows, kernel).reshape(*x.shape[:-1], kernel.shape[1])


def dot_general(x: Array, kernel: Array, dimensions: Any, **options: Any) -> Array:
    """`matmul` for Flax's `Dense`, with the arguments of `jax.lax.dot_general`."""
    assert dimensions == (((x.ndim - 1,), (0,)), ((), ())), dimensions
    return matmul(x, kernel)


def _dot(rows: Array, kernel: Array) -> jax.Array:
    return lax.dot_general(rows, kernel, (((1,), (0,)), ((), ())))


def _batched(arguments: Any, axes: Any) -> tuple[Array, int]:
    rows, kernel = arguments
    if axes[1] is not None:
        return jax.vmap(_dot, in_axes=axes)(rows, kernel), 0
    return matmul(jnp.moveaxis(rows, axes[0], 0), kernel), 0


def _dot_rows(rows: Array, gradient: Array) -> jax.Array:
    return lax.dot_general(rows, gradient, (((0,), (0,)), ((), ())))


def _dot_rows_on_cpu(rows: Array, gradient: Array) -> jax.Array:
    if rows.shape[1] < _LEAST_INPUTS or gradient.shape[1] < _LEAST_OUTPUTS:
        return _dot_rows(rows, gradient)
    return _dot(lax.optimization_barrier(rows.T), gradient)  # else XLA folds the two into one


_LEAST_INPUTS, _LEAST_OUTPUTS = 64, 8
"""From these widths on the transposed product is the faster one: 1.2 to 2 times."""

_kernel_gradient = Primitive("rows_kernel_gradient")
_kernel_gradient.def_impl(jax.jit(_dot_rows))
_kernel_gradient.def_abstract_eval(
    lambda rows, gradient: ShapedArray((rows.shape[1], gradient.shape[1]), rows.dtype)
)
mlir.register_lowering(_kernel_gradient, mlir.lower_fun(_dot_rows, multiple_results=False))
mlir.register_lowering(
    _kernel_gradient, mlir.lower_fun(_dot_rows_on_cpu, multiple_results=False), platform="cpu"
)


def _each(arguments: Any, axes: Any) -> tuple[Array, int]:
    return jax.vmap(_dot_rows, in_axes=axes)(*arguments), 0


batching.primitive_batchers[_kernel_gradient] = _each
ad.defbilinear(
    _kernel_gradient,
    lambda g, rows, gradient: matmul(gradient, g.T),
    lambda g, rows, gradient: matmul(rows, g),
)

_product = Primitive("rows_product")
_product.def_impl(jax.jit(_dot))
_product.def_abstract_eval(
    lambda rows, kernel: ShapedArray((rows.shape[0], kernel.shape[1]), rows.dtype)
)
mlir.register_lowering(_product, mlir.lower_fun(_dot, multiple_results=False))
batching.primitive_batchers[_product] = _batched
ad.defbilinear(
    _product,
    lambda g, rows, kernel: lax.dot_general(g, kernel, (((1,), (1,)), ((), ()))),
    lambda g, rows, kernel: _kernel_gradient.bind(rows, g),
)
