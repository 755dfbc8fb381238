"""One pass over the joints (physics specification, section 6.6a)."""

import numpy as np

from tests.reference import quirks as q
from tests.reference.algebra import clamp, cross, norm, nz, rotate
from tests.reference.bodies import Bodies
from tests.reference.drives import resolvable
from tests.reference.state import Joint, Params


def solve_joints(bodies: Bodies, joint: Joint, params: Params, quirks=q.ALL) -> None:
    """Joints one after another; each sees the velocities and positions of the previous one."""
    for j in range(len(joint.active)):
        if resolvable(bodies, joint, j):
            solve_joint(bodies, joint, j, params, quirks)
        elif q.UNRESOLVABLE_JOINTS_FORGET in quirks:
            joint.acc_impulse[j] = 0
            joint.acc_r_impulse[j] = 0
            joint.global_position[j] = 0


def solve_joint(bodies: Bodies, joint: Joint, j: int, params: Params, quirks=q.ALL) -> None:
    a, b = joint.a_index[j], joint.b_index[j]
    im_a, im_b = bodies.inverse_mass[a], bodies.inverse_mass[b]
    ii_a, ii_b = bodies.inverse_inertia[a], bodies.inverse_inertia[b]
    sm, si = nz(im_a + im_b), nz(ii_a + ii_b)

    r_a = rotate(bodies.rotation[a], joint.a_relative_pos[j])
    r_b = rotate(bodies.rotation[b], joint.b_relative_pos[j])
    p_a, p_b = bodies.position[a] + r_a, bodies.position[b] + r_b
    anchor = joint_anchor(p_a, p_b, im_a, im_b)
    rv = bodies.point_velocity(b, anchor) - bodies.point_velocity(a, anchor)
    gap = p_b - p_a

    wanted = rv + params.baumgarte_coefficient_joints_v * gap
    along = rv if q.JOINT_MASS_ALONG_VELOCITY in quirks else wanted
    u = along / nz(norm(along))
    eff = nz(sm + cross(r_a, u) ** 2 * ii_a + cross(r_b, u) ** 2 * ii_b)
    stiffness = params.joint_stiffness if q.JOINT_STIFFNESS in quirks else 1.0
    imp = wanted / eff * stiffness

    dw_a, dw_b = cross(r_a, imp) * ii_a, -cross(r_b, imp) * ii_b
    raw = (bodies.angular_velocity[b] + dw_b) - (bodies.angular_velocity[a] + dw_a)
    rimp = angular_impulse(bodies, joint, j, raw, si, params, quirks)

    bodies.velocity[a] += im_a * imp
    bodies.velocity[b] -= im_b * imp
    bodies.angular_velocity[a] += dw_a + rimp * ii_a
    bodies.angular_velocity[b] += dw_b - rimp * ii_b
    bodies.position[a] += gap / sm * im_a * params.baumgarte_coefficient_joints_p
    bodies.position[b] -= gap / sm * im_b * params.baumgarte_coefficient_joints_p
    joint.global_position[j] = anchor
    joint.acc_impulse[j] += imp
    joint.acc_r_impulse[j] = joint.acc_r_impulse[j] + rimp if joint.is_fixed_joint[j] else 0


def joint_anchor(p_a, p_b, im_a, im_b):
    """The world position of a joint: that of the heavier body counts for more."""
    if im_a == 0:
        return p_a
    if im_b == 0:
        return p_b
    return (p_a / im_a + p_b / im_b) / (1 / im_a + 1 / im_b)


def angular_impulse(bodies: Bodies, joint: Joint, j: int, raw, si, params: Params, quirks=q.ALL):
    """Impulse that holds a fixed joint's angle or a limit; `raw` is the relative velocity."""
    rel = bodies.rotation[joint.b_index[j]] - bodies.rotation[joint.a_index[j]] - joint.rotation[j]
    if joint.is_fixed_joint[j]:
        return (raw + rel * params.baumgarte_coefficient_fjoint_av) / si
    target = clamp(rel, joint.min_rotation[j], joint.max_rotation[j])
    if not joint.motor_has_joint_limits[j] or rel == target:
        return raw.dtype.type(0)
    bias = (rel - target) * params.baumgarte_coefficient_rjoint_limit_av
    if q.LIMIT_ONLY_OUTWARD in quirks and np.sign(raw) != np.sign(bias):
        return raw.dtype.type(0)
    return (raw + bias) / si


def warm_start_joints(bodies: Bodies, joint: Joint) -> None:
    """Section 6.5: apply the accumulated impulses of all joints."""
    for j in range(len(joint.active)):
        if not resolvable(bodies, joint, j):
            continue
        a, b = joint.a_index[j], joint.b_index[j]
        acc, acc_r = joint.acc_impulse[j], joint.acc_r_impulse[j]
        r_a = rotate(bodies.rotation[a], joint.a_relative_pos[j])
        r_b = rotate(bodies.rotation[b], joint.b_relative_pos[j])
        bodies.add_impulse(a, acc, cross(r_a, acc) + acc_r)
        bodies.add_impulse(b, -acc, -(cross(r_b, acc) + acc_r))
