"""Joints in the Pallas kernel: spec/physics.md 6.5 and 6.6a, as in `_joints.py`."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from kinetix_jax2d._config import Jax2DConfig

from ._pallas_contacts import (
    INERTIA,
    MASS,
    SPIN,
    VELOCITY_X,
    VELOCITY_Y,
    X,
    Y,
    each,
    thread_numbers,
)
from ._vector import nonzero

RESOLVABLE, PULLS, FIXED = 1, 2, 4
"""Flags of a joint."""

IMPULSE_X, IMPULSE_Y, TURN, ANCHOR_X, ANCHOR_Y = range(5)
"""Fields of a joint's state."""


class JointRefs(NamedTuple):
    """What the kernel reads of joints; the last axis are the threads."""

    a: Any  # joints threads: index of the body
    b: Any  # joints threads
    flags: Any  # joints threads
    arm_a: Any  # joints 2 threads
    arm_b: Any  # joints 2 threads
    bias: Any  # joints threads
    state: Any  # joints 5 threads


class Joint(NamedTuple):
    """One joint of each thread's scene. Vectors are pairs."""

    resolvable: jax.Array
    pulls: jax.Array
    fixed: jax.Array
    a: jax.Array
    b: jax.Array
    arm_a: tuple[jax.Array, jax.Array]
    arm_b: tuple[jax.Array, jax.Array]


def load(config: Jax2DConfig, count: int, given: JointRefs, state: Any, bodies: Any) -> None:
    """Fills `state`, and pushes with what joints have accumulated (6.5)."""

    def one(number: Any) -> None:
        before = [given.state[number, field, :] for field in range(5)]
        if not config.warm_starting:
            before[:ANCHOR_X] = [jnp.zeros_like(value) for value in before[:ANCHOR_X]]
        for field, value in enumerate(before):
            state[number, field, :] = value
        if config.warm_starting:
            _warm_start(_joint(number, given), before, bodies)

    each(count, one)


def _warm_start(joint: Joint, state: list[jax.Array], bodies: Any) -> None:
    threads = thread_numbers(bodies)
    x, y, turn = state[:ANCHOR_X]
    for body, sign, arm in ((joint.a, 1.0, joint.arm_a), (joint.b, -1.0, joint.arm_b)):
        angular = _cross(arm, (x, y)) + turn
        for field, factor, push in (
            (VELOCITY_X, MASS, x), (VELOCITY_Y, MASS, y), (SPIN, INERTIA, angular),
        ):  # fmt: skip
            change = sign * push * bodies[body, factor, threads]
            bodies[body, field, threads] += jnp.where(joint.resolvable, change, 0.0)


def _joint(number: Any, given: JointRefs) -> Joint:
    flags = given.flags[number, :]
    resolvable, pulls, fixed = ((flags & flag) != 0 for flag in (RESOLVABLE, PULLS, FIXED))
    arm_a, arm_b = ((arm[number, 0, :], arm[number, 1, :]) for arm in (given.arm_a, given.arm_b))
    return Joint(resolvable, pulls, fixed, given.a[number, :], given.b[number, :], arm_a, arm_b)


