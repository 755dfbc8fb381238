"""From the engine's state to scenes, bit for bit."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.scene import (
    VERTICES,
    Bodies,
    ContactMemory,
    Joints,
    Scene,
    SceneSize,
    Thrusters,
)

from . import _layout as lay
from ._state import State
from ._words import cut, field, flag, split, unpack_flags


class _Fields:
    """The fields of a state by their name in the layout."""

    def __init__(self, size: SceneSize, state: State):
        self._where, self._state = lay.layout(size), state

    def moving(self, name: str, *shape: int) -> jax.Array:
        return cut(self._state.moving, getattr(self._where, name), shape)

    def constant(self, name: str, *shape: int) -> jax.Array:
        return cut(self._state.constant, getattr(self._where, name), shape)

    def integers(self, name: str, count: int) -> jax.Array:
        return cut(self._state.integers, getattr(self._where, name), (count,))


def unpack_scene(size: SceneSize, state: State) -> Scene:
    """The scene that a state stands for."""
    where, fields = lay.layout(size), _Fields(size, state)
    j, t, n = size.joints, size.thrusters, size.bodies
    polygons, circles = _unpack_bodies(size, fields)
    touching = fields.integers("touching_words", where.memory_words - where.touching_words)
    collision = fields.integers("collision_words", lay.words(n * n))
    return Scene(
        polygons=polygons,
        circles=circles,
        joints=_unpack_joints(
            fields.integers("joint_words", j),
            fields.constant("joint_settings", j, lay.JOINT_FLOATS),
            fields.moving("joint_state", j, lay.JOINT_STATE_FLOATS),
        ),
        thrusters=_unpack_thrusters(
            fields.integers("thruster_words", t),
            fields.constant("thruster_settings", t, lay.THRUSTER_FLOATS),
            fields.moving("thruster_anchors", t, 2),
        ),
        collision_matrix=unpack_flags(collision, [n * n]).reshape(n, n),
        gravity=fields.constant("gravity", 2),
        touching=unpack_flags(touching, _tables(size)),
        timestep=state.integers[where.timestep],
        size=size,
    )


def _unpack_bodies(size: SceneSize, fields: _Fields) -> tuple[Bodies, Bodies]:
    """Polygons and circles."""
    p, c, n = size.polygons, size.circles, size.bodies
    bodies = fields.moving("bodies", n, lay.BODY_FLOATS)
    material = fields.constant("materials", n, lay.MATERIAL_FLOATS)
    body_words, density = fields.integers("body_words", n), fields.constant("densities", n)

    def part(first: int, last: int, vertices: jax.Array, radius: jax.Array) -> Bodies:
        body, stuff, words = bodies[first:last], material[first:last], body_words[first:last]
        return Bodies(
            position=body[:, 0:2],
            rotation=body[:, 2],
            velocity=body[:, 3:5],
            angular_velocity=body[:, 5],
            inverse_mass=stuff[:, 0],
            inverse_inertia=stuff[:, 1],
            friction=stuff[:, 2],
            restitution=stuff[:, 3],
            collision_mode=field(words, 0),
            active=flag(words, lay.ACTIVE),
            n_vertices=field(words, 1),
            vertices=vertices,
            radius=radius,
            density=density[first:last],
            role=field(words, 2),
        )

    outline = [fields.constant(name, p, VERTICES) for name in ("vertices_x", "vertices_y")]
    polygons = part(0, p, jnp.stack(outline, axis=-1), fields.constant("polygon_radii", p))
    round_ones = part(
        p, n, fields.constant("circle_vertices", c, VERTICES, 2), fields.constant("radii", c)
    )
    return polygons, round_ones


def _unpack_joints(words: jax.Array, settings: jax.Array, state: jax.Array) -> Joints:
    return Joints(
        a_index=field(words, 0),
        b_index=field(words, 1),
        a_relative_pos=settings[:, 0:2],
        b_relative_pos=settings[:, 2:4],
        global_position=state[:, 3:5],
        active=flag(words, lay.ACTIVE),
        motor_speed=settings[:, 4],
        motor_power=settings[:, 5],
        motor_on=flag(words, lay.MOTOR),
        motor_has_joint_limits=flag(words, lay.LIMITS),
        min_rotation=settings[:, 6],
        max_rotation=settings[:, 7],
        is_fixed_joint=flag(words, lay.FIXED),
        rotation=settings[:, 8],
        motor_binding=field(words, 2),
        motor_auto=flag(words, lay.AUTO),
    )


def _unpack_thrusters(words: jax.Array, settings: jax.Array, anchors: jax.Array) -> Thrusters:
    return Thrusters(
        object_index=field(words, 0),
        relative_position=settings[:, 0:2],
        rotation=settings[:, 2],
        power=settings[:, 3],
        global_position=anchors,
        active=flag(words, lay.ACTIVE),
        thruster_binding=field(words, 1),
    )


def unpack_contacts(size: SceneSize, state: State) -> ContactMemory:
    """What the solver remembers."""
    where, j = lay.layout(size), size.joints
    polygon, circle_polygon, circle = _tables(size)
    words = jnp.asarray(state.integers)[where.memory_words : where.timestep]
    ends = np.cumsum([polygon, circle_polygon, circle])
    flags = split(unpack_flags(words, [polygon, circle_polygon, circle, polygon]), ends)
    joints = cut(state.moving, where.joint_state, (j, lay.JOINT_STATE_FLOATS))
    slots = np.cumsum([2 * polygon, circle_polygon])
    impulses = split(state.moving[where.impulses :].reshape(-1, 2), slots)
    pairs = impulses[0].reshape(polygon, 2, 2)
    return ContactMemory(
        polygon_active=jnp.stack([flags[0], flags[3]], axis=-1),
        polygon_normal_impulse=pairs[..., 0],
        polygon_tangent_impulse=pairs[..., 1],
        circle_polygon_active=flags[1],
        circle_polygon_normal_impulse=impulses[1][:, 0],
        circle_polygon_tangent_impulse=impulses[1][:, 1],
        circle_active=flags[2],
        circle_normal_impulse=impulses[2][:, 0],
        circle_tangent_impulse=impulses[2][:, 1],
        joint_impulse=joints[:, 0:2],
        joint_angular_impulse=joints[:, 2],
    )


def _tables(size: SceneSize) -> list[int]:
    return [len(size.polygon_pairs), len(size.circle_polygon_pairs), len(size.circle_pairs)]
