"""The JAX kernel over any number of leading axes, and its differentiable form for one scene."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.scene import SceneSize
from kinetix_jax2d._config import Jax2DConfig

from ._step import Results, steps_in_lanes
from ._tables import tables

LONG_TABLES = 64
"""Contact rows beyond which the arrays of 256 scenes leave a processor's second cache."""


def steps_on_cpu(size: SceneSize, config: Jax2DConfig, n: int, *arrays: jax.Array) -> Results:
    """`n` steps of scenes with any leading axes, in chunks of lanes that stay in the caches."""
    scenes = arrays[0].size // arrays[0].shape[-1]
    most = 128 if tables(size, config.solver_batch).row_count > LONG_TABLES else 256
    chunks = -(-scenes // most)
    if chunks <= 1:
        return steps_at_once(size, config, n, *arrays)
    lanes = -(-scenes // chunks)

    def cut(array: jax.Array) -> jax.Array:
        flat = array.reshape(scenes, -1)
        filled = jnp.pad(flat, ((0, chunks * lanes - scenes), (0, 0)), mode="edge")
        return filled.reshape(chunks, lanes, -1)

    def step(chunk: tuple[jax.Array, ...]) -> Results:
        return steps_in_lanes(size, config, n, *chunk)

    results = jax.lax.map(step, tuple(cut(array) for array in arrays))
    flat = (result.reshape(chunks * lanes, *result.shape[2:])[:scenes] for result in results)
    return _with_axes(arrays[0].shape[:-1], tuple(flat))


def steps_on_gpu(
    size: SceneSize, config: Jax2DConfig, n: int, *arrays: jax.Array, **how: Any
) -> Results:
    """`n` steps of scenes with any leading axes, whose contacts and joints one kernel solves.

    `how`: settings of `solve_on_gpu`.
    """
    from ._pallas import THREADS, solve_on_gpu

    axes = arrays[0].shape[:-1]
    count, threads = int(np.prod(axes)), how.get("threads", THREADS)
    if not count:
        return _nothing(size, n, *arrays)

    def fill(array: jax.Array) -> jax.Array:
        flat = array.reshape(count, array.shape[-1])
        return jnp.pad(flat, ((0, -count % threads), (0, 0)), mode="edge")

    solver = partial(solve_on_gpu, **how)
    results = steps_in_lanes(size, config, n, *map(fill, arrays), solver=solver)
    return _with_axes(axes, tuple(result[:count] for result in results))


def steps_at_once(size: SceneSize, config: Jax2DConfig, n: int, *arrays: jax.Array) -> Results:
    """`n` steps of scenes with any leading axes, all in one set of lanes."""
    axes = arrays[0].shape[:-1]
    count = int(np.prod(axes))
    if not count:
        return _nothing(size, n, *arrays)
    flat = (array.reshape(count, array.shape[-1]) for array in arrays)
    return _with_axes(axes, steps_in_lanes(size, config, n, *flat))


def _with_axes(axes: tuple[int, ...], results: tuple[jax.Array, ...]) -> Results:
    moving, integers, touching, position = (
        result.reshape(*axes, *result.shape[1:]) for result in results
    )
    return moving, integers, touching, position


def _nothing(size: SceneSize, n: int, *arrays: jax.Array) -> Results:
    moving, _, integers, _ = arrays
    axes = moving.shape[:-1]
    touching = jnp.zeros((*axes, n, len(size.pairs)), bool)
    return moving, integers, touching, jnp.zeros((*axes, n, size.bodies, 2))
