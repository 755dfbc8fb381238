"""What goes onto shapes: the properties of joints, and thrusters.

Source: spec/generator.md 4.3 and 4.5. Draws come in as for `_placement`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from kinetix_core.scene import Array

from ._lanes import Shapes, one_hot, pick, reached, take_rows, uniform, unpacked
from ._placement import anchor
from ._random_config import ShapesConfig

JOINT_DRAWS = 8
"""Uniform numbers for the properties of one joint."""
THRUSTER_DRAWS = 7
"""For one thruster."""


class JointProperties(NamedTuple):
    """What a joint is, besides its ends. Lanes only."""

    motor_speed: Array
    motor_power: Array
    min_rotation: Array
    max_rotation: Array
    is_fixed_joint: Array
    motor_on: Array
    motor_has_joint_limits: Array
    motor_binding: Array


def joint_properties(
    config: ShapesConfig,
    u: Float[Array, "8 ..."],
    must_turn: Bool[Array, ...],
    wheel: Bool[Array, ...],
    bindings: int,
) -> JointProperties:
    """The type of a joint, its motor and limits; `wheel`: one end is a circle. Source: 4.3, 10."""
    fixed = (u[0] < config.fixed_joint_chance) & ~must_turn
    limits = (u[4] < config.limits_chance) & ~wheel & ~fixed
    # speed, power, least and greatest angle in one operation
    weakest, strongest = config.motor_power_min, config.motor_power_max
    at_wheels = (config.wheel_power_min, config.wheel_power_max)
    low = _column((config.motor_speed_min, weakest, 0.0, 0.0), u)
    high = _column((config.motor_speed_max, strongest, -config.limit_max, config.limit_max), u)
    power = (_column((0, 1, 0, 0), u) > 0) & wheel[None]
    low, high = (jnp.where(power, w, v) for w, v in zip(at_wheels, (low, high), strict=True))
    motor = _column((1, 1, 0, 0), u) > 0
    numbers = uniform(jnp.concatenate([u[2:4], u[5:7]]), low, high)
    numbers = jnp.where(jnp.where(motor, ~fixed[None], limits[None]), numbers, 0.0)
    return JointProperties(
        *numbers,
        is_fixed_joint=fixed,
        motor_on=(u[1] < config.motor_on_chance) & ~fixed,
        motor_has_joint_limits=limits,
        motor_binding=whole(u[7], bindings),
    )


def _column(numbers: tuple[float, ...], like: Array) -> np.ndarray:
    """One number for each row, with lanes of length 1."""
    return np.asarray(numbers, np.float32).reshape(-1, *(1,) * (like.ndim - 1))


def whole(u: Array, n: int) -> Int[jax.Array, ...]:
    """One of 0 to n - 1."""
    return jnp.minimum((u * n).astype(jnp.int32), n - 1)


class Thrust(NamedTuple):
    """A thruster on a shape. Lanes only, but for `body`."""

    body: Int[Array, ...]
    carried: Bool[Array, ...]  # False: no shape can carry it
    x: Array  # m, body frame
    y: Array
    rotation: Array  # rad, relative to the body
    power: Array
    thruster_binding: Array


def thruster(
    config: ShapesConfig,
    shapes: Shapes,
    carriers: Array,
    u: Float[Array, "7 ..."],
    bindings: int,
) -> Thrust:
    """A thruster on one of the `carriers` (bodies, *lanes), each as likely. Source: 4.5."""
    body = pick(reached(carriers.astype(jnp.float32)), u[0])
    carrier = unpacked(take_rows(one_hot(body, carriers.shape[0]), shapes.packed()))
    x, y = anchor(carrier, u[1], u[2])
    angle, radius = 2 * math.pi * u[1], carrier.radius * u[2]
    x = jnp.where(carrier.circle, radius * jnp.cos(angle), x)
    y = jnp.where(carrier.circle, radius * jnp.sin(angle), y)
    # one draw decides about aligning, and whether inwards or outwards
    aligned, outwards = u[3] < config.thruster_align_chance, u[3] < config.thruster_align_chance / 2
    along = jnp.arctan2(jnp.where(outwards, y, -y), jnp.where(outwards, x, -x))
    along = jnp.where((x == 0) & (y == 0), 0.0, along)
    power = config.thruster_power * uniform(
        u[5], config.thruster_power_min, config.thruster_power_max
    )
    return Thrust(
        body=body,
        carried=jnp.any(carriers, axis=0),
        x=x,
        y=y,
        rotation=jnp.where(aligned, along, 2 * math.pi * u[4]),
        power=carrier.mass * power,
        thruster_binding=whole(u[6], bindings),
    )
