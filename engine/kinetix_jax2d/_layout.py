"""Where each field of a scene lies in the three rows that are the engine's state.

This is the one place that decides it: packing (`_pack.py`, `_unpack.py`) and the native kernel
(`native/plan.h`) both take their offsets from here.

moving (f32)     what a step changes: bodies, impulses, cached anchors
constant (f32)   what it only reads, then what it does not need at all
integers (i32)   flags and indices packed into words; touching and memory flags change

A row has no padding. Words hold 8-bit fields from the lowest bits up, and flags from bit 24 up.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from itertools import accumulate

import numpy as np

from kinetix_core.scene import VERTICES, SceneSize

from ._config import Jax2DConfig

BODY_FLOATS = 6  # x, y, angle, vx, vy, angular velocity
JOINT_STATE_FLOATS = 5  # accumulated impulse x, y, angular; anchor x, y
JOINT_FLOATS = 9  # anchor on a (2), on b (2), speed, power, minimum, maximum, rest angle
THRUSTER_FLOATS = 4  # position (2), rotation, power
MATERIAL_FLOATS = 4  # inverse mass, inverse inertia, friction, restitution

ACTIVE, FIXED, MOTOR, LIMITS, AUTO = (1 << bit for bit in range(24, 29))
"""Flags of body, joint and thruster words."""


@dataclass(frozen=True)
class Layout:
    """Offset of each field in its row, in floats or integers, and the lengths of the rows."""

    moving_size: int
    constant_size: int
    integer_size: int
    # moving
    bodies: int
    joint_state: int
    thruster_anchors: int
    impulses: int  # normal and tangent of each contact slot; a polygon pair has two slots
    # constant, read by a step
    materials: int
    vertices_x: int
    vertices_y: int
    radii: int
    joint_settings: int
    thruster_settings: int
    gravity: int
    # integers, read by a step
    body_words: int  # collision mode, vertices, role; ACTIVE
    joint_words: int  # a, b, motor binding; ACTIVE, FIXED, MOTOR, LIMITS, AUTO
    thruster_words: int  # body, binding; ACTIVE
    collision_words: int  # bit first * bodies + second
    touching_words: int  # of the last step, one bit per pair; each table from a new word
    memory_words: int  # the same for remembered contacts, then the second polygon slots
    # not read by a step
    densities: int
    polygon_radii: int
    circle_vertices: int
    timestep: int


def words(flags: int) -> int:
    """32-bit words that hold so many flags."""
    return -(-flags // 32)


@cache
def layout(size: SceneSize) -> Layout:
    """The layout of a scene of `size`."""
    p, c, n = size.polygons, size.circles, size.bodies
    j, t = size.joints, size.thrusters
    tables = [len(size.polygon_pairs), len(size.circle_polygon_pairs), len(size.circle_pairs)]
    table_words = [words(rows) for rows in tables]
    moving = {
        "bodies": BODY_FLOATS * n,
        "joint_state": JOINT_STATE_FLOATS * j,
        "thruster_anchors": 2 * t,
        "impulses": 2 * (2 * tables[0] + tables[1] + tables[2]),
    }
    constant = {
        "materials": MATERIAL_FLOATS * n,
        "vertices_x": VERTICES * p,
        "vertices_y": VERTICES * p,
        "radii": c,
        "joint_settings": JOINT_FLOATS * j,
        "thruster_settings": THRUSTER_FLOATS * t,
        "gravity": 2,
        "densities": n,
        "polygon_radii": p,
        "circle_vertices": 2 * VERTICES * c,
    }
    integers = {
        "body_words": n,
        "joint_words": j,
        "thruster_words": t,
        "collision_words": words(n * n),
        "touching_words": sum(table_words),
        "memory_words": sum(table_words) + table_words[0],
        "timestep": 1,
    }
    offsets: dict[str, int] = {}
    for row in (moving, constant, integers):
        offsets |= zip(row, accumulate(row.values(), initial=0), strict=False)
    sizes = (sum(row.values()) for row in (moving, constant, integers))
    return Layout(*sizes, **offsets)


KERNEL_OFFSETS = [field.name for field in fields(Layout)][:20]
"""What the kernel is told of a layout, in the order of `Plan` in native/plan.h."""


def kernel_plan(size: SceneSize, config: Jax2DConfig, steps: int) -> np.ndarray:
    """The fields of `Plan` in native/plan.h, int32."""
    counts = [size.polygons, size.circles, size.joints, size.thrusters]
    offsets = [getattr(layout(size), name) for name in KERNEL_OFFSETS]
    # A longer one also holds a whole table and some padding, and would only overflow.
    batch = min(config.solver_batch, len(size.pairs) + 1)
    how = [steps, config.solver_iterations, batch, config.warm_starting]
    return np.array([*counts, *offsets, *how, config.threads], np.int32)


def kernel_parameters(config: Jax2DConfig) -> np.ndarray:
    """The fields of `Parameters` in native/plan.h, float32: the config's floats in order."""
    floats = [getattr(config, field.name) for field in fields(config) if field.type == "float"]
    return np.array(floats, np.float32)
