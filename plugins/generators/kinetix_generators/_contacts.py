"""How many contact points a new shape has with others. Source: spec/generator.md 4.4."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int

from kinetix_core.scene import Array

from ._lanes import Shapes, rotated

BIAS = 0.01
"""m, by which the face of the later polygon must be better to be the reference face."""
OUTLINE_ROWS = 34


class Outline(NamedTuple):
    """What a contact test needs of a shape, in the frame of the room. Lanes: those of the shape.

    A side is where `normal . p = offset`, with the outward normal (nx, ny); along (ny, -nx) it
    begins at `start`.
    """

    vx: Float[Array, "4 ..."]  # m
    vy: Float[Array, "4 ..."]
    nx: Float[Array, "4 ..."]
    ny: Float[Array, "4 ..."]
    offset: Float[Array, "4 ..."]  # m
    start: Float[Array, "4 ..."]  # m
    length: Float[Array, "4 ..."]  # m
    x: Float[Array, ...]  # m
    y: Float[Array, ...]
    radius: Float[Array, ...]  # m
    circle: Bool[Array, ...]
    quad: Bool[Array, ...]
    active: Bool[Array, ...]

    def packed(self) -> Float[jax.Array, "34 ..."]:
        """All fields as rows of one array."""
        rows = [*self[:7], *(v.astype(jnp.float32)[None] for v in self[7:])]
        return jnp.concatenate(rows)


def unpacked_outline(rows: Float[Array, "34 ..."]) -> Outline:
    """The inverse of `Outline.packed`."""
    vx, vy, nx, ny, offset, start, length = (rows[4 * k : 4 * k + 4] for k in range(7))
    x, y, radius = rows[28:31]
    circle, quad, active = rows[31:34] > 0
    return Outline(vx, vy, nx, ny, offset, start, length, x, y, radius, circle, quad, active)


def sides(vx: Array, vy: Array) -> tuple[jax.Array, ...]:
    """Normals, offsets, starts and lengths of the sides of polygons with clockwise vertices.

    A loop, because the compiler keeps what goes into a loop: written out, it would compute the
    vertices again for each number that it needs of a side.
    """

    def side(end: tuple[Array, Array], begin: tuple[Array, Array]) -> Any:
        (x, y), (ex, ey) = begin, (end[0] - begin[0], end[1] - begin[1])
        length = jnp.sqrt(ex**2 + ey**2)
        scale = 1.0 / jnp.where(length > 0, length, 1.0)
        nx, ny = -ey * scale, ex * scale
        return begin, (nx, ny, nx * x + ny * y, ny * x - nx * y, length)

    return jax.lax.scan(side, (vx[0], vy[0]), (vx, vy), reverse=True)[1]


def outline(shape: Shapes) -> Outline:
    """Of one or several shapes."""
    vx, vy = rotated(shape.vx, shape.vy, shape.rotation[None])
    vx, vy = vx + shape.x[None], vy + shape.y[None]
    nx, ny, offset, start, length = sides(vx, vy)
    x, y, radius, circle = shape.x, shape.y, shape.radius, shape.circle
    about = (x, y, radius, circle, shape.quad, shape.active)
    return Outline(vx, vy, nx, ny, offset, start, length, *about)


def contacts(
    new: Float[Array, "34 ..."], others: Float[Array, "34 bodies *lanes"], count: int | Array
) -> Int[jax.Array, ...]:
    """Contact points of a new shape with the first `count` of `others`, which come before it.

    Up to 2 with a polygon where both are, else 1. Nothing is left out: neither joined nor
    fixated pairs. Both are packed outlines.
    """

    def add(i: Array, found: Array) -> Array:
        other = jax.lax.dynamic_index_in_dim(others, i, axis=1, keepdims=False)
        return found + _points(unpacked_outline(other), unpacked_outline(new))

    return jax.lax.fori_loop(0, count, add, jnp.zeros(new.shape[1:], jnp.int32))


def _points(other: Outline, new: Outline) -> Int[jax.Array, ...]:
    reach = other.radius + new.radius
    near = (other.x - new.x) ** 2 + (other.y - new.y) ** 2 < reach**2
    # whichever of the two is the circle
    circle = [jnp.where(new.circle, a, b) for a, b in zip(new[7:10], other[7:10], strict=True)]
    polygon = [jnp.where(new.circle[None], a, b) for a, b in zip(other[2:7], new[2:7], strict=True)]
    mixed = jnp.where(other.circle & new.circle, near, _circle_polygon(*circle, *polygon))
    points = jnp.where(other.circle | new.circle, mixed.astype(jnp.int32), _polygons(other, new))
    return jnp.where(other.active, points, 0)


def _circle_polygon(
    x: Array,
    y: Array,
    radius: Array,
    nx: Array,
    ny: Array,
    offset: Array,
    start: Array,
    length: Array,
) -> Bool[jax.Array, ...]:
    """Whether the centre is inside, or the outline not farther than the radius."""
    x, y = x[None], y[None]
    beyond = nx * x + ny * y - offset
    along = ny * x - nx * y - start
    past = along - jnp.clip(along, 0.0, length)
    near, inside = beyond**2 + past**2 <= (radius**2)[None], beyond < 0
    return near[0] | near[1] | near[2] | near[3] | (inside[0] & inside[1] & inside[2] & inside[3])


def _polygons(a: Outline, b: Outline) -> Int[jax.Array, ...]:
    """0, 1 or 2 points between polygons, a before b, by separating axes."""
    a_gap, a_behind = _least_penetration(a, b)
    b_gap, b_behind = _least_penetration(b, a)
    behind = jnp.where(a_gap + BIAS < b_gap, b_behind, a_behind)
    touching = jnp.maximum(a_gap, b_gap) < 0
    return jnp.where(touching, jnp.where(behind >= 2, 2, 1), 0)


def _least_penetration(
    a: Outline, b: Outline
) -> tuple[Float[jax.Array, ...], Int[jax.Array, "*lanes"]]:
    """The largest separation (m) along a face of a, and how many vertices of b lie behind it."""
    # faces are an axis, vertices are written out: a reduction over so few is slow
    depth = [a.nx * b.vx[k][None] + a.ny * b.vy[k][None] - a.offset for k in range(4)]
    least = jnp.minimum(jnp.minimum(depth[0], depth[1]), jnp.minimum(depth[2], depth[3]))
    inside = [jnp.where(d < 0, 1, 0) for d in depth]
    # the fourth vertex of a triangle is none
    count = inside[0] + inside[1] + inside[2] + jnp.where(b.quad[None], inside[3], 0)
    gap, behind = least[0], count[0]
    for i in range(1, 4):
        behind = jnp.where(least[i] > gap, count[i], behind)
        gap = jnp.maximum(gap, least[i])
    return gap, behind
