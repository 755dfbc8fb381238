"""Contacts of circles: with polygons (spec/physics.md 5.2) and with circles (5.1)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from ._load import Outlines
from ._polygons import Placed, Points
from ._vector import clamp, computed, cross, length, nonzero, pick, rows


def circle_polygon_contacts(
    outlines: Outlines,
    placed: Placed,
    centre: Float[Array, "circles 3 lanes"],
    radius: Float[Array, "circles lanes"],
    circle: np.ndarray,
    polygon: np.ndarray,
) -> Points:
    """`circle`, `polygon`: numbers of each pair within its kind."""
    c, s = rows(placed.cosine, polygon), rows(placed.sine, polygon)
    base_x, base_y = rows(placed.x, polygon), rows(placed.y, polygon)
    dx, dy = rows(centre[:, 0], circle) - base_x, rows(centre[:, 1], circle) - base_y
    x, y = c * dx + s * dy, c * dy - s * dx
    x, y = computed((x, y))
    foot_x, foot_y, inside = computed(_nearest_edge(outlines, polygon, x, y))

    out_x, out_y, reach = x - foot_x, y - foot_y, rows(radius, circle)
    distance = length(out_x, out_y)
    way_x, way_y = c * out_x - s * out_y, s * out_x + c * out_y
    towards = jnp.where(inside, 1.0, -1.0) / nonzero(length(way_x, way_y))
    return Points(
        normal_x=way_x * towards,
        normal_y=way_y * towards,
        x=c * foot_x - s * foot_y + base_x,
        y=s * foot_x + c * foot_y + base_y,
        depth=jnp.where(inside, reach, reach - distance),
        touching=(distance <= reach) | inside,
    )


def _nearest_edge(outlines: Outlines, polygon: np.ndarray, x: Any, y: Any) -> tuple[Any, Any, Any]:
    """The point of the outline nearest to (x, y), the first on ties, and whether that is inside.

    All in the frame of the polygon. The direction of an edge is its normal turned by -90 degrees.
    """
    vertex_x, vertex_y = rows(outlines.x, polygon), rows(outlines.y, polygon)
    normal_x, normal_y = rows(outlines.normal_x, polygon), rows(outlines.normal_y, polygon)
    unused = rows(outlines.triangle, polygon)[:, None] & (np.arange(4) == 3)[None, :, None]
    dx, dy = x[:, None] - vertex_x, y[:, None] - vertex_y
    along = clamp(dx * normal_y - dy * normal_x, 0.0, rows(outlines.length, polygon))
    foot_x, foot_y = vertex_x + along * normal_y, vertex_y - along * normal_x
    gap = (foot_x - x[:, None]) ** 2 + (foot_y - y[:, None]) ** 2
    gap = jnp.where(unused, jnp.inf, gap)
    ahead_x, ahead_y = jnp.roll(dx, -1, axis=1), jnp.roll(dy, -1, axis=1)
    foot_x, foot_y, gap = computed((foot_x, foot_y, gap))
    inner = (cross(dx, dy, ahead_x, ahead_y) < 0) | unused

    edge, best = jnp.zeros(x.shape, jnp.int32), gap[:, 0]
    for i in range(1, 4):
        edge = jnp.where(gap[:, i] < best, i, edge)
        best = jnp.minimum(best, gap[:, i])
    near_x, near_y = (pick(edge, [foot[:, i] for i in range(4)]) for foot in (foot_x, foot_y))
    return near_x, near_y, jnp.all(inner, axis=1)


def circle_contacts(
    centre: Float[Array, "circles 3 lanes"],
    radius: Float[Array, "circles lanes"],
    first: np.ndarray,
    second: np.ndarray,
) -> Points:
    """`first`, `second`: numbers of the circles."""
    x, y = rows(centre[:, 0], first), rows(centre[:, 1], first)
    dx, dy = rows(centre[:, 0], second) - x, rows(centre[:, 1], second) - y
    distance = length(dx, dy)
    radii = rows(radius, first)
    reach = radii + rows(radius, second)
    normal_x, normal_y = dx / nonzero(distance), dy / nonzero(distance)
    return Points(
        normal_x,
        normal_y,
        x + normal_x * radii,
        y + normal_y * radii,
        reach - distance,
        distance < reach,
    )
