"""Mass, centre and moment of inertia of new bodies, as the published levels have them.

The step never uses these: level files carry their own inverse masses. Everything is f32, and
the oddities of spec/physics.md 3 are kept, because published levels were made with them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ._size import VERTICES


class PolygonMass(NamedTuple):
    """What a polygon weighs, and its vertices about its centre of mass."""

    mass: np.float32  # kg
    inertia: np.float32  # kg m^2, about the centre
    centre: Float[np.ndarray, 2]  # m, in the frame of the given vertices
    vertices: Float[np.ndarray, "4 2"]  # m, relative to the centre; padding is shifted too


def inverse(value: float | np.float32) -> np.float32:
    """1 / value, with 1 for a value of exactly 0. Source: spec/physics.md 3."""
    value = np.float32(value)
    return np.float32(1) / (value if value != 0 else np.float32(1))


def circle_mass(radius: float, density: float = 1.0) -> tuple[np.float32, np.float32]:
    """Mass in kg and moment of inertia in kg m^2 of a circle.

    The moment is pi r^4 / 4, half that of a disc. Source: spec/physics.md 3.1.
    """
    r, d = np.float32(radius), np.float32(density)
    pi = np.float32(np.pi)
    return r**2 * pi * d, pi * r**4 / np.float32(4) * d


def polygon_area(vertices: Float[np.ndarray, "4 2"], n_vertices: int) -> np.float32:
    """Area in m^2 as a fan of triangles from vertex 0. Source: spec/physics.md 3.2."""
    v = np.asarray(vertices, np.float32)
    area = np.float32(0)
    for i in range(n_vertices - 2):
        base, side = v[i + 1] - v[0], v[i + 2] - v[0]
        length = np.sqrt(np.sum(base**2))
        foot = base * (np.dot(side, base) * inverse(length**2))
        area += length * np.sqrt(np.sum((side - foot) ** 2)) / np.float32(2)
    return area


def _inertia(vertices: Float[np.ndarray, "4 2"], n_vertices: int) -> np.float32:
    """Moment per density about the origin.

    The successor of a vertex wraps after four slots whatever the polygon has, so a triangle
    meets its padding: spec/physics.md 3.2, step 5.
    """
    total = np.float32(0)
    for i in range(n_vertices):
        p, q = vertices[(i + 1) % VERTICES], vertices[i]
        cross = p[0] * q[1] - p[1] * q[0]
        spread = p[0] ** 2 + q[0] * p[0] + q[0] ** 2 + p[1] ** 2 + q[1] * p[1] + q[1] ** 2
        total += np.abs(np.float32(0.25) * cross / np.float32(3) * spread)
    return total


def polygon_mass(
    vertices: Float[np.ndarray, "4 2"], n_vertices: int, density: float = 1.0
) -> PolygonMass:
    """Mass, moment of inertia and centre of a polygon with its vertex slots in m.

    The centre is the mean of the used vertices. Unused slots should hold zeros: they are
    shifted like the others and the moment of a triangle depends on them.
    Source: spec/physics.md 3.2.
    """
    v = np.asarray(vertices, np.float32)
    d = np.float32(density)
    centre = np.asarray(np.mean(v[:n_vertices], axis=0, dtype=np.float32))
    shifted = v - centre
    mass = polygon_area(v, n_vertices) * d
    return PolygonMass(mass, _inertia(shifted, n_vertices) * d, centre, shifted)
