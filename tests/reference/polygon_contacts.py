"""Geometry of one circle-polygon or polygon-polygon pair (specification, 5.2 and 5.3).

Contact points are `(normal, point, depth)`, or None where a slot does not touch.
"""

from typing import NamedTuple

import numpy as np

from tests.reference import quirks as q
from tests.reference.algebra import clamp, cross, dot, norm, nz, rotate, unrotate
from tests.reference.state import Array, Body

# How much larger the separation of the second polygon must be to make it the reference.
REFERENCE_BIAS = 0.01


def used_vertices(polygon: Body, i: int) -> Array:
    """(3 or 4, 2): vertices of polygon `i` in its frame, without padding."""
    return polygon.vertices[i, : polygon.n_vertices[i]]


def world_vertices(polygon: Body, i: int) -> Array:
    return rotate(polygon.rotation[i], used_vertices(polygon, i)) + polygon.position[i]


def circle_polygon_contact(circle: Body, a: int, polygon: Body, b: int, quirks=q.ALL):
    """Contact of circle `a` (first) and polygon `b` (second), section 5.2."""
    angle, r = polygon.rotation[b], circle.radius[a]
    c = unrotate(angle, circle.position[a] - polygon.position[b])
    v = used_vertices(polygon, b)
    successor = np.roll(v, -1, axis=0)

    edge = successor - v
    length = norm(edge)
    u = edge / nz(length)[:, None]
    s = clamp(dot(u, c - v), 0, length)
    feet = v + s[:, None] * u
    foot = feet[np.argmin(norm(feet - c))]
    inside = np.all(cross(v - c, successor - c) < 0)

    d = c - foot
    dist = norm(d)
    if not (dist <= r or inside):
        return None
    w = rotate(angle, -d if inside else d)
    n = -w / nz(norm(w))
    if inside:
        depth = r if q.INSIDE_DEPTH_IS_RADIUS in quirks else r + dist
    else:
        depth = r - dist
    return n, rotate(angle, foot) + polygon.position[b], depth


class Axis(NamedTuple):
    """Axis of least penetration of polygon X against Y."""

    separation: np.floating
    face: int
    normal: Array  # (2,) outward, frame of X
    incident: Array  # (2, 2) world, the vertices of Y that lie deepest


def least_penetration(polygon: Body, x: int, y: int) -> Axis:
    """The face of X from which Y stands out furthest, section 5.3a; the first one on ties."""
    vertices = used_vertices(polygon, x)
    others = used_vertices(polygon, y)
    in_frame = rotate(polygon.rotation[y], others) + polygon.position[y] - polygon.position[x]
    in_frame = unrotate(polygon.rotation[x], in_frame)
    world = world_vertices(polygon, y)

    best = None
    for face in range(len(vertices)):
        edge = vertices[(face + 1) % len(vertices)] - vertices[face]
        normal = np.stack([-edge[1], edge[0]]) / nz(norm(edge))
        own, other = dot(vertices, normal), dot(in_frame, normal)
        separation = other.min() - own.max()
        if best is None or separation > best.separation:
            deepest = np.argsort(other, kind="stable")[:2]
            best = Axis(separation, face, normal, world[deepest])
    return best


def polygon_contact(polygon: Body, a: int, b: int, quirks=q.ALL):
    """The two contact slots of polygons `a` and `b`, section 5.3."""
    from_a, from_b = least_penetration(polygon, a, b), least_penetration(polygon, b, a)
    bias = REFERENCE_BIAS if q.FIRST_POLYGON_PREFERRED in quirks else 0
    ref_is_b = from_a.separation + bias < from_b.separation
    top = max(from_a.separation, from_b.separation)
    if not top < 0:
        return None, None

    x, axis = (b, from_b) if ref_is_b else (a, from_a)
    world = world_vertices(polygon, x)
    r0, r1 = world[axis.face], world[(axis.face + 1) % len(world)]
    n = rotate(polygon.rotation[x], axis.normal)
    n = -n if ref_is_b else n

    # In the reference frame the face is on the y axis, from 0 to its length, and x is the depth.
    D = r0 - r1
    phi = np.arctan2(D[0], D[1]) + D.dtype.type(np.pi)
    clip = clamp_to_face if q.CLAMP_NOT_CLIP in quirks else clip_to_face
    local = clip(rotate(phi, axis.incident - r0), norm(D))

    deep = 0 if local[0, 0] >= local[1, 0] else 1
    slots = []
    for i in (deep, 1 - deep):
        depth = -top if q.COMMON_DEPTH in quirks else local[i, 0]
        slots.append((n, unrotate(phi, local[i]) + r0, depth))
    if q.SECOND_POINT_NEEDS_BOTH_INSIDE in quirks and not np.all(local[:, 0] > 0):
        slots[1] = None
    return tuple(slots)


def clamp_to_face(local: Array, length) -> Array:
    """Section 5.3e: y is clamped and x stays as it is."""
    x, y = local[:, 0], local[:, 1]
    return np.stack([clamp(x, -99999, 999999), clamp(y, 0, length)], axis=-1)


def clip_to_face(local: Array, length) -> Array:
    """The alternative: ends of the segment that stick out move along it to the end of the face."""
    clipped = local.copy()
    direction = local[1] - local[0]
    for i in range(2):
        y = clamp(local[i, 1], 0, length)
        if y != local[i, 1]:
            clipped[i, 0] += (y - local[i, 1]) / nz(direction[1]) * direction[0]
            clipped[i, 1] = y
    return clipped
