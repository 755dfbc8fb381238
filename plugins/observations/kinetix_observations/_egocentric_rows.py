"""Feature rows of `observation/egocentric`. Lengths in m unless a factor is written."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from kinetix_core.scene import BOUNDARY, Array, Bodies, Joints, SceneSize, Thrusters

from ._features import ROLES, bounded, one_hot

BODY, JOINT = 32, 6
MOTOR, THRUSTER = 1 + 9 + 2 * BODY, 1 + 5 + BODY
"""Numbers per row; of motors and thrusters the first is their count."""
_CORNERS = 4
_LARGEST = 1e30
_SMALLEST = 256
"""Multiplications in one scene."""
ROOM_CENTRE = np.array([2.5, 2.5], np.float32)
"""m."""


class Frame(NamedTuple):
    """How the scene is looked at: from `origin` (m, seen from the middle of the room), and with
    `side` -1 mirrored left to right."""

    origin: Float[Array, 2]
    side: Float[Array, ""]

    @property
    def axes(self) -> Float[jax.Array, 2]:
        """Factors of a vector's x and y."""
        return jnp.stack([jnp.asarray(self.side), jnp.ones_like(self.side)])

    def seen(self, vectors: Float[Array, "*n 2"]) -> Float[jax.Array, "*n 2"]:
        """Mirrored, if the scene is."""
        vectors = jnp.asarray(vectors)
        return vectors * self.axes.reshape((1,) * (vectors.ndim - 1) + (2,))


def sums(weight: Array, rows: Float[Array, "n features"]) -> Float[jax.Array, "k features"]:
    """Of finite rows, with weights (k, n). Small matrix products are faster than to gather, and
    the smallest are faster without calling a product for each scene."""
    weight, rows = jnp.asarray(weight, jnp.float32), jnp.asarray(rows)
    if weight.size * rows.shape[1] <= _SMALLEST:
        weight = weight[:, :, None]  # selected, for 0 times -1 is another 0
        return jnp.sum(jnp.where(weight > 0, weight * rows[None], 0.0), axis=1)
    return jnp.matmul(weight, rows, precision=jax.lax.Precision.HIGHEST)


def turned(
    vectors: Float[Array, "n *k 2"], angle: Float[Array, " n"]
) -> Float[jax.Array, "n *k 2"]:
    """From a body's frame to the room's axes."""
    angle = jnp.asarray(angle).reshape(-1, *(1,) * (vectors.ndim - 2))
    c, s = jnp.cos(angle), jnp.sin(angle)
    x, y = vectors[..., 0], vectors[..., 1]
    return jnp.stack([c * x - s * y, s * x + c * y], axis=-1)


def body_rows(
    bodies: Bodies,
    size: SceneSize,
    role: Int[Array, " bodies"],
    frame: Frame,
) -> Float[jax.Array, "bodies features"]:
    """There, circle; position in the room / 2.5 and from green / 2, with distance and absolute
    values; tanh of velocity / 5 and angular velocity / 10; role; corners from the centre and
    extents; radius; fixated; tanh of inverse mass / 10 and inertia / 100; friction, restitution.
    Floor, walls and ceiling have no place and no corners: left and right are made differently.
    """
    count = size.bodies
    circle, free = (np.arange(count) >= first for first in (size.polygons, BOUNDARY))
    place = frame.seen(bodies.position - ROOM_CENTRE[None])
    away = (place - frame.seen(frame.origin)[None]) / 2.0
    place, away = (jnp.where(free[:, None], vector, 0.0) for vector in (place, away))
    corners, extent = _corners(bodies, slice(BOUNDARY, size.polygons), frame)
    columns = [
        np.ones(count, np.float32),
        circle,
        place / 2.5,
        away,
        _length(away),
        jnp.abs(away),
        jnp.tanh(frame.seen(bodies.velocity) / 5.0),
        jnp.tanh(frame.side * bodies.angular_velocity / 10.0),
        one_hot(role, ROLES),
        3.0 * corners,
        extent,
        jnp.where(circle, 3.0 * bodies.radius, 0.0),
        bodies.inverse_mass == 0,
        jnp.tanh(bodies.inverse_mass / 10.0),
        jnp.tanh(bodies.inverse_inertia / 100.0),
        bodies.friction,
        bodies.restitution,
    ]
    return _table(columns, BODY)


def _length(vectors: Float[Array, "n 2"]) -> Float[jax.Array, " n"]:
    """With a gradient of 0 at 0."""
    square = jnp.sum(jnp.asarray(vectors) ** 2, axis=1)
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)


