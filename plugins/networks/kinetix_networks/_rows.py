"""Matrix products over all rows of a batch at once, whatever `vmap` made the batch.

A dense layer within `vmap` is a product of arrays with several axes of rows. Its forward pass is
one matrix product all the same; but in the gradient of the kernel the sum goes over several axes,
and XLA's CPU compiler then transposes whole batches: gradients of a gate of the transformer take
2.3 times as long. So the product is a primitive of its own, whose batching rule puts the new axis
to the rows before anything is differentiated.
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
    lambda g, rows, kernel: lax.dot_general(rows, g, (((0,), (0,)), ((), ()))),
)
