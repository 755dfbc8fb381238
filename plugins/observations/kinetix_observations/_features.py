"""Feature blocks of entities. Source: spec/observations.md 2."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap
from jaxtyping import Float, Int

from kinetix_core.scene import Array, Bodies, Joints, Scene, Thrusters

ROLES = 4
BODY, CIRCLE, POLYGON = 16, 18, 26


def one_hot(index: Int[Array, " n"], width: int) -> Float[jax.Array, "n width"]:
    """Rows of zeros with a 1 at the index; all zero where it is out of range."""
    return (jnp.asarray(index)[:, None] == np.arange(width)[None, :]).astype(jnp.float32)


def bounded(values: Array, limit: float) -> jax.Array:
    """Between -`limit` and `limit`, 0 for NaN."""
    values = jnp.asarray(values)
    return jnp.where(jnp.isnan(values), 0.0, jnp.clip(values, -limit, limit))


def _columns(*parts: Array) -> Float[jax.Array, "n features"]:
    """Features side by side: (n,) is one column, (n, k) are k."""
    wide = [jnp.asarray(p, jnp.float32) for p in parts]
    return jnp.concatenate([p[:, None] if p.ndim == 1 else p for p in wide], axis=1)


def body_features(bodies: Bodies) -> Float[jax.Array, "bodies 16"]:
    """What polygons and circles share."""
    return _columns(
        bodies.position,
        bodies.velocity,
        bodies.inverse_mass,
        bodies.inverse_inertia,
        bodies.density,
        jnp.tanh(bodies.angular_velocity / 10),
        one_hot(bodies.role, ROLES),
        jnp.sin(bodies.rotation),
        jnp.cos(bodies.rotation),
        bodies.friction,
        bodies.restitution,
    )


def moving_features(bodies: Bodies) -> dict[int, Float[jax.Array, "bodies some"]]:
    """What physics changes of the features of polygons and circles, by its first column."""
    return {
        0: jnp.asarray(bodies.position, jnp.float32),
        2: jnp.asarray(bodies.velocity, jnp.float32),
        7: jnp.tanh(bodies.angular_velocity / 10)[:, None],
        12: jnp.stack([jnp.sin(bodies.rotation), jnp.cos(bodies.rotation)], axis=-1),
    }


def overwrite(array: Array, part: Array, *start: int) -> jax.Array:
    """The array with `part` from `start` (static) on.

    A slice that is updated stays one when it is batched, and is written in place; JAX's own rule
    makes a scatter of it, which XLA reads, selects from and copies.
    """

    @custom_vmap
    def write(array: Array, part: Array) -> jax.Array:
        return jax.lax.dynamic_update_slice(jnp.asarray(array), part, start)

    @write.def_vmap
    def _(count: int, batched: list[bool], array: Array, part: Array) -> tuple[jax.Array, bool]:
        array, part = (
            x if is_batched else jnp.broadcast_to(x, (count, *jnp.shape(x)))
            for x, is_batched in zip((array, part), batched, strict=True)
        )
        return overwrite(array, part, 0, *start), True

    return write(array, part)


def circle_features(circles: Bodies) -> Float[jax.Array, "circles 18"]:
    """Body block, radius, and the constant 1 that marks a circle."""
    return _columns(body_features(circles), circles.radius, jnp.ones_like(circles.radius))


def polygon_features(polygons: Bodies) -> Float[jax.Array, "polygons 26"]:
    """Body block, the constant 0 that marks a polygon, vertices (-1 where unused), triangle."""
    n = jnp.asarray(polygons.n_vertices)
    used = np.arange(4)[None, :, None] < n[:, None, None]
    vertices = jnp.where(used, polygons.vertices, -1.0).reshape(n.shape[0], 8)
    return _columns(body_features(polygons), jnp.zeros_like(polygons.radius), vertices, n <= 3)


def joint_features(
    joints: Joints, from_pos: Array, to_pos: Array, motor_bindings: int
) -> Float[jax.Array, "joints features"]:
    """One direction of every joint, 18 + `motor_bindings` features.

    `from_pos` and `to_pos`: anchors on the body that the direction starts and ends at.
    """
    revolute = ~jnp.asarray(joints.is_fixed_joint)
    motor = _columns(
        joints.motor_speed,
        joints.motor_power,
        joints.motor_on,
        joints.motor_has_joint_limits,
        one_hot(joints.motor_binding, motor_bindings),
    )
    limits = _columns(
        jnp.sin(joints.min_rotation),
        jnp.cos(joints.min_rotation),
        jnp.sin(joints.max_rotation),
        jnp.cos(joints.max_rotation),
        joints.min_rotation - joints.rotation,
        joints.max_rotation - joints.rotation,
    )
    limited = revolute & joints.motor_has_joint_limits
    return _columns(
        joints.active,
        joints.is_fixed_joint,
        from_pos,
        to_pos,
        jnp.sin(joints.rotation),
        jnp.cos(joints.rotation),
        jnp.where(revolute[:, None], motor, 0.0),
        jnp.where(limited[:, None], limits, 0.0),
    )


def thruster_features(
    thrusters: Thrusters, thruster_bindings: int
) -> Float[jax.Array, "thrusters features"]:
    """6 + `thruster_bindings` features."""
    return _columns(
        thrusters.active,
        thrusters.relative_position,
        one_hot(thrusters.thruster_binding, thruster_bindings),
        jnp.sin(thrusters.rotation),
        jnp.cos(thrusters.rotation),
        thrusters.power,
    )


def gravity_feature(scene: Scene) -> Float[jax.Array, ""]:
    """Gravity along y, about -0.98."""
    return jnp.asarray(scene.gravity)[1] / 10
