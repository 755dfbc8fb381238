"""Motors and thrusters: spec/physics.md 6.3, 6.4 and 6.10."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from kinetix_jax2d._config import Jax2DConfig

from ._joints import relative_angle
from ._load import Constants
from ._vector import clamp, cross, nonzero, of_body, to_body


def apply_motors(
    config: Jax2DConfig, constants: Constants, place: jax.Array, velocity: jax.Array
) -> jax.Array:
    """Velocities after all motors, which act on the same ones."""
    settings = constants.joints
    control, floats = constants.controls[: settings.fixed.shape[0]], settings.floats
    inertia_a, inertia_b = (
        of_body(chosen, constants.inverse_mass)[:, 2] for chosen in (settings.a, settings.b)
    )
    spin_a, spin_b = (of_body(chosen, velocity)[:, 2] for chosen in (settings.a, settings.b))
    power = config.base_motor_power * floats[:, 5] * config.dt / nonzero(inertia_a + inertia_b)
    error = spin_b - spin_a - floats[:, 4] * control * config.base_motor_speed
    push = power * _fade(config, constants, place, control)
    push = push * jnp.tanh(error * config.motor_decay_coefficient)
    runs = settings.resolvable & settings.motor & ~settings.fixed & (control != 0)

    def change(inertia: jax.Array) -> jax.Array:
        return jnp.where(runs, push * inertia, 0.0)[:, None]

    turned = to_body(settings.a, change(inertia_a)) - to_body(settings.b, change(inertia_b))
    return jnp.concatenate([velocity[:, :2], velocity[:, 2:] + turned], axis=1)


def _fade(
    config: Jax2DConfig, constants: Constants, place: jax.Array, control: jax.Array
) -> jax.Array:
    """Factor on the power of a motor that drives into a limit of its joint. It compares with the
    sign of the action, not with that of the speed that the motor aims at."""
    settings, margin = constants.joints, config.motor_joint_limit
    angle = relative_angle(settings, place)
    low, high = settings.floats[:, 6] + margin, settings.floats[:, 7] - margin
    over = angle - clamp(angle, low, high)
    fade = jnp.where(over == 0, 1.0, jnp.maximum(1.0 - jnp.abs(over) / margin, 0.0))
    free = jnp.sign(over) != jnp.sign(control)
    return jnp.where(settings.limits & ~free, fade, 1.0)


def apply_thrusters(
    config: Jax2DConfig, constants: Constants, place: jax.Array, velocity: jax.Array
) -> jax.Array:
    """Velocities after all thrusters."""
    settings, floats = constants.thrusters, constants.thrusters.floats
    control = constants.controls[constants.joints.fixed.shape[0] :]
    angle = of_body(settings.body, place)[:, 2]
    arm_x, arm_y = _arm(floats, angle)
    towards = floats[:, 2] + angle
    x, y = jnp.cos(towards), jnp.sin(towards)
    push = floats[:, 3] * config.base_thruster_power * control * config.dt
    force = jnp.stack([x, y, cross(arm_x, arm_y, x, y)], axis=1) * push[:, None]
    change = jnp.where(
        settings.active[:, None], of_body(settings.body, constants.inverse_mass) * force, 0.0
    )
    return velocity + to_body(settings.body, change)


def thruster_anchors(constants: Constants, place: jax.Array) -> Float[Array, "thrusters 2 lanes"]:
    """World positions of the thrusters."""
    settings = constants.thrusters
    body = of_body(settings.body, place)
    return body[:, :2] + jnp.stack(_arm(settings.floats, body[:, 2]), axis=1)


def _arm(floats: jax.Array, angle: jax.Array) -> tuple[jax.Array, jax.Array]:
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    x, y = floats[:, 0], floats[:, 1]
    return cosine * x - sine * y, sine * x + cosine * y
