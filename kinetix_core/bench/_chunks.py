"""Batches of any length through a program of one length, which is compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

CHUNK = 256
"""Rows of a program: as many as the JAX kernel steps at once on a CPU."""


def in_chunks(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of pytrees with a leading axis of `CHUNK`, as one of any leading axis but 0.

    Results are on the host.
    """

    def call(*batch: Any) -> Any:
        return join([jax.device_get(function(*chunk)) for chunk in chunks(batch)], length(batch))

    return call


def chunks(batch: Any) -> Iterator[Any]:
    """`batch` in pieces of `CHUNK` rows, the last one filled up with copies of its last row."""
    count = length(batch)
    for start in range(0, count, CHUNK):
        index = np.minimum(np.arange(start, start + CHUNK), count - 1)
        yield jax.tree.map(lambda leaf, index=index: np.asarray(leaf)[index], batch)


def join(pieces: list[Any], count: int) -> Any:
    """Pieces on the host, one after the other along the leading axis, cut to `count` rows."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:count], *pieces)


def length(batch: Any) -> int:
    """Length of the leading axis."""
    return jax.tree.leaves(batch)[0].shape[0]
