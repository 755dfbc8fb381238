"""Warm start and one pass over a contact table (physics specification, 6.5 and 6.6b)."""

import numpy as np

from tests.reference import quirks as q
from tests.reference.algebra import clamp, cross, dot, nz, spin, tangent
from tests.reference.bodies import Bodies
from tests.reference.contacts import Contact
from tests.reference.pairs import solver_batches
from tests.reference.state import Array, Params


def solvable(contact: Contact, bodies: Bodies, collision_matrix: Array) -> Array:
    """Rows (and slots) that exchange impulses, in the shape of `contact.active`."""
    a, b = contact.first, contact.second
    fixated = (bodies.inverse_mass[a] == 0) & (bodies.inverse_mass[b] == 0)
    rows = collision_matrix[a, b] & bodies.active[a] & bodies.active[b] & ~fixated
    return contact.active & (rows if contact.active.ndim == 1 else rows[:, None])


def warm_start(contact: Contact, bodies: Bodies, live: Array, acc_n: Array, acc_t: Array) -> None:
    """Apply the accumulated impulses of one table; `live` are its solvable rows."""
    for index in np.argwhere(live):
        a, b = contact.first[index[0]], contact.second[index[0]]
        n, p = contact.normal[tuple(index)], contact.point[tuple(index)]
        imp = acc_n[tuple(index)] * n + acc_t[tuple(index)] * tangent(n)
        bodies.add_impulse(a, -imp, -cross(p - bodies.position[a], imp))
        bodies.add_impulse(b, imp, cross(p - bodies.position[b], imp))


def solve_contacts(
    contact: Contact,
    bodies: Bodies,
    positions: Array,
    live: Array,
    acc_n: Array,
    acc_t: Array,
    params: Params,
    quirks=q.ALL,
) -> None:
    """One iteration over one table; changes the velocities and `acc_n`, `acc_t` in place.

    `positions` (N, 2) are the centres that the arms of the contacts start from.
    """
    if contact.active.ndim == 1:
        flags, slots = contact.active, [()]
    else:
        flags, slots = contact.active.any(axis=1), [(0,), (1,)]
    batches = solver_batches(flags, params.solver_batch_size)
    for slot in slots:
        for batch in batches:
            rows = batch[batch >= 0]
            dead = rows[~live[(rows, *slot)]]
            acc_n[(dead, *slot)] = 0
            acc_t[(dead, *slot)] = 0
            rows = rows[live[(rows, *slot)]]
            if len(rows):
                index = (rows, *slot)
                solve_rows(contact, index, bodies, positions, acc_n, acc_t, params, quirks)
            if q.PADDING_ZEROES_LAST_ROW in quirks and np.any(batch < 0):
                acc_n[(-1, *slot)] = 0
                acc_t[(-1, *slot)] = 0


def solve_rows(contact, index, bodies, positions, acc_n, acc_t, params, quirks) -> None:
    """All rows at `index` (rows, or rows and slot) from the same velocities."""
    a, b = contact.first[index[0]], contact.second[index[0]]
    im_a, im_b = bodies.inverse_mass[a], bodies.inverse_mass[b]
    ii_a, ii_b = bodies.inverse_inertia[a], bodies.inverse_inertia[b]
    n, p = contact.normal[index], contact.point[index]
    t = tangent(n)
    r_a, r_b = p - positions[a], p - positions[b]

    def K(axis):
        arm_a = dot(r_a, r_a) - dot(r_a, axis) ** 2
        arm_b = dot(r_b, r_b) - dot(r_b, axis) ** 2
        return im_a + im_b + ii_a * arm_a + ii_b * arm_b

    v_a, v_b = bodies.velocity[a], bodies.velocity[b]
    w_a, w_b = bodies.angular_velocity[a], bodies.angular_velocity[b]
    vn = dot(v_b + spin(w_b, r_b) - v_a - spin(w_a, r_a), n)
    push_out = params.baumgarte_coefficient_collision / params.dt
    bias = -push_out * np.minimum(0, params.slop - contact.depth[index])
    lam = (-vn + bias - contact.vrest[index]) / nz(K(n))
    new_n = np.maximum(acc_n[index] + lam, 0)
    jn = (new_n - acc_n[index])[:, None] * n

    # Friction acts on the velocities that the normal impulse leaves behind.
    v_a, w_a = v_a - im_a[:, None] * jn, w_a - ii_a * cross(r_a, jn)
    v_b, w_b = v_b + im_b[:, None] * jn, w_b + ii_b * cross(r_b, jn)
    vt = dot(v_b + spin(w_b, r_b) - v_a - spin(w_a, r_a), t)
    limit = combined_friction(bodies, a, b, params, quirks) * new_n
    new_t = clamp(acc_t[index] - vt / nz(K(t)), -limit, limit)
    jt = (new_t - acc_t[index])[:, None] * t

    bodies.add_impulse(a, -(jn + jt), -cross(r_a, jn + jt))
    bodies.add_impulse(b, jn + jt, cross(r_b, jn + jt))
    acc_n[index] = new_n
    acc_t[index] = new_t


def combined_friction(bodies: Bodies, a, b, params: Params, quirks=q.ALL):
    mu_a = bodies.friction[a] * params.base_friction
    mu_b = bodies.friction[b] * params.base_friction
    if q.FRICTION_ROOT_SUM_SQUARES in quirks:
        return np.sqrt(mu_a**2 + mu_b**2)
    return np.sqrt(mu_a * mu_b)
