"""A function of one scene whose batches are lanes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap

from kinetix_core.scene import SceneSize

from .._config import Jax2DConfig
from ._step import Results, steps_in_lanes


@cache
def lanes_kernel(size: SceneSize, config: Jax2DConfig, n: int) -> Callable[..., Results]:
    """`n` steps of one scene: rows (moving, constant, integers), controls -> `Results` of it."""

    @jax.jit
    def in_lanes(*arrays: jax.Array) -> Results:
        return steps_in_lanes(size, config, n, *arrays)

    @custom_vmap
    def many(*arrays: jax.Array) -> Results:
        return in_lanes(*arrays)

    @many.def_vmap
    def fold(count: int, batched: Any, *arrays: jax.Array) -> tuple[Results, Any]:
        """A further axis becomes more lanes."""
        arrays = _broadcast(count, batched, arrays)
        scenes = arrays[0].shape[1]
        results = many(*(a.reshape(count * scenes, *a.shape[2:]) for a in arrays))
        split = tuple(r.reshape(count, scenes, *r.shape[1:]) for r in results)
        return split, (True,) * len(split)  # pyright: ignore[reportReturnType]

    @custom_vmap
    def one(*arrays: jax.Array) -> Results:
        results = in_lanes(*(array[None] for array in arrays))
        return tuple(result[0] for result in results)  # pyright: ignore[reportReturnType]

    @one.def_vmap
    def lift(count: int, batched: Any, *arrays: jax.Array) -> tuple[Results, Any]:
        results = many(*_broadcast(count, batched, arrays))
        return results, (True,) * len(results)

    return one


def _broadcast(count: int, batched: Any, arrays: tuple[Any, ...]) -> list[jax.Array]:
    return [
        array if has else jnp.broadcast_to(array, (count, *array.shape))
        for array, has in zip(arrays, batched, strict=True)
    ]
