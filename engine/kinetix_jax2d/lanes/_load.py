"""From the rows of a batch of states to arrays in lanes, and back.

Lanes: scenes lie on the last axis, so that every operation works on all of them at once.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float

from kinetix_core.scene import VERTICES, SceneSize
from kinetix_jax2d import _layout as lay
from kinetix_jax2d._words import field, flag

from ._tables import Tables
from ._vector import length, nonzero, rows

UNUSED_FACE = 1e30
"""Support of a face that a polygon does not have: nothing stands out from it."""


class Outlines(NamedTuple):
    """Polygons in their own frames. Slot 3 of a triangle repeats slot 0; its face 3 is unused."""

    x: Float[Array, "polygons 4 lanes"]
    y: Float[Array, "polygons 4 lanes"]
    normal_x: Float[Array, "polygons 4 lanes"]  # outward, of the face from this vertex on
    normal_y: Float[Array, "polygons 4 lanes"]
    length: Float[Array, "polygons 4 lanes"]
    support: Float[Array, "polygons 4 lanes"]  # how far the polygon reaches along the normal
    triangle: Bool[Array, "polygons lanes"]


class Filters(NamedTuple):
    """Which pairs (of `SceneSize.pairs`) may touch, and which may exchange impulses."""

    touch: Bool[Array, "pairs lanes"]
    solve: Bool[Array, "pairs lanes"]


class JointSettings(NamedTuple):
    """Fields of `_layout.JOINT_FLOATS` in `floats`."""

    a: Bool[Array, "joints bodies lanes"]  # one-hot
    b: Bool[Array, "joints bodies lanes"]
    floats: Float[Array, "joints fields lanes"]
    resolvable: Bool[Array, "joints lanes"]
    fixed: Bool[Array, "joints lanes"]
    motor: Bool[Array, "joints lanes"]
    limits: Bool[Array, "joints lanes"]


class ThrusterSettings(NamedTuple):
    body: Bool[Array, "thrusters bodies lanes"]  # one-hot
    floats: Float[Array, "thrusters fields lanes"]
    active: Bool[Array, "thrusters lanes"]


class Constants(NamedTuple):
    """What no step changes."""

    active: Bool[Array, "bodies lanes"]
    inverse_mass: Float[Array, "bodies 3 lanes"]  # mass, mass, inertia
    friction: Float[Array, "bodies lanes"]
    restitution: Float[Array, "bodies lanes"]
    gravity: Float[Array, "2 lanes"]
    outlines: Outlines
    radius: Float[Array, "circles lanes"]
    filters: Filters
    joints: JointSettings
    thrusters: ThrusterSettings
    controls: Float[Array, "inputs lanes"]


class Memory(NamedTuple):
    """Contacts of the last step, by row of all tables."""

    active: Bool[Array, "rows lanes"]
    normal: Float[Array, "rows lanes"]
    tangent: Float[Array, "rows lanes"]


class Motion(NamedTuple):
    """What a step changes."""

    place: Float[Array, "bodies 3 lanes"]  # x, y, angle
    velocity: Float[Array, "bodies 3 lanes"]  # x, y, angular
    joints: Float[Array, "joints 5 lanes"]  # `_layout.JOINT_STATE_FLOATS`
    memory: Memory


def load_constants(
    size: SceneSize, constant: jax.Array, integers: jax.Array, controls: jax.Array
) -> Constants:
    """`constant`, `integers` and `controls` are [fields, lanes]."""
    where, n, c = lay.layout(size), size.bodies, size.circles
    lanes = constant.shape[1]

    def floats(name: str, *shape: int) -> jax.Array:
        return _cut(constant, getattr(where, name), shape)

    material = floats("materials", n, lay.MATERIAL_FLOATS)
    words = _cut(integers, where.body_words, (n,))
    active = flag(words, lay.ACTIVE)
    fixated = material[:, 0] == 0
    x, y = (floats(name, size.polygons, VERTICES) for name in ("vertices_x", "vertices_y"))
    return Constants(
        active=active,
        inverse_mass=material[:, np.array([0, 0, 1])],
        friction=material[:, 2],
        restitution=material[:, 3],
        gravity=floats("gravity", 2),
        outlines=_outlines(x, y, field(words[: size.polygons], 1) == 3),
        radius=floats("radii", c),
        filters=_filters(size, integers, active, fixated, field(words, 0)),
        joints=_joints(size, constant, integers, active, fixated),
        thrusters=_thrusters(size, constant, integers),
        controls=controls.reshape(-1, lanes),
    )


def _outlines(x: jax.Array, y: jax.Array, triangle: jax.Array) -> Outlines:
    unused = triangle[:, None] & (np.arange(VERTICES) == 3)[None, :, None]
    x, y = (jnp.where(unused, v[:, :1], v) for v in (x, y))
    edge_x, edge_y = (jnp.roll(v, -1, axis=1) - v for v in (x, y))
    extent = length(edge_x, edge_y)
    normal_x, normal_y = -edge_y / nonzero(extent), edge_x / nonzero(extent)
    reach = normal_x[:, :, None] * x[:, None] + normal_y[:, :, None] * y[:, None]
    support = jnp.where(unused, UNUSED_FACE, jnp.max(reach, axis=2))
    return Outlines(x, y, normal_x, normal_y, extent, support, triangle)


def _filters(
    size: SceneSize, integers: jax.Array, active: jax.Array, fixated: jax.Array, mode: jax.Array
) -> Filters:
    pairs = np.array(size.pairs, np.int32).reshape(-1, 2)
    first, second = pairs[:, 0], pairs[:, 1]
    modes = rows(mode, first), rows(mode, second)
    agree = (modes[0] == 2) | (modes[1] == 2) | (modes[0] * modes[1] > 0)
    bit = first * size.bodies + second
    words = rows(integers, lay.layout(size).collision_words + bit // 32)
    collide = (words >> (bit % 32)[:, None]) & 1 != 0
    return Filters(
        touch=rows(active, first) & rows(active, second) & agree,
        solve=collide & ~(rows(fixated, first) & rows(fixated, second)),
    )


def _joints(
    size: SceneSize, constant: jax.Array, integers: jax.Array, active: jax.Array, fixated: jax.Array
) -> JointSettings:
    where, j = lay.layout(size), size.joints
    words = _cut(integers, where.joint_words, (j,))
    a, b = (one_hot(field(words, place), size.bodies) for place in (0, 1))

    def of(chosen: jax.Array, flags: jax.Array) -> jax.Array:
        return jnp.any(chosen & flags[None], axis=1)

    in_use = flag(words, lay.ACTIVE) & of(a, active) & of(b, active)
    return JointSettings(
        a=a,
        b=b,
        floats=_cut(constant, where.joint_settings, (j, lay.JOINT_FLOATS)),
        resolvable=in_use & ~(of(a, fixated) & of(b, fixated)),
        fixed=flag(words, lay.FIXED),
        motor=flag(words, lay.MOTOR),
        limits=flag(words, lay.LIMITS),
    )


def _thrusters(size: SceneSize, constant: jax.Array, integers: jax.Array) -> ThrusterSettings:
    where, t = lay.layout(size), size.thrusters
    words = _cut(integers, where.thruster_words, (t,))
    return ThrusterSettings(
        body=one_hot(field(words, 0), size.bodies),
        floats=_cut(constant, where.thruster_settings, (t, lay.THRUSTER_FLOATS)),
        active=flag(words, lay.ACTIVE),
    )


def one_hot(index: jax.Array, count: int) -> Bool[Array, "slots bodies lanes"]:
    """Body indices [slots, lanes] as flags; indices out of range mean the nearest body."""
    reach = jnp.clip(index, 0, count - 1)
    return reach[:, None] == np.arange(count, dtype=np.int32)[None, :, None]


def load_motion(size: SceneSize, tables: Tables, moving: jax.Array, integers: jax.Array) -> Motion:
    """`moving` and `integers` are [fields, lanes]."""
    where = lay.layout(size)
    bodies = _cut(moving, where.bodies, (size.bodies, lay.BODY_FLOATS))
    impulses = rows(_cut(moving, where.impulses, (tables.row_count, 2)), tables.slot_of_row)
    return Motion(
        place=bodies[:, :3],
        velocity=bodies[:, 3:],
        joints=_cut(moving, where.joint_state, (size.joints, lay.JOINT_STATE_FLOATS)),
        memory=Memory(_remembered(size, tables, integers), impulses[:, 0], impulses[:, 1]),
    )


def _remembered(size: SceneSize, tables: Tables, integers: jax.Array) -> jax.Array:
    """Flags of the last step's contacts, by row. Those of slot 1 come last in the state."""
    k, cp, cc = tables.polygon_pairs, tables.circle_polygon_pairs, tables.circle_pairs
    begin = lay.layout(size).memory_words + np.cumsum([0, *map(lay.words, (k, cp, cc))])
    bits = [np.arange(count) for count in (k, k, cp, cc)]
    word = np.concatenate([begin[i] + b // 32 for i, b in zip((0, 3, 1, 2), bits, strict=True)])
    shift = np.concatenate(bits).astype(np.int32) % 32
    return (rows(integers, word) >> shift[:, None]) & 1 != 0


def store(
    size: SceneSize,
    tables: Tables,
    motion: Motion,
    anchors: Float[Array, "thrusters 2 lanes"],
    integers: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """The rows `moving` and `integers` [fields, lanes] after a step."""
    memory, lanes = motion.memory, integers.shape[1]
    impulses = jnp.stack([memory.normal, memory.tangent], axis=1)
    parts = [
        jnp.concatenate([motion.place, motion.velocity], axis=1),
        motion.joints,
        anchors,
        rows(impulses, tables.row_of_slot),
    ]
    moving = jnp.concatenate([part.reshape(-1, lanes) for part in parts])
    k, rest = tables.polygon_pairs, 2 * tables.polygon_pairs
    circle = rest + tables.circle_polygon_pairs
    active = memory.active
    slot_0, circles = active[:k], [active[rest:circle], active[circle:]]
    flags = [slot_0, *circles, slot_0, *circles, active[k:rest]]
    where = lay.layout(size)
    kept = integers[: where.touching_words], integers[where.timestep :]
    packed = [_pack(part) for part in flags]
    return moving, jnp.concatenate([kept[0], *packed, kept[1]])


def _pack(flags: jax.Array) -> jax.Array:
    """Flags [rows, lanes] as bits of int32 words, lowest bit first."""
    count, lanes = flags.shape
    padded = jnp.pad(flags, ((0, -count % 32), (0, 0))).reshape(-1, 32, lanes)
    bits = (np.uint32(1) << np.arange(32, dtype=np.uint32)).view(np.int32)
    return jnp.sum(jnp.where(padded, bits[None, :, None], 0), axis=1, dtype=jnp.int32)


def _cut(array: jax.Array, offset: int, shape: tuple[int, ...]) -> jax.Array:
    count = int(np.prod(shape))
    return array[offset : offset + count].reshape(*shape, array.shape[1])
