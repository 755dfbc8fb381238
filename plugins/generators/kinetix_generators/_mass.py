"""Mass and inertia as arrays of any lanes. The oddities are those of spec/physics.md 3."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float

from kinetix_core.scene import Array


def _inverse(value: Array) -> jax.Array:
    return 1.0 / jnp.where(value == 0, 1.0, value)


def circle_inverses(
    radius: Float[Array, ...], density: float | Array
) -> tuple[jax.Array, jax.Array]:
    """1 / mass and 1 / moment of inertia. Source: spec/physics.md 3.1."""
    return _inverse(radius**2 * math.pi * density), _inverse(math.pi * radius**4 / 4 * density)


def polygon_inverses(
    x: Float[Array, "4 ..."],
    y: Float[Array, "4 ..."],
    quad: Bool[Array, ...],
    density: float | Array,
) -> tuple[jax.Array, jax.Array]:
    """1 / mass and 1 / moment of inertia about the origin, which should be the centre.

    The fourth vertex of a triangle (`quad` False) is padding, which its moment depends on.
    Source: spec/physics.md 3.2.
    """

    def cross(i: int, k: int, about: int | None = None) -> jax.Array:
        ox, oy = (0.0, 0.0) if about is None else (x[about], y[about])
        return (x[i] - ox) * (y[k] - oy) - (y[i] - oy) * (x[k] - ox)

    area = jnp.abs(cross(1, 2, 0)) / 2 + jnp.where(quad, jnp.abs(cross(2, 3, 0)) / 2, 0.0)
    moment = jnp.zeros_like(area)
    for i in range(4):
        k = (i + 1) % 4
        spread = x[k] ** 2 + x[i] * x[k] + x[i] ** 2 + y[k] ** 2 + y[i] * y[k] + y[i] ** 2
        part = jnp.abs(cross(k, i) * 0.25 / 3 * spread)
        moment += jnp.where(quad, part, 0.0) if i == 3 else part
    return _inverse(area * density), _inverse(moment * density)
