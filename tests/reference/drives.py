"""Motors and thrusters (physics specification, sections 6.3 and 6.4)."""

import numpy as np

from tests.reference import quirks as q
from tests.reference.algebra import clamp, cross, nz, rotate
from tests.reference.bodies import Bodies
from tests.reference.state import Joint, Params, Thruster


def resolvable(bodies: Bodies, joint: Joint, j: int) -> bool:
    """Whether joint `j` can act: active, both bodies active, not both fixated."""
    a, b = joint.a_index[j], joint.b_index[j]
    fixated = bodies.inverse_mass[a] == 0 and bodies.inverse_mass[b] == 0
    return bool(joint.active[j] and bodies.active[a] and bodies.active[b] and not fixated)


def apply_motors(bodies: Bodies, joint: Joint, controls, params: Params, quirks=q.ALL) -> None:
    """`controls` (J,): motor values. All joints see the same velocities."""
    change = np.zeros_like(bodies.angular_velocity)
    for j, u in enumerate(controls):
        idle = not joint.motor_on[j] or u == 0 or joint.is_fixed_joint[j]
        if idle or not resolvable(bodies, joint, j):
            continue
        a, b = joint.a_index[j], joint.b_index[j]
        ii_a, ii_b = bodies.inverse_inertia[a], bodies.inverse_inertia[b]
        w_a, w_b = bodies.angular_velocity[a], bodies.angular_velocity[b]
        ax = 1 / nz(ii_a + ii_b)
        power = params.base_motor_power * joint.motor_power[j] * params.dt * ax
        power = power * motor_fade(bodies, joint, j, u, params, quirks)
        err = w_b - w_a - joint.motor_speed[j] * u * params.base_motor_speed
        direction = np.tanh(err * params.motor_decay_coefficient)
        change[a] += power * direction * ii_a
        change[b] -= power * direction * ii_b
    bodies.angular_velocity += change


def motor_fade(bodies: Bodies, joint: Joint, j: int, u, params: Params, quirks=q.ALL):
    """Factor on the power of motor `j`: less when it drives into a limit."""
    if not joint.motor_has_joint_limits[j]:
        return 1.0
    margin = params.motor_joint_limit
    angles = bodies.rotation
    rel = angles[joint.b_index[j]] - angles[joint.a_index[j]] - joint.rotation[j]
    over = rel - clamp(rel, joint.min_rotation[j] + margin, joint.max_rotation[j] - margin)
    fade = 1.0 if over == 0 else max(0.0, 1 - abs(over) / margin)
    aim = u if q.MOTOR_FADE_BY_ACTION_SIGN in quirks else u * joint.motor_speed[j]
    return max(fade, 1.0 if np.sign(over) != np.sign(aim) else 0.0)


def apply_thrusters(bodies: Bodies, thruster: Thruster, controls, params: Params) -> None:
    """`controls` (T,): thruster values. Changes of several thrusters of one body add up."""
    for t, u in enumerate(controls):
        body = thruster.object_index[t]
        angle = bodies.rotation[body]
        arm = rotate(angle, thruster.relative_position[t])
        h = thruster.rotation[t] + angle
        direction = np.stack([np.cos(h), np.sin(h)])
        power = thruster.power[t] * thruster.active[t]
        push = power * params.base_thruster_power * u * params.dt
        bodies.velocity[body] += bodies.inverse_mass[body] * direction * push
        bodies.angular_velocity[body] += bodies.inverse_inertia[body] * cross(arm, direction) * push


def thruster_anchors(bodies: Bodies, thruster: Thruster):
    """(T, 2): world positions of the thrusters, section 6.10."""
    body = thruster.object_index
    arms = rotate(bodies.rotation[body], thruster.relative_position)
    return bodies.position[body] + arms