def _corners(
    bodies: Bodies, polygons: slice, frame: Frame
) -> tuple[Float[jax.Array, "bodies 8"], Float[jax.Array, "bodies 2"]]:
    """Corners along the room's axes, and how far they reach, of `polygons`; others: 0.

    Clockwise as they are seen, from the one that is farthest right and up in the body's frame,
    which a triangle has twice.
    """
    vertices = frame.seen(jnp.asarray(bodies.vertices)[polygons])
    n, slots = jnp.asarray(bodies.n_vertices)[polygons], np.arange(_CORNERS)
    first = _farthest(jnp.sum(vertices, axis=-1), n)[:, None]
    clockwise = jnp.where(frame.side < 0, -slots, slots)[None]
    order = jnp.mod(first + clockwise, jnp.maximum(n, 1)[:, None])[:, :, None]
    corners = vertices[:, :1]
    for slot in slots[1:]:  # faster than to gather, or to sum over a selection
        corners = jnp.where(order == slot, vertices[:, slot : slot + 1], corners)
    # as they are seen a body turns the other way round in a mirror
    corners = turned(corners, frame.side * bodies.rotation[polygons])
    extent = jnp.max(corners, axis=1) - jnp.min(corners, axis=1)
    others = ((polygons.start, bodies.radius.shape[0] - polygons.stop), (0, 0))
    return jnp.pad(corners.reshape(-1, 2 * _CORNERS), others), jnp.pad(extent, others)


def _farthest(reach: Float[Array, "n corners"], count: Int[Array, " n"]) -> Int[jax.Array, " n"]:
    """Which of the first `count` corners reaches farthest, the first among equals."""
    first, best = jnp.zeros_like(count), reach[:, 0]
    for slot in range(1, _CORNERS):
        farther = (slot < count) & (reach[:, slot] > best)
        first, best = jnp.where(farther, slot, first), jnp.where(farther, reach[:, slot], best)
    return first


def places(bodies: Bodies) -> Float[jax.Array, "bodies 4"]:
    """What is asked of the bodies at joints and thrusters: position from the middle of the room,
    angle, whether it is fixated. Finite."""
    columns = [bodies.position - ROOM_CENTRE[None], bodies.rotation, bodies.inverse_mass == 0]
    return bounded(_table(columns, 4), _LARGEST)


_ANGLE, _FIXATED = 2, 3


def joint_rows(
    joints: Joints, of_a: Float[Array, "joints k"], frame: Frame
) -> Float[jax.Array, "joints features"]:
    """There, fixed, has a motor, runs by itself, anchor from green / 2."""
    columns = [
        joints.active,
        joints.is_fixed_joint,
        joints.motor_on,
        joints.motor_auto,
        _anchor(joints, of_a, frame),
    ]
    return _table(columns, JOINT)


def motor_rows(
    joints: Joints, of_a: Float[Array, "joints k"], of_b: Float[Array, "joints k"], frame: Frame
) -> Float[jax.Array, "joints features"]:
    """Anchor from green / 2, speed, power, whether there are limits and tanh of how far they are
    (-1, 1 without), which ends are fixated. of_a, of_b: `places` of the ends, and more."""
    turn = of_b[:, _ANGLE] - of_a[:, _ANGLE] - joints.rotation
    low, high = joints.min_rotation - turn, joints.max_rotation - turn
    mirrored = frame.side < 0
    low, high = jnp.where(mirrored, -high, low), jnp.where(mirrored, -low, high)
    limited = jnp.asarray(joints.motor_has_joint_limits)
    columns = [
        _anchor(joints, of_a, frame),
        joints.motor_speed,
        joints.motor_power,
        limited,
        jnp.where(limited, jnp.tanh(low), -1.0),
        jnp.where(limited, jnp.tanh(high), 1.0),
        of_a[:, _FIXATED],
        of_b[:, _FIXATED],
    ]
    return _table(columns, MOTOR - 1 - 2 * BODY)


def thruster_rows(
    thrusters: Thrusters, of_carrier: Float[Array, "thrusters k"], frame: Frame
) -> Float[jax.Array, "thrusters features"]:
    """Direction of the push, place on the body times 3, power."""
    carrier = of_carrier[:, _ANGLE]
    push = carrier + thrusters.rotation
    columns = [
        frame.seen(jnp.stack([jnp.cos(push), jnp.sin(push)], axis=-1)),
        3.0 * frame.seen(turned(thrusters.relative_position, carrier)),
        thrusters.power,
    ]
    return _table(columns, THRUSTER - 1 - BODY)


def _anchor(
    joints: Joints, of_a: Float[Array, "joints k"], frame: Frame
) -> Float[jax.Array, "joints 2"]:
    """Where the joint is, as seen from green, / 2."""
    place = of_a[:, :2] + turned(joints.a_relative_pos, of_a[:, _ANGLE])
    return frame.seen(place - frame.origin[None]) / 2.0


def _table(columns: list[Array], width: int) -> Float[jax.Array, "n width"]:
    """Columns side by side: (n,) is one, (n, k) are k."""
    wide = [jnp.asarray(c, jnp.float32) for c in columns]
    table = jnp.concatenate([c[:, None] if c.ndim == 1 else c for c in wide], axis=1)
    assert table.shape[1] == width, (table.shape, width)
    return table
