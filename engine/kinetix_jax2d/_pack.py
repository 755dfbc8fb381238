"""From scenes to the engine's state, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np

from kinetix_core.errors import EngineError
from kinetix_core.scene import ContactMemory, Scene, SceneSize

from . import _layout as lay
from ._state import State
from ._words import pack_flags, split, word


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
    touching = split(jnp.asarray(scene.touching), ends[:-1])
    if contacts is None:
        memory = [jnp.zeros(rows, bool) for rows in (*tables, tables[0])]
    else:
        polygon = jnp.asarray(contacts.polygon_active)
        memory = [polygon[:, 0], contacts.circle_polygon_active, contacts.circle_active]
        memory.append(polygon[:, 1])
    return [
        word(
            [body["collision_mode"], body["n_vertices"], body["role"]],
            [(body["active"], lay.ACTIVE)],
        ),
        word(
            [joints.a_index, joints.b_index, joints.motor_binding],
            [
                (joints.active, lay.ACTIVE),
                (joints.is_fixed_joint, lay.FIXED),
                (joints.motor_on, lay.MOTOR),
                (joints.motor_has_joint_limits, lay.LIMITS),
                (joints.motor_auto, lay.AUTO),
            ],
        ),
        word(
            [thrusters.object_index, thrusters.thruster_binding],
            [(thrusters.active, lay.ACTIVE)],
        ),
        pack_flags(jnp.asarray(scene.collision_matrix).reshape(-1)),
        *[pack_flags(flags) for flags in touching],
        *[pack_flags(jnp.asarray(flags)) for flags in memory],
        scene.timestep,
    ]


def _all_bodies(scene: Scene) -> dict[str, jax.Array]:
    return {
        name: jnp.concatenate([jnp.asarray(polygon), jnp.asarray(circle)])
        for (name, polygon), circle in zip(
            vars(scene.polygons).items(), vars(scene.circles).values(), strict=True
        )
    }


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
