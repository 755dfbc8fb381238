"""Feature rows of `observation/egocentric`. Lengths in m unless a factor is written."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from kinetix_core.scene import Array, Bodies, Joints, SceneSize, Thrusters

from ._features import ROLES, one_hot

BODY, JOINT = 32, 6
MOTOR, THRUSTER = 1 + 9 + 2 * BODY, 1 + 5 + BODY
"""Numbers per row; of motors and thrusters the first is their count."""
_CORNERS = 4
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


def pick(index: Int[Array, " k"], rows: Array) -> jax.Array:
    """`rows[index]`, zeros where it is out of range; by selection, which is faster than to gather
    at indexes that differ from scene to scene."""
    here = jnp.asarray(index)[:, None] == np.arange(rows.shape[0])[None, :]
    return jnp.sum(jnp.where(here[:, :, None], rows[None], jnp.zeros((), rows.dtype)), axis=1)


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
    """
    count = size.bodies
    circle = np.arange(count) >= size.polygons
    place = frame.seen(bodies.position - ROOM_CENTRE[None])
    away = (place - frame.seen(frame.origin)[None]) / 2.0
    corners, extent = _corners(bodies, circle, frame)
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
    bodies: Bodies, circle: np.ndarray, frame: Frame
) -> tuple[Float[jax.Array, "bodies 8"], Float[jax.Array, "bodies 2"]]:
    """Corners along the room's axes, and how far they reach; a circle has none.

    Clockwise as they are seen, from the one that is farthest right and up in the body's frame,
    which a triangle has twice.
    """
    vertices, n = jnp.asarray(bodies.vertices), jnp.asarray(bodies.n_vertices)[:, None]
    slots = np.arange(_CORNERS)
    reach = jnp.sum(frame.seen(vertices), axis=-1)
    first = jnp.argmax(jnp.where(slots[None] < n, reach, -jnp.inf), axis=1)[:, None]
    clockwise = jnp.where(frame.side < 0, -slots, slots)[None]
    order = jnp.mod(first + clockwise, jnp.maximum(n, 1))
    here = (order[:, :, None] == slots[None, None]) & ~circle[:, None, None]
    corners = jnp.sum(jnp.where(here[..., None], vertices[:, None], 0.0), axis=2)
    corners = frame.seen(turned(corners, bodies.rotation))
    extent = jnp.max(corners, axis=1) - jnp.min(corners, axis=1)
    return corners.reshape(-1, 2 * _CORNERS), extent


def joint_rows(joints: Joints, bodies: Bodies, frame: Frame) -> Float[jax.Array, "joints features"]:
    """There, fixed, has a motor, runs by itself, anchor from green / 2."""
    columns = [
        joints.active,
        joints.is_fixed_joint,
        joints.motor_on,
        joints.motor_auto,
        _anchor(joints, bodies, frame),
    ]
    return _table(columns, JOINT)


def motor_rows(
    joints: Joints, bodies: Bodies, rows: Float[Array, "bodies features"], frame: Frame
) -> Float[jax.Array, "joints features"]:
    """Anchor from green / 2, speed, power, whether there are limits and tanh of how far they are
    (-1, 1 without), which ends are fixated, then the rows of both ends."""
    mass = jnp.asarray(bodies.inverse_mass)[:, None]
    angle = jnp.asarray(bodies.rotation)[:, None]
    of_a, of_b = (pick(index, angle)[:, 0] for index in (joints.a_index, joints.b_index))
    turn = of_b - of_a - joints.rotation
    low, high = joints.min_rotation - turn, joints.max_rotation - turn
    mirrored = frame.side < 0
    low, high = jnp.where(mirrored, -high, low), jnp.where(mirrored, -low, high)
    limited = jnp.asarray(joints.motor_has_joint_limits)
    columns = [
        _anchor(joints, bodies, frame),
        joints.motor_speed,
        joints.motor_power,
        limited,
        jnp.where(limited, jnp.tanh(low), -1.0),
        jnp.where(limited, jnp.tanh(high), 1.0),
        pick(joints.a_index, mass)[:, 0] == 0,
        pick(joints.b_index, mass)[:, 0] == 0,
        pick(joints.a_index, rows),
        pick(joints.b_index, rows),
    ]
    return _table(columns, MOTOR - 1)


def thruster_rows(
    thrusters: Thrusters, bodies: Bodies, rows: Float[Array, "bodies features"], frame: Frame
) -> Float[jax.Array, "thrusters features"]:
    """Direction of the push, place on the body times 3, power, then the row of the body."""
    carrier = pick(thrusters.object_index, jnp.asarray(bodies.rotation)[:, None])[:, 0]
    push = carrier + thrusters.rotation
    columns = [
        frame.seen(jnp.stack([jnp.cos(push), jnp.sin(push)], axis=-1)),
        3.0 * frame.seen(turned(thrusters.relative_position, carrier)),
        thrusters.power,
        pick(thrusters.object_index, rows),
    ]
    return _table(columns, THRUSTER - 1)


def _anchor(joints: Joints, bodies: Bodies, frame: Frame) -> Float[jax.Array, "joints 2"]:
    """Where the joint is, as seen from green, / 2."""
    angle = pick(joints.a_index, jnp.asarray(bodies.rotation)[:, None])[:, 0]
    place = pick(joints.a_index, jnp.asarray(bodies.position)) - ROOM_CENTRE[None]
    place = place + turned(joints.a_relative_pos, angle)
    return frame.seen(place - frame.origin[None]) / 2.0


def _table(columns: list[Array], width: int) -> Float[jax.Array, "n width"]:
    """Columns side by side: (n,) is one, (n, k) are k."""
    wide = [jnp.asarray(c, jnp.float32) for c in columns]
    table = jnp.concatenate([c[:, None] if c.ndim == 1 else c for c in wide], axis=1)
    assert table.shape[1] == width, (table.shape, width)
    return table
