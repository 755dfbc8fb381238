"""Uniform draws that are cheap inside an environment step, and soon compiled.

Random bits are most of the price of a draw, one block of 32 bits costs as much as one of 8, and
`jax.random.randint` takes two. XLA takes 0.1 s to compile bits along one axis, and 0.3 s along two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Float, Int, PRNGKeyArray

_BITS = 24  # of a word, read as a fraction
_LARGEST = 1 << (32 - _BITS)  # a fraction times a size fits into a word
_MOST = 1 << 10  # outcomes of one word: each is within 0.01 % of equally likely


def random_digits(key: PRNGKeyArray, sizes: Sequence[int]) -> Int[jax.Array, " n"]:
    """Number i is uniform in 0..sizes[i]-1, all independent, i32. As few words as will do.

    Raises `ValueError` for a size above 256.
    """
    if max(sizes, default=1) > _LARGEST:
        raise ValueError(f"sizes={tuple(sizes)}: at most {_LARGEST} each is expected")
    groups: list[list[int]] = []
    outcomes = _MOST
    for size in sizes:
        if outcomes * size > _MOST:
            groups.append([])
            outcomes = 1
        groups[-1].append(size)
        outcomes *= size
    words = jax.random.bits(key, (len(groups),), jnp.uint32) >> (32 - _BITS)
    digits = []
    for word, group in zip(words, groups, strict=True):
        fraction = word
        for size in group:
            scaled = fraction * jnp.uint32(size)
            digits.append(scaled >> _BITS)
            fraction = scaled & ((1 << _BITS) - 1)
    return jnp.stack(digits).astype(jnp.int32)


def uniform(key: PRNGKeyArray, shape: tuple[int, ...]) -> Float[jax.Array, ...]:
    """In [0, 1): the numbers of `jax.random.uniform`, sooner compiled."""
    return jax.random.uniform(key, (math.prod(shape),)).reshape(shape)


def random_index(key: PRNGKeyArray, shape: tuple[int, ...], n: int) -> Int[jax.Array, ...]:
    """Uniform in 0..n-1, i32. One word for each, not two, below 65536."""
    if n > 1 << 16:
        return jax.random.randint(key, shape, 0, n)
    bits = jax.random.bits(key, (math.prod(shape),), jnp.uint32).reshape(shape)
    # the high half of the product with n
    low, high = (bits & 0xFFFF) * jnp.uint32(n), (bits >> 16) * jnp.uint32(n)
    return ((high + (low >> 16)) >> 16).astype(jnp.int32)
