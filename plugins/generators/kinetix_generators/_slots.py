"""Levels in a larger size, and with their slots in another order; traceable."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Int, PRNGKeyArray

from kinetix_core.scene import BOUNDARY, Array, Bodies, Joints, Scene, SceneSize, Thrusters

Slots = TypeVar("Slots", Bodies, Joints, Thrusters)


def padded(level: Scene, size: SceneSize) -> Scene:
    """One level with the slots of a `size` that holds its own.

    New slots follow the old ones of their kind and are zero throughout. The same as
    `kinetix_core.scene.expand`, for levels that are made while a program runs.
    Source: spec/generator.md 8.
    """
    old = level.size
    if old == size:
        return level

    def pad(slots: Slots, count: int) -> Slots:
        def leaf(x: Array) -> jax.Array:
            room = jnp.zeros((count - x.shape[0], *x.shape[1:]), x.dtype)
            return jnp.concatenate([jnp.asarray(x), room])

        return jax.tree.map(leaf, slots)

    def moved(index: Int[Array, " n"]) -> jax.Array:
        circle = (index >= old.polygons) & (index < old.bodies)  # an empty slot may hold any
        return jnp.where(circle, index + size.polygons - old.polygons, index)

    joints, thrusters = pad(level.joints, size.joints), pad(level.thrusters, size.thrusters)
    new = jnp.arange(size.bodies)
    circle = new >= size.polygons
    before = jnp.where(circle, new - size.polygons + old.polygons, new)
    there = jnp.where(circle, new < size.polygons + old.circles, new < old.polygons)
    before = jnp.where(there, before, 0)
    known = there[:, None] & there[None]
    matrix = jnp.where(known, level.collision_matrix[before][:, before], True)
    return replace(
        level,
        polygons=pad(level.polygons, size.polygons),
        circles=pad(level.circles, size.circles),
        joints=replace(joints, a_index=moved(joints.a_index), b_index=moved(joints.b_index)),
        thrusters=replace(thrusters, object_index=moved(thrusters.object_index)),
        collision_matrix=matrix & ~jnp.eye(size.bodies, dtype=bool),
        touching=jnp.zeros(len(size.pairs), bool),
        size=size,
    )


def permuted(key: PRNGKeyArray, level: Scene) -> Scene:
    """One level with its slots in random order, each kind for itself; the boundary stays.

    Source: spec/generator.md 5.
    """
    size = level.size
    counts = (size.polygons - BOUNDARY, size.circles, size.joints, size.thrusters)
    keys = jax.random.split(key, 4)
    free, circles, joints, thrusters = (
        jax.random.permutation(k, n) if n else jnp.zeros(0, jnp.int32)
        for k, n in zip(keys, counts, strict=True)
    )
    polygons = jnp.concatenate([jnp.arange(BOUNDARY), BOUNDARY + free])
    order = jnp.concatenate([polygons, size.polygons + circles])
    place = jnp.zeros(size.bodies, jnp.int32).at[order].set(jnp.arange(size.bodies))

    def moved(index: Int[Array, " n"]) -> jax.Array:
        return place[jnp.clip(index, 0, size.bodies - 1)]  # see `padded`

    def ordered(slots: Slots, order: Array) -> Slots:
        return jax.tree.map(lambda x: x[order], slots) if order.shape[0] else slots

    level = jax.tree.map(jnp.asarray, level)
    new_joints, new_thrusters = ordered(level.joints, joints), ordered(level.thrusters, thrusters)
    return replace(
        level,
        polygons=ordered(level.polygons, polygons),
        circles=ordered(level.circles, circles),
        joints=replace(
            new_joints, a_index=moved(new_joints.a_index), b_index=moved(new_joints.b_index)
        ),
        thrusters=replace(new_thrusters, object_index=moved(new_thrusters.object_index)),
        collision_matrix=level.collision_matrix[order][:, order],
        touching=jnp.zeros_like(level.touching),
    )
