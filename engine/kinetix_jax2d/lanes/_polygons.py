"""Contacts of two polygons: spec/physics.md 5.3."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float

from ._load import Outlines
from ._vector import clamp, computed, length, pick, rows

REFERENCE_BIAS = 0.01
"""How much further the second polygon must stand out to be the reference, m."""
NEVER = 1e30


class Placed(NamedTuple):
    """Polygons in the world."""

    x: Float[Array, "polygons lanes"]
    y: Float[Array, "polygons lanes"]
    cosine: Float[Array, "polygons lanes"]
    sine: Float[Array, "polygons lanes"]
    vertex_x: Float[Array, "polygons 4 lanes"]
    vertex_y: Float[Array, "polygons 4 lanes"]


class Points(NamedTuple):
    """One contact per row. Rows that do not touch hold anything."""

    normal_x: Float[Array, "rows lanes"]  # from the first body to the second
    normal_y: Float[Array, "rows lanes"]
    x: Float[Array, "rows lanes"]
    y: Float[Array, "rows lanes"]
    depth: Float[Array, "rows lanes"]
    touching: Bool[Array, "rows lanes"]


def place_polygons(outlines: Outlines, place: Float[Array, "polygons 3 lanes"]) -> Placed:
    cosine, sine = jnp.cos(place[:, 2]), jnp.sin(place[:, 2])
    c, s = cosine[:, None], sine[:, None]
    placed = Placed(
        x=place[:, 0],
        y=place[:, 1],
        cosine=cosine,
        sine=sine,
        vertex_x=c * outlines.x - s * outlines.y + place[:, 0][:, None],
        vertex_y=s * outlines.x + c * outlines.y + place[:, 1][:, None],
    )
    return computed(placed)


class Axis(NamedTuple):
    """The face of one polygon from which another stands out furthest."""

    separation: Float[Array, "rows lanes"]
    face: jax.Array  # rows lanes, int32
    along_x: Float[Array, "rows 4 lanes"]  # vertices of the other in the frame of this one
    along_y: Float[Array, "rows 4 lanes"]


def least_penetration(outlines: Outlines, placed: Placed, x: np.ndarray, y: np.ndarray) -> Axis:
    """5.3a for polygons `x` against `y`; the first face wins ties."""
    c, s = rows(placed.cosine, x)[:, None], rows(placed.sine, x)[:, None]
    dx = rows(placed.vertex_x, y) - rows(placed.x, x)[:, None]
    dy = rows(placed.vertex_y, y) - rows(placed.y, x)[:, None]
    along_x, along_y = c * dx + s * dy, c * dy - s * dx
    normal_x, normal_y = rows(outlines.normal_x, x), rows(outlines.normal_y, x)
    reach = [normal_x * along_x[:, j : j + 1] + normal_y * along_y[:, j : j + 1] for j in range(4)]
    nearest = jnp.minimum(jnp.minimum(reach[0], reach[1]), jnp.minimum(reach[2], reach[3]))
    separations = nearest - rows(outlines.support, x)
    best = separations[:, 0]
    face = jnp.zeros(best.shape, jnp.int32)
    for i in range(1, 4):
        face = jnp.where(separations[:, i] > best, i, face)
        best = jnp.maximum(best, separations[:, i])
    return Axis(best, face, along_x, along_y)


class Reference(NamedTuple):
    """The reference face of each row in the world, and the other polygon."""

    normal_x: Float[Array, "rows lanes"]  # outward, frame of the reference polygon
    normal_y: Float[Array, "rows lanes"]
    cosine: Float[Array, "rows lanes"]
    sine: Float[Array, "rows lanes"]
    start_x: Float[Array, "rows lanes"]
    start_y: Float[Array, "rows lanes"]
    stop_x: Float[Array, "rows lanes"]
    stop_y: Float[Array, "rows lanes"]


def polygon_contacts(
    outlines: Outlines, placed: Placed, first: np.ndarray, second: np.ndarray
) -> tuple[Points, Points]:
    """Both slots of the pairs."""
    both = np.concatenate([first, second]), np.concatenate([second, first])
    axis, k = computed(least_penetration(outlines, placed, *both)), len(first)
    of_first = jax.tree.map(lambda a: a[:k], axis)
    of_second = jax.tree.map(lambda a: a[k:], axis)
    flipped = of_first.separation + REFERENCE_BIAS < of_second.separation
    top = jnp.maximum(of_first.separation, of_second.separation)
    chosen = jax.tree.map(
        lambda a, b: jnp.where(flipped if a.ndim == 2 else flipped[:, None], b, a),
        of_first,
        of_second,
    )
    flipped, top, chosen = computed((flipped, top, chosen))
    face = computed(_reference(outlines, placed, first, second, flipped, chosen.face))
    vertices = _deepest_two(
        face,
        chosen,
        tuple(
            jnp.where(flipped[:, None], rows(v, first), rows(v, second))
            for v in (placed.vertex_x, placed.vertex_y)
        ),
        jnp.where(flipped, rows(outlines.triangle, first), rows(outlines.triangle, second)),
    )
    (x0, y0, depth0), (x1, y1, depth1) = (
        computed(_onto_face(face, *vertex)) for vertex in computed(vertices)
    )
    normal_x = face.cosine * face.normal_x - face.sine * face.normal_y
    normal_y = face.sine * face.normal_x + face.cosine * face.normal_y
    normal_x, normal_y = (jnp.where(flipped, -n, n) for n in (normal_x, normal_y))
    swap, touching = depth0 < depth1, top < 0
    slots = (
        (jnp.where(swap, x1, x0), jnp.where(swap, y1, y0), touching),
        (
            jnp.where(swap, x0, x1),
            jnp.where(swap, y0, y1),
            touching & (depth0 > 0) & (depth1 > 0),
        ),
    )
    slot_0, slot_1 = (Points(normal_x, normal_y, x, y, -top, flag) for x, y, flag in slots)
    return slot_0, slot_1


def _reference(
    outlines: Outlines,
    placed: Placed,
    first: np.ndarray,
    second: np.ndarray,
    flipped: jax.Array,
    face: jax.Array,
) -> Reference:
    """5.3c. Face i runs from vertex i to its successor."""

    def of_face(array: jax.Array, ahead: int = 0) -> jax.Array:
        array = jnp.roll(array, -ahead, axis=1) if ahead else array
        own = jnp.where(flipped[:, None], rows(array, second), rows(array, first))
        return pick(face, [own[:, i] for i in range(4)])

    def of_polygon(array: jax.Array) -> jax.Array:
        return jnp.where(flipped, rows(array, second), rows(array, first))

    return Reference(
        normal_x=of_face(outlines.normal_x),
        normal_y=of_face(outlines.normal_y),
        cosine=of_polygon(placed.cosine),
        sine=of_polygon(placed.sine),
        start_x=of_face(placed.vertex_x),
        start_y=of_face(placed.vertex_y),
        stop_x=of_face(placed.vertex_x, 1),
        stop_y=of_face(placed.vertex_y, 1),
    )


def _deepest_two(
    face: Reference, axis: Axis, vertices: tuple[jax.Array, ...], triangle: jax.Array
) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
    """The two vertices of the other polygon that lie deepest; earlier ones on ties."""
    along = [
        face.normal_x * axis.along_x[:, j] + face.normal_y * axis.along_y[:, j] for j in range(4)
    ]
    along[3] = jnp.where(triangle, NEVER, along[3])
    best = second = jnp.full_like(along[0], 2 * NEVER)
    deepest = runner_up = jnp.zeros(best.shape, jnp.int32)
    for j in range(4):
        wins, places = along[j] < best, along[j] < second
        runner_up = jnp.where(wins, deepest, jnp.where(places, j, runner_up))
        second = jnp.where(wins, best, jnp.where(places, along[j], second))
        deepest = jnp.where(wins, j, deepest)
        best = jnp.where(wins, along[j], best)
    x, y = ([v[:, j] for j in range(4)] for v in vertices)
    return (pick(deepest, x), pick(deepest, y)), (pick(runner_up, x), pick(runner_up, y))


def _onto_face(
    face: Reference, x: jax.Array, y: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """5.3d and e: the point, clamped between the ends of the face, and its depth under it.

    The angle is rounded as in the published engine, because ties between two vertices hang on it.
    """
    back_x, back_y = face.start_x - face.stop_x, face.start_y - face.stop_y
    nothing = (back_x == 0) & (back_y == 0)
    angle = jnp.arctan2(back_x, jnp.where(nothing, 1.0, back_y)) + np.float32(np.pi)
    c, s = jnp.cos(angle), jnp.sin(angle)
    dx, dy = x - face.start_x, y - face.start_y
    depth = c * dx - s * dy
    along = clamp(s * dx + c * dy, 0.0, length(back_x, back_y))
    return c * depth + s * along + face.start_x, c * along - s * depth + face.start_y, depth
