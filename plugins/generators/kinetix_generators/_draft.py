"""From what was placed to a Scene: slots, their order, masses, and who collides with whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from kinetix_core.scene import BOUNDARY, Array, Bodies, Scene, SceneSize, empty_scene

from ._attachments import JointProperties, Thrust
from ._lanes import Shapes, before, one_hot, rotated, take, take_rows
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


def boundary_shapes(size: SceneSize, bodies: int) -> Shapes:
    """The empty room with free places up to `bodies`, on the host. Lanes: none."""
    room = jax.tree.map(lambda x: np.asarray(x)[:BOUNDARY], empty_scene(size).polygons)

    def filled(values: Any) -> np.ndarray:
        rest = np.zeros((bodies - BOUNDARY, *np.shape(values)[1:]), np.asarray(values).dtype)
        return np.concatenate([values, rest])

    vertices = np.moveaxis(filled(room.vertices), 0, -1)
    yes, no, zero = np.ones(BOUNDARY, bool), np.zeros(BOUNDARY, bool), np.zeros(BOUNDARY)
    return Shapes(
        vx=vertices[:, 0],
        vy=vertices[:, 1],
        x=filled(room.position[:, 0]),
        y=filled(room.position[:, 1]),
        rotation=filled(zero),
        radius=filled(zero),
        mass=filled(zero),
        role=np.zeros(bodies, np.int32),
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
    """Levels along a leading axis.

    What slots take of bodies, joints and thrusters is packed, so that most leaves are slices: a
    program of few large parts takes less time to compile.
    """
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
    bodies = _held(_body_rows(shapes), in_slot)
    count = size.polygons
    scene = replace(
        empty,
        polygons=_polygons(empty.polygons, {k: v[:, :count] for k, v in bodies.items()}),
        circles=_circles(empty.circles, {k: v[:, count:] for k, v in bodies.items()}),
        joints=_joints(empty, draft, slot, order.joints),
        thrusters=_thrusters(empty, draft, slot, order.thrusters),
        collision_matrix=jnp.moveaxis(_collisions(draft.group, in_slot), -1, 0),
    )
    return jax.tree.map(lambda made, like: _leaf(made, like, n), scene, empty)


def _leaf(made: Any, like: Any, n: int) -> jax.Array:
    """In the type of a scene's; what no level changed is repeated."""
    if made is like:
        return jnp.broadcast_to(jnp.asarray(like)[None], (n, *like.shape))
    return made.astype(like.dtype)


Rows = dict[str, "tuple[Array, ...]"]
"""Leaves of things (things, levels); several where a leaf has a further axis."""


def _held(rows: Rows, held: Bool[Array, "things slots levels"]) -> dict[str, jax.Array]:
    """What slots take of each leaf, (levels, slots, ...); zeros where they hold nothing."""
    packed = jnp.stack([v.astype(jnp.float32) for leaf in rows.values() for v in leaf])
    taken = jnp.transpose(take_rows(held, packed[:, :, None]), (2, 1, 0))
    found, start = {}, 0
    for name, leaf in rows.items():
        part = taken[..., start : start + len(leaf)]
        found[name], start = part if len(leaf) > 1 else part[..., 0], start + len(leaf)
    return found


def _body_rows(shapes: Shapes) -> Rows:
    # the builder leaves zeros behind the last vertex of a triangle
    vx, vy = (jnp.concatenate([v[:3], jnp.where(shapes.quad, v[3:], 0.0)]) for v in shapes[:2])
    round_ = circle_inverses(shapes.radius, 1.0)
    inverses = [
        jnp.where(shapes.fixated, 0.0, jnp.where(shapes.circle, a, b))
        for a, b in zip(round_, polygon_inverses(vx, vy, shapes.quad, 1.0), strict=True)
    ]
    return {
        "vertices": (*vx, *vy),
        "position": (shapes.x, shapes.y),
        "rotation": (shapes.rotation,),
        "radius": (shapes.radius,),
        "inverse_mass": (inverses[0],),
        "inverse_inertia": (inverses[1],),
        "role": (shapes.role,),
        "quad": (shapes.quad,),
        "active": (shapes.active,),
    }


