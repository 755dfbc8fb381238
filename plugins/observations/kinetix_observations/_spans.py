"""Convex shapes as spans: the first and the last row that a shape covers in each column.

A pixel belongs to a shape if tests at its point say so (spec/rendering.md 3). Each test holds
above or below a line, so within a column a convex shape is one run of rows. Finding its two ends
costs a few tests per column instead of one per pixel. The row next to an end is asked by the
pixel's own test, so that pixels exactly on an edge fall as they do there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float

from kinetix_core.scene import Array

FAR = 1e6
"""A row beyond every picture."""
UPRIGHT = 1e-7
"""A radius line whose angle to the columns is below this is drawn as upright."""


class Spans(NamedTuple):
    """Rows `first` to `last`, both included, per shape and column; none where first > last."""

    first: Float[Array, "shapes columns"]
    last: Float[Array, "shapes columns"]

    def within(self, other: Spans) -> Spans:
        """The rows that are in both."""
        return Spans(jnp.maximum(self.first, other.first), jnp.minimum(self.last, other.last))


def polygon_spans(
    corners: Float[Array, "shapes 4 2"], columns: Float[Array, " columns"], inset: float = 0.0
) -> Spans:
    """Of quadrilaterals given clockwise, in pixels; `inset` pixels away from every edge."""
    following = jnp.roll(corners, -1, axis=1)
    (ax, ay), (bx, by) = _split(corners), _split(following)
    column = columns[None, None, :]
    slope = ax - bx  # an edge that runs to the left holds what is above it
    length = jnp.sqrt(slope**2 + (ay - by) ** 2)

    def holds(row: Array) -> Bool[jax.Array, "shapes 4 columns"]:
        cross = (ax - column) * (by - row) - (ay - row) * (bx - column)
        return cross <= 0 if inset == 0 else cross / length <= -inset

    upright = slope == 0
    run = jnp.where(upright, 1.0, slope)
    rise = jnp.where(upright, 0.0, (by - ay) / run)
    start = ay + jnp.where(upright, 0.0, inset * length / run)
    return _all_of(_side(holds, slope, start + (ax - column) * rise))


def disc_spans(
    centre: Float[Array, "shapes 2"], radius: Float[Array, " shapes"], columns: Array
) -> Spans:
    """Of discs, in pixels, points on the circle included."""
    x, y = _split(centre)
    radius = radius[:, None]
    across = columns[None, :] - x

    def holds(row: Array) -> Bool[jax.Array, "shapes columns"]:
        return jnp.sqrt(across**2 + (row - y) ** 2) <= radius

    half = jnp.sqrt(jnp.maximum(radius**2 - across**2, 0.0))
    low, high = jnp.round(y - half), jnp.round(y + half)
    return Spans(jnp.where(holds(low), low, low + 1), jnp.where(holds(high), high, high - 1))


def radius_spans(
    centre: Float[Array, "shapes 2"], rotation: Float[Array, " shapes"], columns: Array
) -> Spans:
    """Of a line two pixels wide from each centre upwards, turned by `rotation`, without end."""
    x, y = (part[:, None] for part in _split(centre))
    ux, uy = (part[:, None, None] for part in (-jnp.sin(rotation), jnp.cos(rotation)))
    # a thin line's upright end is all rounding: one answer for the whole column
    upright = jnp.abs(ux) < UPRIGHT
    vx = columns[None, None, :] - x

    def right(row: Array) -> Bool[jax.Array, "shapes 1 columns"]:
        return ux * (row - y) - uy * vx < 1

    def left(row: Array) -> Bool[jax.Array, "shapes 1 columns"]:
        return ux * (row - y) - uy * vx > -1

    def ahead(row: Array) -> Bool[jax.Array, "shapes 1 columns"]:
        return ux * vx + uy * (row - y) >= 0

    safe_x, safe_y = jnp.where(upright, 1.0, ux), jnp.where(uy == 0, 1.0, uy)
    sides = [
        _side(right, jnp.where(upright, 0.0, -ux), y + _unless(upright, (1 + uy * vx) / safe_x)),
        _side(left, jnp.where(upright, 0.0, ux), y + _unless(upright, (uy * vx - 1) / safe_x)),
        _side(ahead, uy, y - _unless(uy == 0, ux * vx / safe_y)),
    ]
    firsts, lasts = zip(*sides, strict=True)
    return _all_of(Spans(jnp.concatenate(firsts, axis=1), jnp.concatenate(lasts, axis=1)))


def _split(points: Float[Array, "*shapes 2"]) -> tuple[jax.Array, jax.Array]:
    """x and y, each with an axis for columns."""
    points = jnp.asarray(points)
    return points[..., :1], points[..., 1:]


def _unless(condition: Array, value: Array) -> jax.Array:
    return jnp.where(condition, 0.0, value)


def _side(holds: Callable[[Array], Array], slope: Array, crossing: Array) -> Spans:
    """Where a test holds: above `crossing` for a slope > 0, below it for a slope < 0.

    For a slope of 0 everywhere or nowhere, as at `crossing`.
    """
    row = jnp.round(jnp.clip(crossing, -FAR, FAR))
    here = holds(row)
    end = jnp.where(here, row, row + jnp.sign(slope))
    level = slope == 0
    first = jnp.where((slope > 0) | (level & ~here), jnp.where(level, FAR, end), -FAR)
    last = jnp.where(slope < 0, end, FAR)
    return Spans(first, last)


def _all_of(sides: Spans) -> Spans:
    """The rows in which all tests of a shape, along axis 1, hold."""
    return Spans(jnp.max(sides.first, axis=1), jnp.min(sides.last, axis=1))
