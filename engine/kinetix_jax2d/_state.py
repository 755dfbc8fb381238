"""From scenes to the engine's state and back, bit for bit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from kinetix_core.errors import EngineError
from kinetix_core.scene import (
    VERTICES,
    Array,
    Bodies,
    ContactMemory,
    Joints,
    Scene,
    SceneSize,
    Thrusters,
)

from . import _layout as lay


class State(eqx.Module):
    """One scene of the engine: three rows, laid out by `_layout.layout`.

    Impulses of contacts that are not remembered are 0.
    """

    moving: Float[Array, " moving"]
    constant: Float[Array, " constant"]
    integers: Int[Array, " integers"]


def pack(size: SceneSize, scene: Scene, contacts: ContactMemory | None) -> State:
    """The state of one scene. Raises `EngineError` for indices that no scene can hold."""
    if scene.size != size:
        raise EngineError(
            f"engine.init: the scene has size {scene.size.name}, the engine {size.name}"
        )
    _check_indices(scene)
    return State(
        moving=_row(_moving_parts(scene, contacts, size), jnp.float32),
        constant=_row(_constant_parts(scene), jnp.float32),
        integers=_row(_integer_parts(scene, contacts, size), jnp.int32),
    )


def _row(parts: Sequence[Any], dtype: Any) -> jax.Array:
    return jnp.concatenate([jnp.asarray(part, dtype).reshape(-1) for part in parts])


def _moving_parts(scene: Scene, contacts: ContactMemory | None, size: SceneSize) -> list[Any]:
    body = _all_bodies(scene)
    joints, j = scene.joints, size.joints
    bodies = jnp.concatenate(
        [
            body["position"],
            body["rotation"][:, None],
            body["velocity"],
            body["angular_velocity"][:, None],
        ],
        axis=-1,
    )
    impulse = jnp.zeros((j, 2)) if contacts is None else contacts.joint_impulse
    angular = jnp.zeros((j, 1)) if contacts is None else contacts.joint_angular_impulse[:, None]
    return [
        bodies,
        jnp.concatenate([impulse, angular, joints.global_position], axis=-1),
        scene.thrusters.global_position,
        *_impulses(contacts, size),
    ]


def _impulses(contacts: ContactMemory | None, size: SceneSize) -> list[Any]:
    if contacts is None:
        pairs = len(size.polygon_pairs) + len(size.pairs)
        return [jnp.zeros(2 * pairs)]
    parts = []
    for table in ("polygon", "circle_polygon", "circle"):
        active = getattr(contacts, f"{table}_active")
        both = [getattr(contacts, f"{table}_{way}_impulse") for way in ("normal", "tangent")]
        parts.append(jnp.stack([jnp.where(active, x, 0) for x in both], axis=-1))
    return parts


def _constant_parts(scene: Scene) -> list[Any]:
    body = _all_bodies(scene)
    joints, thrusters = scene.joints, scene.thrusters
    materials = ("inverse_mass", "inverse_inertia", "friction", "restitution")
    settings = [joints.motor_speed, joints.motor_power, joints.min_rotation]
    settings += [joints.max_rotation, joints.rotation]
    return [
        jnp.stack([body[name] for name in materials], axis=-1),
        scene.polygons.vertices[..., 0],
        scene.polygons.vertices[..., 1],
        scene.circles.radius,
        jnp.concatenate(
            [joints.a_relative_pos, joints.b_relative_pos, jnp.stack(settings, axis=-1)], axis=-1
        ),
        jnp.concatenate(
            [
                thrusters.relative_position,
                jnp.stack([thrusters.rotation, thrusters.power], axis=-1),
            ],
            axis=-1,
        ),
        scene.gravity,
        body["density"],
        scene.polygons.radius,
        scene.circles.vertices,
    ]


def _integer_parts(scene: Scene, contacts: ContactMemory | None, size: SceneSize) -> list[Any]:
    body, joints, thrusters = _all_bodies(scene), scene.joints, scene.thrusters
    tables = [len(size.polygon_pairs), len(size.circle_polygon_pairs), len(size.circle_pairs)]
    ends = np.cumsum(tables)
    touching = _split(jnp.asarray(scene.touching), ends[:-1])
    if contacts is None:
        memory = [jnp.zeros(rows, bool) for rows in (*tables, tables[0])]
    else:
        polygon = jnp.asarray(contacts.polygon_active)
        memory = [polygon[:, 0], contacts.circle_polygon_active, contacts.circle_active]
        memory.append(polygon[:, 1])
    return [
        _word(
            [body["collision_mode"], body["n_vertices"], body["role"]],
            [(body["active"], lay.ACTIVE)],
        ),
        _word(
            [joints.a_index, joints.b_index, joints.motor_binding],
            [
                (joints.active, lay.ACTIVE),
                (joints.is_fixed_joint, lay.FIXED),
                (joints.motor_on, lay.MOTOR),
                (joints.motor_has_joint_limits, lay.LIMITS),
                (joints.motor_auto, lay.AUTO),
            ],
        ),
        _word(
            [thrusters.object_index, thrusters.thruster_binding],
            [(thrusters.active, lay.ACTIVE)],
        ),
        _pack_flags(jnp.asarray(scene.collision_matrix).reshape(-1)),
        *[_pack_flags(flags) for flags in touching],
        *[_pack_flags(jnp.asarray(flags)) for flags in memory],
        scene.timestep,
    ]


def unpack_scene(size: SceneSize, state: State) -> Scene:
    """The scene that a state stands for."""
    where = lay.layout(size)
    p, c, n = size.polygons, size.circles, size.bodies
    j, t = size.joints, size.thrusters

    def moving(name: str, *shape: int) -> jax.Array:
        return _cut(state.moving, getattr(where, name), shape)

    def constant(name: str, *shape: int) -> jax.Array:
        return _cut(state.constant, getattr(where, name), shape)

    def word(name: str, count: int) -> jax.Array:
        return _cut(state.integers, getattr(where, name), (count,))

    bodies = moving("bodies", n, lay.BODY_FLOATS)
    material = constant("materials", n, lay.MATERIAL_FLOATS)
    body_word, density = word("body_words", n), constant("densities", n)

    def part(first: int, last: int, vertices: jax.Array, radius: jax.Array) -> Bodies:
        body, stuff, words = bodies[first:last], material[first:last], body_word[first:last]
        return Bodies(
            position=body[:, 0:2],
            rotation=body[:, 2],
            velocity=body[:, 3:5],
            angular_velocity=body[:, 5],
            inverse_mass=stuff[:, 0],
            inverse_inertia=stuff[:, 1],
            friction=stuff[:, 2],
            restitution=stuff[:, 3],
            collision_mode=_field(words, 0),
            active=_flag(words, lay.ACTIVE),
            n_vertices=_field(words, 1),
            vertices=vertices,
            radius=radius,
            density=density[first:last],
            role=_field(words, 2),
        )

    outline = [constant(name, p, VERTICES) for name in ("vertices_x", "vertices_y")]
    touching = word("touching_words", where.memory_words - where.touching_words)
    collision = word("collision_words", lay.words(n * n))
    return Scene(
        polygons=part(0, p, jnp.stack(outline, axis=-1), constant("polygon_radii", p)),
        circles=part(p, n, constant("circle_vertices", c, VERTICES, 2), constant("radii", c)),
        joints=_unpack_joints(
            word("joint_words", j),
            constant("joint_settings", j, lay.JOINT_FLOATS),
            moving("joint_state", j, lay.JOINT_STATE_FLOATS),
        ),
        thrusters=_unpack_thrusters(
            word("thruster_words", t),
            constant("thruster_settings", t, lay.THRUSTER_FLOATS),
            moving("thruster_anchors", t, 2),
        ),
        collision_matrix=_unpack_flags(collision, [n * n]).reshape(n, n),
        gravity=constant("gravity", 2),
        touching=_unpack_flags(touching, _tables(size)),
        timestep=state.integers[where.timestep],
        size=size,
    )


def _unpack_joints(words: jax.Array, settings: jax.Array, state: jax.Array) -> Joints:
    return Joints(
        a_index=_field(words, 0),
        b_index=_field(words, 1),
        a_relative_pos=settings[:, 0:2],
        b_relative_pos=settings[:, 2:4],
        global_position=state[:, 3:5],
        active=_flag(words, lay.ACTIVE),
        motor_speed=settings[:, 4],
        motor_power=settings[:, 5],
        motor_on=_flag(words, lay.MOTOR),
        motor_has_joint_limits=_flag(words, lay.LIMITS),
        min_rotation=settings[:, 6],
        max_rotation=settings[:, 7],
        is_fixed_joint=_flag(words, lay.FIXED),
        rotation=settings[:, 8],
        motor_binding=_field(words, 2),
        motor_auto=_flag(words, lay.AUTO),
    )


def _unpack_thrusters(words: jax.Array, settings: jax.Array, anchors: jax.Array) -> Thrusters:
    return Thrusters(
        object_index=_field(words, 0),
        relative_position=settings[:, 0:2],
        rotation=settings[:, 2],
        power=settings[:, 3],
        global_position=anchors,
        active=_flag(words, lay.ACTIVE),
        thruster_binding=_field(words, 1),
    )


def unpack_contacts(size: SceneSize, state: State) -> ContactMemory:
    """What the solver remembers."""
    where, j = lay.layout(size), size.joints
    polygon, circle_polygon, circle = _tables(size)
    words = jnp.asarray(state.integers)[where.memory_words : where.timestep]
    ends = np.cumsum([polygon, circle_polygon, circle])
    flags = _split(_unpack_flags(words, [polygon, circle_polygon, circle, polygon]), ends)
    joints = _cut(state.moving, where.joint_state, (j, lay.JOINT_STATE_FLOATS))
    slots = np.cumsum([2 * polygon, circle_polygon])
    impulses = _split(state.moving[where.impulses :].reshape(-1, 2), slots)
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


def _all_bodies(scene: Scene) -> dict[str, jax.Array]:
    return {
        name: jnp.concatenate([jnp.asarray(polygon), jnp.asarray(circle)])
        for (name, polygon), circle in zip(
            vars(scene.polygons).items(), vars(scene.circles).values(), strict=True
        )
    }


def _cut(row: Any, offset: int, shape: tuple[int, ...]) -> jax.Array:
    if not (length := int(np.prod(shape))):
        return _nothing(shape, jnp.asarray(row).dtype)
    return jnp.asarray(row)[offset : offset + length].reshape(shape)


def _split(array: Any, ends: Any) -> list[jax.Array]:
    """`jnp.split` along the leading axis."""
    array = jnp.asarray(array)
    bounds = (0, *(int(end) for end in ends), array.shape[0])
    return [
        array[a:b] if a < b else _nothing((0, *array.shape[1:]), array.dtype)
        for a, b in itertools.pairwise(bounds)
    ]


def _nothing(shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """An empty table of a size that has no room for it. XLA gives up on programs that slice
    nothing out of an array (jaxlib 0.10: it aborts, or loses the call of the kernel)."""
    return jnp.zeros(shape, dtype)


def _word(numbers: Sequence[Any], flags: Sequence[tuple[Any, int]]) -> jax.Array:
    """8-bit fields, saturated, and flags."""
    word = jnp.zeros_like(numbers[0], jnp.int32)
    for place, number in enumerate(numbers):
        byte = jnp.clip(jnp.asarray(number, jnp.int32), -128, 127) & 0xFF
        word = word | (byte << (8 * place))
    for flag, bit in flags:
        word = word | jnp.where(flag, bit, 0)
    return word


def _field(word: jax.Array, place: int) -> jax.Array:
    return (word << (24 - 8 * place)) >> 24  # with its sign


def _flag(word: jax.Array, bit: int) -> jax.Array:
    return (word & bit) != 0


def _pack_flags(flags: Any) -> jax.Array:
    count = flags.shape[0]
    rows = jnp.pad(jnp.asarray(flags), (0, -count % 32)).reshape(-1, 32).astype(jnp.uint32)
    bits = jnp.arange(32, dtype=jnp.uint32)[None, :]
    packed = jnp.sum(rows << bits, axis=-1, dtype=jnp.uint32)
    return jax.lax.bitcast_convert_type(packed, jnp.int32)


def _unpack_flags(packed: jax.Array, tables: Sequence[int]) -> jax.Array:
    """Flags of tables that each begin with a new word, side by side."""
    flags = ((packed[:, None] >> jnp.arange(32)[None, :]) & 1) != 0
    ends = np.cumsum([lay.words(rows) for rows in tables])
    parts = _split(flags, ends[:-1])
    return jnp.concatenate(
        [part.reshape(-1)[:rows] for part, rows in zip(parts, tables, strict=True)]
    )


def _check_indices(scene: Scene) -> None:
    """Indices that are concrete and out of range are an error here; the kernel clamps others."""
    n, size = scene.size.bodies, scene.size
    joints, thrusters = scene.joints, scene.thrusters
    for kind, name, index, active in (
        ("joint", "a_index", joints.a_index, joints.active),
        ("joint", "b_index", joints.b_index, joints.active),
        ("thruster", "object_index", thrusters.object_index, thrusters.active),
    ):
        if isinstance(index, jax.core.Tracer) or isinstance(active, jax.core.Tracer):
            continue
        index, active = np.asarray(index), np.asarray(active)
        wrong = np.flatnonzero(active & ((index < 0) | (index >= n)))
        if len(wrong):
            slot = int(wrong[0])
            raise EngineError(
                f"{kind} {slot}: {name}={int(index[slot])} is no body;"
                f" size {size.name} has bodies 0 to {n - 1}"
            )
