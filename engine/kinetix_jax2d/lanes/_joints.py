"""Joints: spec/physics.md 6.5 and 6.6a."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float

from kinetix_jax2d._config import Jax2DConfig

from ._load import Constants, JointSettings, Motion
from ._vector import clamp, computed, cross, nonzero, of_body, to_body

UNROLLED = 2
"""So many joints are compiled one by one; more are a loop."""


class Joints(NamedTuple):
    """What is the same in all solver iterations. Every leaf leads with the joints."""

    a: Bool[Array, "joints bodies lanes"]  # one-hot
    b: Bool[Array, "joints bodies lanes"]
    arm_a: Float[Array, "joints 2 lanes"]
    arm_b: Float[Array, "joints 2 lanes"]
    mass_a: Float[Array, "joints 3 lanes"]  # inverse
    mass_b: Float[Array, "joints 3 lanes"]
    bias: Float[Array, "joints lanes"]  # angular velocity that corrects the angle
    pulls: Bool[Array, "joints lanes"]  # beyond a limit, or fixed
    fixed: Bool[Array, "joints lanes"]
    resolvable: Bool[Array, "joints lanes"]


def relative_angle(settings: JointSettings, place: jax.Array) -> Float[Array, "joints lanes"]:
    """Angle of b seen from a, against the one at rest."""
    angle = place[:, 2:]
    a, b = of_body(settings.a, angle)[:, 0], of_body(settings.b, angle)[:, 0]
    return b - a - settings.floats[:, 8]


def prepare_joints(config: Jax2DConfig, constants: Constants, motion: Motion) -> Joints:
    settings = constants.joints
    place, floats = motion.place, settings.floats
    turn = jnp.stack([jnp.cos(place[:, 2]), jnp.sin(place[:, 2])], axis=1)

    def arm(chosen: jax.Array, field: int) -> jax.Array:
        cosine, sine = (of_body(chosen, turn)[:, i] for i in (0, 1))
        x, y = floats[:, field], floats[:, field + 1]
        return jnp.stack([cosine * x - sine * y, sine * x + cosine * y], axis=1)

    angle = relative_angle(settings, place)
    over = angle - clamp(angle, floats[:, 6], floats[:, 7])
    bias = jnp.where(
        settings.fixed,
        angle * config.baumgarte_coefficient_fjoint_av,
        over * config.baumgarte_coefficient_rjoint_limit_av,
    )
    return Joints(
        a=settings.a,
        b=settings.b,
        arm_a=arm(settings.a, 0),
        arm_b=arm(settings.b, 2),
        mass_a=of_body(settings.a, constants.inverse_mass),
        mass_b=of_body(settings.b, constants.inverse_mass),
        bias=bias,
        pulls=settings.fixed | (settings.limits & (over != 0)),
        fixed=settings.fixed,
        resolvable=settings.resolvable,
    )


def warm_start_joints(joints: Joints, state: jax.Array, velocity: jax.Array) -> jax.Array:
    """Velocities after the impulses that joints have accumulated."""
    x, y, turn = state[:, 0], state[:, 1], state[:, 2]

    def change(arm: jax.Array, mass: jax.Array) -> jax.Array:
        angular = cross(arm[:, 0], arm[:, 1], x, y) + turn
        impulse = jnp.stack([x, y, angular], axis=1) * mass
        return jnp.where(joints.resolvable[:, None], impulse, 0.0)

    to_a = to_body(joints.a, change(joints.arm_a, joints.mass_a))
    return velocity + to_a - to_body(joints.b, change(joints.arm_b, joints.mass_b))


def solve_joints(
    config: Jax2DConfig, joints: Joints, state: jax.Array, bodies: Float[Array, "bodies 5 lanes"]
) -> tuple[jax.Array, jax.Array]:
    """One pass: each joint sees what the previous one did to `bodies` (x, y, then velocities)."""

    def one(bodies: jax.Array, each: tuple[Joints, jax.Array]) -> tuple[jax.Array, jax.Array]:
        return _solve_joint(config, *each, bodies)

    count = state.shape[0]
    if count > UNROLLED:
        bodies, state = jax.lax.scan(one, bodies, (joints, state))
        return state, bodies
    after = []
    for number in range(count):
        bodies, row = one(bodies, jax.tree.map(lambda leaf: leaf[number], (joints, state)))  # noqa: B023
        after.append(row)
    return jnp.stack(after), bodies


def _solve_joint(
    config: Jax2DConfig, joint: Joints, state: jax.Array, bodies: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Leaves of `joint` and `state` have no axis of joints. Returns (bodies, state)."""
    at_a, at_b = (of_body(chosen[None], bodies)[0] for chosen in (joint.a, joint.b))
    arm_a, arm_b, mass_a, mass_b = joint.arm_a, joint.arm_b, joint.mass_a, joint.mass_b
    mass, inertia = nonzero(mass_a[0] + mass_b[0]), nonzero(mass_a[2] + mass_b[2])
    end = at_a[:2] + arm_a
    gap = at_b[:2] + arm_b - end
    # between the two ends, nearer to that of the heavier body
    anchor = end + gap * (mass_a[0] / mass)[None]
    relative = _speed_at(at_b, anchor) - _speed_at(at_a, anchor)

    # The effective mass is that along the relative velocity, although the impulse also closes
    # the gap.
    square = jnp.sum(relative * relative, axis=0)
    lever_a = cross(arm_a[0], arm_a[1], relative[0], relative[1])
    lever_b = cross(arm_b[0], arm_b[1], relative[0], relative[1])
    turning = lever_a * lever_a * mass_a[2] + lever_b * lever_b * mass_b[2]
    along = jnp.where(square == 0, 0.0, turning / nonzero(square))
    scale = config.joint_stiffness / nonzero(mass + along)
    impulse = (relative + config.baumgarte_coefficient_joints_v * gap) * scale[None]

    turn_a = cross(arm_a[0], arm_a[1], impulse[0], impulse[1])
    turn_b = cross(arm_b[0], arm_b[1], impulse[0], impulse[1])
    spin = (at_b[4] - turn_b * mass_b[2]) - (at_a[4] + turn_a * mass_a[2])
    outward = jnp.sign(spin) == jnp.sign(joint.bias)
    acts = joint.pulls & (joint.fixed | outward)
    angular = jnp.where(acts, (spin + joint.bias) / inertia, 0.0)

    shift = gap * (config.baumgarte_coefficient_joints_p / mass)[None]

    def change(mass: jax.Array, turn: jax.Array) -> jax.Array:
        moved = [shift * mass[:1], impulse * mass[:1], ((turn + angular) * mass[2])[None]]
        return jnp.where(joint.resolvable[None], jnp.concatenate(moved), 0.0)

    to_a, to_b = computed((change(mass_a, turn_a), change(mass_b, turn_b)))
    bodies = bodies + jnp.where(joint.a[:, None], to_a[None], 0.0)
    bodies = bodies - jnp.where(joint.b[:, None], to_b[None], 0.0)
    total = jnp.where(joint.fixed, state[2] + angular, 0.0)
    after = jnp.concatenate([state[:2] + impulse, total[None], anchor])
    return bodies, jnp.where(joint.resolvable[None], after, 0.0)


def _speed_at(body: jax.Array, point: jax.Array) -> jax.Array:
    """Velocity [2, lanes] of the material point of `body` (x, y, velocities) at `point`."""
    across = jnp.stack([body[1] - point[1], point[0] - body[0]])
    return body[2:4] + body[4:] * across
