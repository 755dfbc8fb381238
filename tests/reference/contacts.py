"""Contact tables (physics specification, section 5): which pairs touch, and where.

The geometry of the two pairs with a polygon is in `polygon_contacts.py`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tests.reference import quirks as q
from tests.reference.algebra import dot, norm, nz
from tests.reference.bodies import Bodies
from tests.reference.pairs import body_pairs, modes_ok
from tests.reference.polygon_contacts import circle_polygon_contact, polygon_contact
from tests.reference.state import Array, Memories, Memory, State


class Point(NamedTuple):
    """One contact point: normal from the first body to the second, world point, depth."""

    normal: Array  # (2,)
    point: Array  # (2,)
    depth: np.floating


@dataclass
class Contact:
    """One contact table after detection. `pp` has an axis of two slots after K."""

    first: Array  # (K,) body index
    second: Array  # (K,) body index
    normal: Array  # (K, 2), pp (K, 2, 2)
    point: Array  # (K, 2), pp (K, 2, 2)
    depth: Array  # (K,), pp (K, 2)
    active: Array  # (K,), pp (K, 2) bool
    vrest: Array  # (K,), pp (K, 2)

    @property
    def touching(self) -> Array:
        """(K,) bool: the flags that the reward is computed from."""
        return self.active if self.active.ndim == 1 else self.active[:, 0]


@dataclass
class Contacts:
    pp: Contact
    cp: Contact
    cc: Contact


def detect(state: State, bodies: Bodies, quirks=q.ALL) -> Contacts:
    """Contacts of all pairs, from the present positions and velocities of `bodies`."""
    P, C, _, _ = state.sizes
    pp, cp, cc = body_pairs(P, C)

    def find_pp(a, b):
        points = polygon_contact(state.polygon, a, b, quirks)
        return [point and Point(*point) for point in points]

    def find_cp(a, b):
        point = circle_polygon_contact(state.circle, a - P, state.polygon, b, quirks)
        return [point and Point(*point)]

    def find_cc(a, b):
        return [circle_contact(state.circle, a - P, b - P)]

    def table(pairs, find, num_slots):
        contact = _empty_table(pairs, num_slots, bodies.position.dtype)
        for row, (a, b) in enumerate(pairs):
            if may_touch(state, bodies, a, b, quirks):
                for slot, point in enumerate(find(a, b)):
                    if point is not None:
                        _fill(contact, bodies, row, slot, point, quirks)
        return contact

    return Contacts(
        pp=table(pp, find_pp, 2),
        cp=_drop_slot_axis(table(cp, find_cp, 1)),
        cc=_drop_slot_axis(table(cc, find_cc, 1)),
    )


def may_touch(state: State, bodies: Bodies, a: int, b: int, quirks=q.ALL) -> bool:
    """The filters that act on detection (section 4.4)."""
    if not (bodies.active[a] and bodies.active[b]):
        return False
    if not modes_ok(bodies.collision_mode[a], bodies.collision_mode[b]):
        return False
    if q.TOUCHING_IGNORES_FILTER in quirks:
        return True
    fixated = bodies.inverse_mass[a] == 0 and bodies.inverse_mass[b] == 0
    return bool(state.collision_matrix[a, b] and not fixated)


def circle_contact(circle, a: int, b: int) -> Point | None:
    """Section 5.1."""
    d = circle.position[b] - circle.position[a]
    dist = norm(d)
    reach = circle.radius[a] + circle.radius[b]
    if not dist < reach:
        return None
    n = d / nz(dist)
    return Point(n, circle.position[a] + n * circle.radius[a], reach - dist)


def carry_over(contact: Contact, memory: Memory, quirks=q.ALL) -> tuple[Array, Array]:
    """Accumulated impulses (normal, tangent) that a table starts the step with (section 5.4)."""
    if q.WARM_START_BY_SLOT not in quirks and contact.active.ndim == 2:
        return _carry_over_nearest(contact, memory)
    live = contact.active & memory.active
    zero = np.zeros_like(memory.acc_n)
    return np.where(live, memory.acc_n, zero), np.where(live, memory.acc_t, zero)


def remember(contact: Contact, acc_n: Array, acc_t: Array) -> Memory:
    """The memory for the next step (section 6.7)."""
    return Memory(contact.active.copy(), acc_n.copy(), acc_t.copy(), contact.point.copy())


def remember_all(contacts: Contacts, impulses: dict[str, tuple[Array, Array]]) -> Memories:
    return Memories(
        **{name: remember(getattr(contacts, name), *impulses[name]) for name in impulses}
    )


def _carry_over_nearest(contact: Contact, memory: Memory) -> tuple[Array, Array]:
    acc_n, acc_t = np.zeros_like(memory.acc_n), np.zeros_like(memory.acc_t)
    for row, slot in np.argwhere(contact.active):
        old = np.flatnonzero(memory.active[row])
        if len(old):
            gaps = norm(memory.point[row, old] - contact.point[row, slot])
            nearest = old[np.argmin(gaps)]
            acc_n[row, slot] = memory.acc_n[row, nearest]
            acc_t[row, slot] = memory.acc_t[row, nearest]
    return acc_n, acc_t


def _fill(contact: Contact, bodies: Bodies, row, slot, point: Point, quirks):
    a, b = contact.first[row], contact.second[row]
    contact.active[row, slot] = True
    contact.normal[row, slot] = point.normal
    contact.point[row, slot] = point.point
    contact.depth[row, slot] = point.depth
    approach = bodies.point_velocity(b, point.point) - bodies.point_velocity(a, point.point)
    combine = min if q.RESTITUTION_MINIMUM in quirks else max
    restitution = combine(bodies.restitution[a], bodies.restitution[b])
    contact.vrest[row, slot] = dot(approach, point.normal) * restitution


def _empty_table(pairs: Array, num_slots: int, dtype) -> Contact:
    shape = len(pairs), num_slots
    return Contact(
        first=pairs[:, 0],
        second=pairs[:, 1],
        normal=np.zeros((*shape, 2), dtype),
        point=np.zeros((*shape, 2), dtype),
        depth=np.zeros(shape, dtype),
        active=np.zeros(shape, bool),
        vrest=np.zeros(shape, dtype),
    )


def _drop_slot_axis(contact: Contact) -> Contact:
    values = {k: getattr(contact, k)[:, 0] for k in ("normal", "point", "depth", "active", "vrest")}
    return Contact(contact.first, contact.second, **values)
