"""Colours of a picture, by number. Source: spec/rendering.md 2."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from kinetix_core.scene import Array, Bodies, Joints, Thrusters

_ROLES = [(160, 160, 160), (0, 204, 0), (0, 102, 204), (255, 102, 102)]
_FIXATED = [(80, 80, 80), *(tuple(c / 2 for c in colour) for colour in _ROLES[1:])]
_INPUTS = [(255, 255, 0), (255, 0, 255), (0, 255, 255), (255, 153, 51)]

COLOURS = np.array(
    [(255, 255, 255), *_ROLES, *_FIXATED, *_INPUTS, (0, 0, 0), (60, 60, 60)], np.float32
)
"""(colours, 3), 0..255."""
WHITE, ROLE, FIXATED, INPUT, BLACK, NOZZLE = 0, 1, 5, 9, 13, 14
"""Background and white, the first of each run of four, outlines, and a thruster's nozzle."""


def body_colours(bodies: Bodies) -> Int[jax.Array, " bodies"]:
    """By role, darker where fixated."""
    fixated = jnp.asarray(bodies.inverse_mass) == 0
    return jnp.where(fixated, FIXATED, ROLE) + jnp.clip(bodies.role, 0, 3)


def joint_colours(joints: Joints) -> Int[jax.Array, " joints"]:
    """Of the input that drives it; white without a motor."""
    driven = jnp.asarray(joints.motor_on) & ~jnp.asarray(joints.is_fixed_joint)
    return jnp.where(driven, _input(joints.motor_binding), WHITE)


def thruster_colours(thrusters: Thrusters) -> Int[jax.Array, " thrusters"]:
    """Of the input that drives it."""
    return _input(thrusters.thruster_binding)


def _input(binding: Array) -> jax.Array:
    """Bindings beyond the fourth share its colour."""
    return INPUT + jnp.clip(binding, 0, len(_INPUTS) - 1)