def _bodies(empty: Bodies, held: dict[str, jax.Array]) -> Bodies:
    """What both kinds have. An empty slot holds zeros, and inverses of 1."""
    inverses = ("inverse_mass", "inverse_inertia")
    return replace(
        empty,
        **{name: held[name] for name in ("position", "rotation", "active", "role")},
        **{name: jnp.where(held["active"] > 0, held[name], 1.0) for name in inverses},
    )


def _polygons(empty: Bodies, held: dict[str, jax.Array]) -> Bodies:
    vertices = held["vertices"]
    return replace(
        _bodies(empty, held),
        vertices=jnp.swapaxes(vertices.reshape(*vertices.shape[:2], 2, 4), -1, -2),
        n_vertices=jnp.where(held["active"] > held["quad"], 3, 4),
    )


def _circles(empty: Bodies, held: dict[str, jax.Array]) -> Bodies:
    if not len(empty.active):
        return empty
    return replace(_bodies(empty, held), radius=held["radius"])


def _joints(empty: Scene, draft: Draft, slot: Array, order: Array) -> Any:
    if not order.shape[0]:
        return empty.joints
    links, shapes = draft.links, draft.shapes
    new, rotation = slot[BOUNDARY:], shapes.rotation[BOUNDARY:]
    target, there = take_rows(
        draft.target, jnp.stack([slot.astype(jnp.float32), shapes.rotation])[:, :, None]
    )
    turn = jnp.where(links.swapped, 1.0, -1.0) * (rotation - there)
    dx, dy = rotated(links.x, links.y, rotation)
    ends = ((new, links.x, links.y), (target, links.target_x, links.target_y))
    a, b = (
        [jnp.where(links.swapped, u, v) for u, v in zip(one, other, strict=True)]
        for one, other in (ends[::-1], ends)
    )
    rows = {
        "a_index": (a[0],),
        "b_index": (b[0],),
        "a_relative_pos": (a[1], a[2]),
        "b_relative_pos": (b[1], b[2]),
        "global_position": (shapes.x[BOUNDARY:] + dx, shapes.y[BOUNDARY:] + dy),
        "rotation": (jnp.where(draft.joints.is_fixed_joint, turn, 0.0),),
        "active": (links.active,),
        **{name: (value,) for name, value in draft.joints._asdict().items()},
    }
    return replace(empty.joints, **_held(rows, _in_order(links.active, order)))


def _in_order(there: Array, order: Array) -> Bool[jax.Array, "things slots levels"]:
    """Which slot holds which of the things that are there."""
    return jnp.asarray(there)[:, None] & (before(there)[:, None] == order[None])


def _thrusters(empty: Scene, draft: Draft, slot: Array, order: Array) -> Any:
    if not order.shape[0]:
        return empty.thrusters
    thrust, shapes = draft.thrust, draft.shapes
    bodies = jnp.stack([slot.astype(jnp.float32), shapes.x, shapes.y, shapes.rotation])
    index, x, y, rotation = take_rows(one_hot(thrust.body, shapes.x.shape[0]), bodies[:, :, None])
    dx, dy = rotated(thrust.x, thrust.y, rotation)
    rows = {
        "object_index": (index,),
        "relative_position": (thrust.x, thrust.y),
        "global_position": (x + dx, y + dy),
        "rotation": (thrust.rotation,),
        "power": (thrust.power,),
        "thruster_binding": (thrust.thruster_binding,),
        "active": (draft.powered,),
    }
    return replace(empty.thrusters, **_held(rows, _in_order(draft.powered, order)))


def _collisions(group: Array, in_slot: Bool[Array, "bodies slots levels"]) -> jax.Array:
    """Bodies of one group do not collide; a slot without a body is a group of its own."""
    slots = in_slot.shape[1]
    alone = (group.shape[0] + jnp.arange(slots))[:, None]
    number = jnp.where(jnp.any(in_slot, axis=0), take(in_slot, group[:, None]), alone)
    return number[:, None] != number[None]