def solve(config: Jax2DConfig, number: Any, given: JointRefs, state: Any, bodies: Any) -> None:
    """One joint: bodies and state as it leaves them."""
    threads, joint = thread_numbers(bodies), _joint(number, given)
    at_a, at_b = (
        [bodies[body, field, threads] for field in range(INERTIA + 1)]
        for body in (joint.a, joint.b)
    )
    mass = nonzero(at_a[MASS] + at_b[MASS])
    end = [at_a[i] + joint.arm_a[i] for i in (0, 1)]
    gap = [at_b[i] + joint.arm_b[i] - end[i] for i in (0, 1)]
    # between the two ends, nearer to that of the heavier body
    share = at_a[MASS] / mass
    anchor = [end[i] + gap[i] * share for i in (0, 1)]
    impulse = _impulse(config, joint, at_a, at_b, mass, gap, anchor)
    turn_a, turn_b = _cross(joint.arm_a, impulse), _cross(joint.arm_b, impulse)
    angular = _angular(joint, at_a, at_b, (turn_a, turn_b), given.bias[number, :])

    stiff = config.baumgarte_coefficient_joints_p / mass
    for body, at, sign, turn in ((joint.a, at_a, 1.0, turn_a), (joint.b, at_b, -1.0, turn_b)):
        linear = sign * at[MASS]
        moved = [
            gap[0] * stiff * linear, gap[1] * stiff * linear,
            impulse[0] * linear, impulse[1] * linear,
            sign * at[INERTIA] * (turn + angular),
        ]  # fmt: skip
        for field, change in zip((X, Y, VELOCITY_X, VELOCITY_Y, SPIN), moved, strict=True):
            bodies[body, field, threads] += jnp.where(joint.resolvable, change, 0.0)
    _update(number, joint, impulse, angular, anchor, state)


def _impulse(
    config: Jax2DConfig,
    joint: Joint,
    at_a: list[jax.Array],
    at_b: list[jax.Array],
    mass: jax.Array,
    gap: list[jax.Array],
    anchor: list[jax.Array],
) -> tuple[jax.Array, jax.Array]:
    """The effective mass is that along the relative velocity, although the impulse also closes
    the gap."""
    speed_a, speed_b = _speed_at(at_a, anchor), _speed_at(at_b, anchor)
    relative = speed_b[0] - speed_a[0], speed_b[1] - speed_a[1]
    square = relative[0] * relative[0] + relative[1] * relative[1]
    lever_a, lever_b = _cross(joint.arm_a, relative), _cross(joint.arm_b, relative)
    turning = lever_a * lever_a * at_a[INERTIA] + lever_b * lever_b * at_b[INERTIA]
    along = jnp.where(square == 0, 0.0, turning / nonzero(square))
    scale = config.joint_stiffness / nonzero(mass + along)
    closing = config.baumgarte_coefficient_joints_v
    return (relative[0] + closing * gap[0]) * scale, (relative[1] + closing * gap[1]) * scale


def _angular(
    joint: Joint,
    at_a: list[jax.Array],
    at_b: list[jax.Array],
    turns: tuple[jax.Array, jax.Array],
    bias: jax.Array,
) -> jax.Array:
    """The angular impulse of fixed joints, and of those that turn on beyond a limit."""
    inertia_a, inertia_b = at_a[INERTIA], at_b[INERTIA]
    spin = (at_b[SPIN] - turns[1] * inertia_b) - (at_a[SPIN] + turns[0] * inertia_a)
    outward = ((spin > 0) == (bias > 0)) & ((spin < 0) == (bias < 0))
    acts = joint.pulls & (joint.fixed | outward)
    return jnp.where(acts, (spin + bias) / nonzero(inertia_a + inertia_b), 0.0)


def _update(
    number: Any,
    joint: Joint,
    impulse: tuple[jax.Array, jax.Array],
    angular: jax.Array,
    anchor: list[jax.Array],
    state: Any,
) -> None:
    after = (
        state[number, IMPULSE_X, :] + impulse[0],
        state[number, IMPULSE_Y, :] + impulse[1],
        jnp.where(joint.fixed, state[number, TURN, :] + angular, 0.0),
        *anchor,
    )
    for field, value in enumerate(after):
        state[number, field, :] = jnp.where(joint.resolvable, value, 0.0)


def _cross(u: Any, v: Any) -> jax.Array:
    return u[0] * v[1] - u[1] * v[0]


def _speed_at(body: list[jax.Array], point: list[jax.Array]) -> tuple[jax.Array, jax.Array]:
    """Velocity of the material point of `body` at `point`."""
    spin = body[SPIN]
    return (
        body[VELOCITY_X] + spin * (body[Y] - point[1]),
        body[VELOCITY_Y] + spin * (point[0] - body[X]),
    )
