"""How the builder writes one body into a slot, and the checks it shares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

import numpy as np

from kinetix_core.errors import LevelError, did_you_mean

from ._mass import circle_mass, inverse, polygon_mass
from ._scene import NORMAL, Bodies
from ._size import VERTICES
from ._validate import polygon_problem

Point: TypeAlias = Sequence[float]


class BodyProperties(TypedDict, total=False):
    """What every body can be given, by name."""

    rotation: float  # rad, counter-clockwise
    velocity: Point  # m/s
    angular_velocity: float  # rad/s
    density: float  # kg/m^2
    friction: float  # times the engine's base_friction
    restitution: float
    fixated: bool  # infinite mass: nothing moves or turns it
    role: int  # NORMAL, GREEN, BLUE or RED
    collision_mode: int  # 0, 1 or 2: spec/physics.md 4.3


_DEFAULTS: dict[str, Any] = {
    "rotation": 0.0,
    "velocity": (0.0, 0.0),
    "angular_velocity": 0.0,
    "density": 1.0,
    "friction": 1.0,
    "restitution": 0.0,
    "fixated": False,
    "role": NORMAL,
    "collision_mode": 1,
}


class JointAnchors(TypedDict, total=False):
    """Where a joint is: `anchor`, or one or both of the others."""

    anchor: Point | None  # a point of the room, m
    a_relative: Point | None  # a point of body a, in its frame
    b_relative: Point | None  # a point of body b


def anchor_points(given: Mapping[str, Any]) -> tuple[Point | None, Point | None, Point | None]:
    """anchor, a_relative and b_relative. Raises `LevelError` for another name."""
    known = tuple(JointAnchors.__annotations__)
    for name in given:
        if name not in known:
            raise LevelError(f"joint.{name}: unknown{did_you_mean(name, known)}")
    anchor, on_a, on_b = (given.get(name) for name in known)
    if (anchor is None) == (on_a is None and on_b is None):
        raise LevelError("joint: either anchor, or a_relative and b_relative, is expected")
    return anchor, on_a, on_b


def properties(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Everything about a body, with the defaults. Raises `LevelError` naming what is wrong."""
    for name in given:
        if name not in _DEFAULTS:
            raise LevelError(f"{kind}.{name}: unknown{did_you_mean(name, _DEFAULTS)}")
    body = _DEFAULTS | dict(given)
    positive(body["density"], f"{kind}.density")
    return body | {"velocity": point(body["velocity"], f"{kind}.velocity")}


def point(value: Point, place: str) -> np.ndarray:
    """An f32 vector (2,)."""
    try:
        vector = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        vector = np.zeros(0)
    if vector.shape != (2,):
        raise LevelError(f"{place}: x and y are expected, not {value}")
    return vector


def positive(value: float, place: str) -> None:
    """Raises `LevelError` for 0, less, and what is no number."""
    if not value > 0:
        raise LevelError(f"{place}: more than 0 is expected, not {value}")


def rotation_matrix(angle: float | np.float32) -> np.ndarray:
    """(2, 2) f32; turns a vector of a body's frame into one of the room.

    In double precision, so that it has the same bits on every machine.
    """
    c, s = math.cos(float(angle)), math.sin(float(angle))
    return np.array([[c, -s], [s, c]], np.float32)


def write_polygon(
    polygons: Bodies, slot: int, where: np.ndarray, vertices: Sequence[Point], body: dict[str, Any]
) -> None:
    """A polygon with its mass, centred as in spec/physics.md 3.2."""
    if len(vertices) not in (3, 4):
        raise LevelError(f"polygon.vertices: 3 or 4 are expected, not {len(vertices)}")
    padded = np.zeros((VERTICES, 2), np.float32)
    padded[: len(vertices)] = [point(v, "polygon.vertices") for v in vertices]
    if problem := polygon_problem(padded, len(vertices)):
        raise LevelError(f"polygon.{problem}")
    made = polygon_mass(padded, len(vertices), body["density"])
    polygons.n_vertices[slot] = len(vertices)
    polygons.vertices[slot] = made.vertices
    _write(polygons, slot, where + made.centre, made.mass, made.inertia, body)


def write_circle(
    circles: Bodies, slot: int, where: np.ndarray, radius: float, body: dict[str, Any]
) -> None:
    """A circle with its mass."""
    circles.radius[slot] = radius
    _write(circles, slot, where, *circle_mass(radius, body["density"]), body)


def _write(
    bodies: Bodies,
    slot: int,
    where: np.ndarray,
    mass: np.float32,
    inertia: np.float32,
    body: dict[str, Any],
) -> None:
    bodies.position[slot] = where
    bodies.inverse_mass[slot] = 0 if body["fixated"] else inverse(mass)
    bodies.inverse_inertia[slot] = 0 if body["fixated"] else inverse(inertia)
    for name, value in body.items():
        if name != "fixated":
            getattr(bodies, name)[slot] = value
    bodies.active[slot] = True
