"""From what was placed to a Scene: slots, their order, masses, and who collides with whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int

from kinetix_core.scene import BOUNDARY, FLOOR, Array, Bodies, Scene, SceneSize, empty_scene

from ._attachments import JointProperties, Thrust
from ._lanes import Shapes, before, one_hot, rotated, take, take_rows, unpacked
from ._mass import circle_inverses, polygon_inverses
from ._placement import Link


class Links(NamedTuple):
    """Joints, by the placement that made them: its shape is one end, `target` the other."""

    active: Bool[Array, "placements levels"]
    target: Int[Array, "placements levels"]  # body
    swapped: Bool[Array, "placements levels"]  # end a is the target
    x: Float[Array, "placements levels"]  # m, anchor in the frame of the new shape
    y: Float[Array, "placements levels"]
    target_x: Float[Array, "placements levels"]  # m, in the frame of the target
    target_y: Float[Array, "placements levels"]

    @classmethod
    def of(cls, link: Link, active: Array) -> Links:
        """Of candidates."""
        return cls(active, link.target, link.swapped, link.x, link.y, link.target_x, link.target_y)

    def packed(self) -> Float[jax.Array, "7 ..."]:
        """All fields as rows of one array."""
        return jnp.stack([v.astype(jnp.float32) for v in self])

    @classmethod
    def unpacked(cls, rows: Float[Array, "7 ..."]) -> Links:
        """The inverse of `packed`."""
        return cls(rows[0] > 0, rows[1].astype(jnp.int32), rows[2] > 0, *rows[3:])


class Draft(NamedTuple):
    """Levels before their bodies have slots. Bodies: the boundary, then one per placement."""

    shapes: Shapes  # lanes: levels
    group: Int[Array, "bodies levels"]  # bodies that joints connect have the same number
    links: Links
    joints: JointProperties  # lanes: placements, levels
    target: Bool[Array, "bodies placements levels"]  # `links.target`, one-hot
    thrust: Thrust  # lanes: thrusters, levels
    powered: Bool[Array, "thrusters levels"]  # the thruster is there


class Order(NamedTuple):
    """Which of the things of a kind, counted as they were made, each slot takes."""

    polygons: Int[Array, "free_polygons levels"]
    circles: Int[Array, "circles levels"]
    joints: Int[Array, "joints levels"]
    thrusters: Int[Array, "thrusters levels"]


def boundary_shapes(size: SceneSize, floor: Int[Array, " levels"], bodies: int) -> Shapes:
    """The empty room with a floor of this role, and free places up to `bodies`."""
    room = jax.tree.map(lambda x: x[:BOUNDARY], empty_scene(size).polygons)
    n = floor.shape[0]

    def filled(values: Any) -> jax.Array:
        rest = jnp.zeros((bodies - BOUNDARY, *jnp.shape(values)[1:]), jnp.asarray(values).dtype)
        both = jnp.concatenate([jnp.asarray(values), rest])
        return jnp.broadcast_to(both[:, None, None], (bodies, 1, n))

    def vertices(axis: int) -> jax.Array:
        return jnp.stack([filled(room.vertices[:, i, axis]) for i in range(4)])

    yes, no, zero = jnp.ones(BOUNDARY, bool), jnp.zeros(BOUNDARY, bool), jnp.zeros(BOUNDARY)
    return Shapes(
        vx=vertices(0),
        vy=vertices(1),
        x=filled(room.position[:, 0]),
        y=filled(room.position[:, 1]),
        rotation=filled(zero),
        radius=filled(zero),
        mass=filled(zero),
        role=jnp.where((jnp.arange(bodies) == FLOOR)[:, None, None], floor[None, None], 0),
        quad=filled(yes),
        circle=filled(no),
        active=filled(yes),
        fixated=filled(yes),
    )


def slot_order(u: Float[Array, "slots levels"], size: SceneSize, permute: bool) -> Order:
    """Slots in random order, each kind for itself, or as they are. Source: spec/generator.md 5.

    u: draws for all slots but those of the boundary.
    """
    counts = (size.polygons - BOUNDARY, size.circles, size.joints, size.thrusters)
    if not permute:
        return Order(*(jnp.broadcast_to(jnp.arange(c)[:, None], (c, u.shape[1])) for c in counts))
    starts = [sum(counts[:i]) for i in range(4)]
    return Order(*(_ranks(u[a : a + count]) for a, count in zip(starts, counts, strict=True)))


def _ranks(u: Float[Array, "items levels"]) -> Int[jax.Array, "items levels"]:
    """A random order by counting: a sort takes longer to compile."""
    item = jnp.arange(u.shape[0])
    tie = (item[None] < item[:, None])[..., None]
    less = (u[None] < u[:, None]) | ((u[None] == u[:, None]) & tie)
    return jnp.sum(less, axis=1)


def to_scene(draft: Draft, size: SceneSize, order: Order) -> Scene:
    """Levels along a leading axis."""
    shapes, empty = draft.shapes, empty_scene(size)
    body = jnp.arange(shapes.x.shape[0])[:, None]
    polygon = shapes.active & (body >= BOUNDARY) & ~shapes.circle
    circle = shapes.active & (body >= BOUNDARY) & shapes.circle
    # (bodies, slots, levels): which body a slot holds
    walls = (body == jnp.arange(BOUNDARY)[None])[..., None]
    n = shapes.x.shape[1]
    in_slot = jnp.concatenate(
        [
            jnp.broadcast_to(walls, (*walls.shape[:2], n)),
            polygon[:, None] & (before(polygon)[:, None] == order.polygons[None]),
            circle[:, None] & (before(circle)[:, None] == order.circles[None]),
        ],
        axis=1,
    )
    slot = jnp.sum(jnp.where(in_slot, jnp.arange(size.bodies)[None, :, None], 0), axis=1)
    held = unpacked(take_rows(in_slot, shapes.packed()[:, :, None]))
    scene = replace(
        empty,
        polygons=_polygons(empty.polygons, held, size.polygons),
        circles=_circles(empty.circles, held, size.polygons),
        joints=_joints(empty, draft, slot, order.joints),
        thrusters=_thrusters(empty, draft, slot, order.thrusters),
        collision_matrix=_collisions(draft.group, in_slot),
    )
    return jax.tree.map(lambda made, like: _levels_first(made, like, n), scene, empty)


def _levels_first(made: Any, like: Any, n: int) -> jax.Array:
    """A leaf with its axis of levels in front; what no level changed is repeated."""
    if made is like:
        return jnp.broadcast_to(jnp.asarray(like)[None], (n, *like.shape))
    return jnp.moveaxis(made.astype(like.dtype), -1, 0)


def _points(x: Array, y: Array) -> jax.Array:
    """(slots, levels) each to (slots, 2, levels)."""
    return jnp.stack([x, y], axis=1)


def _bodies(empty: Bodies, held: Shapes, mass: Array, inertia: Array) -> Bodies:
    """What both kinds have. Leaves: (slots, ..., levels); an empty slot holds zeros."""
    return replace(
        empty,
        position=_points(held.x, held.y),
        rotation=held.rotation,
        active=held.active,
        role=held.role,
        inverse_mass=jnp.where(held.fixated, 0.0, mass),
        inverse_inertia=jnp.where(held.fixated, 0.0, inertia),
    )


def _polygons(empty: Bodies, held: Shapes, count: int) -> Bodies:
    held = unpacked(held.packed()[:, :count])
    quad = held.quad | ~held.active
    # the builder leaves zeros behind the last vertex of a triangle
    keep = quad[None] | (jnp.arange(4) < 3)[:, None, None]
    vx, vy = jnp.where(keep, held.vx, 0.0), jnp.where(keep, held.vy, 0.0)
    made = _bodies(empty, held, *polygon_inverses(vx, vy, quad, 1.0))
    return replace(
        made,
        vertices=jnp.moveaxis(jnp.stack([vx, vy], axis=2), 0, 1),
        n_vertices=jnp.where(quad, 4, 3),
    )


def _circles(empty: Bodies, held: Shapes, start: int) -> Bodies:
    if not len(empty.active):
        return empty
    held = unpacked(held.packed()[:, start:])
    made = _bodies(empty, held, *circle_inverses(held.radius, 1.0))
    return replace(made, radius=held.radius)


def _joints(empty: Scene, draft: Draft, slot: Array, order: Array) -> Any:
    """Leaves: (joints, ..., levels)."""
    if not order.shape[0]:
        return empty.joints
    links, shapes = draft.links, draft.shapes
    new, rotation = slot[BOUNDARY:], shapes.rotation[BOUNDARY:]
    target, there = take_rows(
        draft.target, jnp.stack([slot.astype(jnp.float32), shapes.rotation])[:, :, None]
    )
    turn = jnp.where(links.swapped, 1.0, -1.0) * (rotation - there)
    dx, dy = rotated(links.x, links.y, rotation)
    rows = {
        "new": new,
        "target": target,
        "x": links.x,
        "y": links.y,
        "target_x": links.target_x,
        "target_y": links.target_y,
        "swapped": links.swapped,
        "global_x": shapes.x[BOUNDARY:] + dx,
        "global_y": shapes.y[BOUNDARY:] + dy,
        "rotation": jnp.where(draft.joints.is_fixed_joint, turn, 0.0),
        "active": links.active,
        **draft.joints._asdict(),
    }
    got = _slots(rows, links.active, order)
    swapped = got["swapped"] > 0
    first, second = got["new"], got["target"]
    own, other = _points(got["x"], got["y"]), _points(got["target_x"], got["target_y"])
    flags = ("is_fixed_joint", "motor_on", "motor_has_joint_limits", "active")
    return replace(
        empty.joints,
        a_index=jnp.where(swapped, second, first),
        b_index=jnp.where(swapped, first, second),
        a_relative_pos=jnp.where(swapped[:, None], other, own),
        b_relative_pos=jnp.where(swapped[:, None], own, other),
        global_position=_points(got["global_x"], got["global_y"]),
        rotation=got["rotation"],
        **{name: got[name] > 0 for name in flags},
        **{name: got[name] for name in draft.joints._fields if name not in flags},
    )


def _slots(rows: dict[str, Array], there: Array, order: Array) -> dict[str, jax.Array]:
    """What the slots take of each row (things, levels); zeros where there is nothing."""
    held = there[:, None] & (before(there)[:, None] == order[None])
    packed = jnp.stack([v.astype(jnp.float32) for v in rows.values()])
    return dict(zip(rows, take_rows(held, packed[:, :, None]), strict=True))


def _thrusters(empty: Scene, draft: Draft, slot: Array, order: Array) -> Any:
    """Leaves: (thrusters, ..., levels)."""
    if not order.shape[0]:
        return empty.thrusters
    thrust, shapes = draft.thrust, draft.shapes
    bodies = jnp.stack([slot.astype(jnp.float32), shapes.x, shapes.y, shapes.rotation])
    index, x, y, rotation = take_rows(one_hot(thrust.body, shapes.x.shape[0]), bodies[:, :, None])
    dx, dy = rotated(thrust.x, thrust.y, rotation)
    rows = {
        "object_index": index,
        "x": thrust.x,
        "y": thrust.y,
        "global_x": x + dx,
        "global_y": y + dy,
        "rotation": thrust.rotation,
        "power": thrust.power,
        "thruster_binding": thrust.thruster_binding,
        "active": draft.powered,
    }
    got = _slots(rows, draft.powered, order)
    return replace(
        empty.thrusters,
        object_index=got["object_index"],
        relative_position=_points(got["x"], got["y"]),
        global_position=_points(got["global_x"], got["global_y"]),
        rotation=got["rotation"],
        power=got["power"],
        active=got["active"] > 0,
        thruster_binding=got["thruster_binding"],
    )


def _collisions(group: Array, in_slot: Bool[Array, "bodies slots levels"]) -> jax.Array:
    """Bodies of one group do not collide; a slot without a body is a group of its own."""
    slots = in_slot.shape[1]
    alone = (group.shape[0] + jnp.arange(slots))[:, None]
    number = jnp.where(jnp.any(in_slot, axis=0), take(in_slot, group[:, None]), alone)
    return number[:, None] != number[None]
