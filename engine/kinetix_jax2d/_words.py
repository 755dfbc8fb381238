"""Rows of the state: parts side by side, 8-bit fields in words, flags as bits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from . import _layout as lay


def cut(row: Any, offset: int, shape: tuple[int, ...]) -> jax.Array:
    """A table out of a row."""
    if not (length := int(np.prod(shape))):
        return _nothing(shape, jnp.asarray(row).dtype)
    return jnp.asarray(row)[offset : offset + length].reshape(shape)


def split(array: Any, ends: Any) -> list[jax.Array]:
    """`jnp.split` along the leading axis."""
    array = jnp.asarray(array)
    bounds = (0, *(int(end) for end in ends), array.shape[0])
    return [
        array[a:b] if a < b else _nothing((0, *array.shape[1:]), array.dtype)
        for a, b in itertools.pairwise(bounds)
    ]


def _nothing(shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """An empty table of a size that has no room for it. XLA gives up on programs that slice
    nothing out of an array (jaxlib 0.10: it aborts, or loses the call of the kernel)."""
    return jnp.zeros(shape, dtype)


def word(numbers: Sequence[Any], flags: Sequence[tuple[Any, int]]) -> jax.Array:
    """8-bit fields, saturated, and flags."""
    word = jnp.zeros_like(numbers[0], jnp.int32)
    for place, number in enumerate(numbers):
        byte = jnp.clip(jnp.asarray(number, jnp.int32), -128, 127) & 0xFF
        word = word | (byte << (8 * place))
    for flag, bit in flags:
        word = word | jnp.where(flag, bit, 0)
    return word


def field(word: jax.Array, place: int) -> jax.Array:
    """The 8-bit field at `place`, counted from the lowest bits."""
    return (word << (24 - 8 * place)) >> 24  # with its sign


def flag(word: jax.Array, bit: int) -> jax.Array:
    """Whether a bit of each word is set."""
    return (word & bit) != 0


def pack_flags(flags: Any) -> jax.Array:
    """Flags as bits of words, the first in the lowest bit."""
    count = flags.shape[0]
    rows = jnp.pad(jnp.asarray(flags), (0, -count % 32)).reshape(-1, 32).astype(jnp.uint32)
    bits = jnp.arange(32, dtype=jnp.uint32)[None, :]
    packed = jnp.sum(rows << bits, axis=-1, dtype=jnp.uint32)
    return jax.lax.bitcast_convert_type(packed, jnp.int32)


def unpack_flags(packed: jax.Array, tables: Sequence[int]) -> jax.Array:
    """Flags of tables that each begin with a new word, side by side."""
    flags = ((packed[:, None] >> jnp.arange(32)[None, :]) & 1) != 0
    ends = np.cumsum([lay.words(rows) for rows in tables])
    parts = split(flags, ends[:-1])
    return jnp.concatenate(
        [part.reshape(-1)[:rows] for part, rows in zip(parts, tables, strict=True)]
    )
