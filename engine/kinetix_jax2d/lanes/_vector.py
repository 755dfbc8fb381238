"""Small helpers of the physics specification, section 0, that stay differentiable at zero."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def rows(array: jax.Array, index: np.ndarray) -> jax.Array:
    """`array[index]` along the first axis for an index that is known before tracing."""
    flat = index.reshape(-1)
    if len(flat) and np.array_equal(flat, np.arange(flat[0], flat[0] + len(flat))):
        taken = array[int(flat[0]) : int(flat[0]) + len(flat)]
    else:
        taken = array.at[flat].get(mode="promise_in_bounds")
    return taken.reshape(*index.shape, *array.shape[1:])


def computed(tree: Any) -> Any:
    """`tree`, whose arrays XLA computes once instead of again in each fusion that reads them.

    On CPUs it fuses cheap producers into every consumer, at the price of tens of times the work;
    a gather ends a fusion. Gradients pass as through the identity.
    """
    return jax.tree.map(_gathered, tree)


@jax.custom_jvp
def _gathered(array: jax.Array) -> jax.Array:
    index = np.arange(array.shape[0], dtype=np.int32)
    return array.at[index].get(mode="promise_in_bounds", unique_indices=True)


@_gathered.defjvp
def _identity(primals: Any, tangents: Any) -> Any:
    return _gathered(*primals), tangents[0]


def cross(ux: Any, uy: Any, vx: Any, vy: Any) -> jax.Array:
    return ux * vy - uy * vx


def nonzero(x: jax.Array) -> jax.Array:
    """`x`, but 1 where it is exactly 0: the guard of every denominator."""
    return jnp.where(x == 0, 1.0, x)


def length(x: jax.Array, y: jax.Array) -> jax.Array:
    """Euclidean norm; its gradient at zero is zero."""
    square = x * x + y * y
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), square)


def clamp(x: jax.Array, low: Any, high: Any) -> jax.Array:
    """`high` wins where the bounds are in the wrong order."""
    return jnp.minimum(jnp.maximum(x, low), high)


def pick(choice: jax.Array, options: list[jax.Array]) -> jax.Array:
    """`options[choice]` in each lane."""
    result = options[0]
    for number, option in enumerate(options[1:], start=1):
        result = jnp.where(choice == number, option, result)
    return result


def of_body(chosen: jax.Array, bodies: jax.Array) -> jax.Array:
    """Fields of one body per slot and lane: chosen [slots, bodies, lanes] bool, bodies
    [bodies, fields, lanes] -> [slots, fields, lanes]. A NaN of another body stays there."""
    return jnp.sum(jnp.where(chosen[:, :, None], bodies[None], 0.0), axis=1)


def to_body(chosen: jax.Array, changes: jax.Array) -> jax.Array:
    """The transpose of `of_body`: changes [slots, fields, lanes] -> [bodies, fields, lanes]."""
    return jnp.sum(jnp.where(chosen[:, :, None], changes[:, None], 0.0), axis=0)
