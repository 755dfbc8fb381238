"""observation/egocentric: the scene as seen from green, and a row for each input of the agent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from kinetix_core.interfaces import Box, ObservationEncoder, Record, Task
from kinetix_core.scene import BLUE, BOUNDARY, GREEN, RED, Array, Bodies, Scene, SceneSize

from ._config import EgocentricConfig
from ._egocentric_rows import (
    BODY,
    JOINT,
    MOTOR,
    ROOM_CENTRE,
    THRUSTER,
    Frame,
    body_rows,
    joint_rows,
    motor_rows,
    pick,
    thruster_rows,
)
from ._features import ROLES, gravity_feature, one_hot

LIMIT = 10.0
_FIRST = (GREEN, BLUE, 0, RED)
"""Bodies come in this order of roles."""


class _Order(NamedTuple):
    """Where each body stands among the free ones: all of the boundary on one more place."""

    place: Int[Array, " bodies"]
    places: int


@dataclass(frozen=True)
class Egocentric(ObservationEncoder):
    """Where things are as seen from green, what each input drives, and bodies by their role.

    Parts: `scene`, flat: roles of floor, walls and ceiling, a row per free body (green, blue,
    normal, red; by slot among equals), a row per joint (by its bodies), gravity. `motors` and
    `thrusters`: a row per binding, whose first entry is how many joints or thrusters it drives;
    the rest is their mean, with the features of the bodies they are on, and 0 where there are
    none. `mirrored`: 1 where the scene is shown mirrored left to right, which is done so that blue
    (its free bodies) is never left of green; a motor then turns the other way round.

    Everything is finite, clamped to -10..10, and scaled to about -1..1. So the same situation
    looks the same in whatever slots and bindings it was made, and a network can share what it
    learns between inputs (`network=modular`). Our own encoder, not a published one; made for
    little training. What it does not show: collision modes, impulses, the time.
    """

    config: EgocentricConfig
    task: Task

    def space(self, size: SceneSize) -> Record:
        free = size.bodies - BOUNDARY
        scene = BOUNDARY * ROLES + free * BODY + size.joints * (JOINT + 2 * (free + 1)) + 1
        parts = {
            "scene": (scene,),
            "motors": (size.motor_bindings, MOTOR),
            "thrusters": (size.thruster_bindings, THRUSTER),
        }
        spaces = [(name, Box(-LIMIT, LIMIT, shape)) for name, shape in parts.items()]
        return Record((*spaces, ("mirrored", Box(0.0, 1.0, (1,)))))

    def encode(self, scene: Scene) -> dict[str, jax.Array]:
        return _View(scene, self.config.mirror).observation


@dataclass(frozen=True)
class _View:
    """One scene, seen from green."""

    scene: Scene
    mirror: bool

    @cached_property
    def bodies(self) -> Bodies:
        return self.scene.bodies

    @cached_property
    def role(self) -> Int[jax.Array, " bodies"]:
        """Of inactive bodies: 0."""
        return jnp.where(self.bodies.active, self.bodies.role, 0)

    @cached_property
    def frame(self) -> Frame:
        """Green's middle is the origin; where there is no green, the middle of the room."""
        free = np.arange(self.scene.size.bodies) >= BOUNDARY
        green, blue = self.role == GREEN, (self.role == BLUE) & free
        origin, target = self._middle(green), self._middle(blue)
        left = jnp.any(blue) & (target[0] < origin[0]) & self.mirror
        return Frame(origin - ROOM_CENTRE, jnp.where(left, -1.0, 1.0))

    def _middle(self, chosen: Bool[Array, " bodies"]) -> Float[jax.Array, 2]:
        position = jnp.where(chosen[:, None], self.bodies.position, 0.0)
        middle = jnp.sum(position, axis=0) / jnp.maximum(jnp.sum(chosen), 1)
        return jnp.where(jnp.any(chosen), middle, ROOM_CENTRE)

    @cached_property
    def rows(self) -> Float[jax.Array, "bodies features"]:
        shown = jnp.asarray(self.bodies.active)[:, None]
        features = body_rows(self.bodies, self.scene.size, self.role, self.frame)
        return jnp.where(shown, features, 0.0)

    @cached_property
    def order(self) -> _Order:
        """By role, inactive ones last."""
        rank = jnp.select([self.role == role for role in _FIRST], range(ROLES), ROLES)
        rank = jnp.where(self.bodies.active, rank, ROLES + 1)[BOUNDARY:]
        free = rank.shape[0]
        return _Order(jnp.concatenate([jnp.full(BOUNDARY, free), _ranks(rank)]), free + 1)

    @property
    def observation(self) -> dict[str, jax.Array]:
        size, scene = self.scene.size, self.scene
        flat = [
            one_hot(self.role[:BOUNDARY], ROLES).reshape(-1),
            self._ordered_bodies.reshape(-1),
            self._joints.reshape(-1),
            gravity_feature(scene)[None],
        ]
        parts: dict[str, jax.Array] = {
            "scene": jnp.concatenate(flat),
            "motors": _per_binding(*self._motors, size.motor_bindings),
            "thrusters": _per_binding(*self._thrusters, size.thruster_bindings),
        }
        mirrored = jnp.asarray(self.frame.side < 0, jnp.float32)[None]
        return {name: _bounded(part) for name, part in parts.items()} | {"mirrored": mirrored}

    @property
    def _ordered_bodies(self) -> Float[jax.Array, "free features"]:
        return _in_order(self.order.place[BOUNDARY:], self.rows[BOUNDARY:])

    @property
    def _joints(self) -> Float[jax.Array, "joints features"]:
        """In the order of their bodies, inactive ones last."""
        joints, (place, places) = self.scene.joints, self.order
        a, b = (pick(index, place[:, None])[:, 0] for index in (joints.a_index, joints.b_index))
        ends = [one_hot(a, places), one_hot(b, places)]
        features = joint_rows(joints, self.bodies, self.frame)
        shown = jnp.asarray(joints.active)[:, None]
        rows = jnp.where(shown, jnp.concatenate([features, *ends], axis=1), 0.0)
        return _in_order(_ranks(jnp.where(joints.active, a * places + b, places**2)), rows)

    @property
    def _motors(self) -> tuple[Array, Array, Array]:
        """Whether the agent drives the joint, with which input, and its features."""
        joints = self.scene.joints
        driven = joints.active & ~joints.is_fixed_joint & joints.motor_on & ~joints.motor_auto
        features = motor_rows(joints, self.bodies, self.rows, self.frame)
        return driven, joints.motor_binding, features

    @property
    def _thrusters(self) -> tuple[Array, Array, Array]:
        thrusters = self.scene.thrusters
        features = thruster_rows(thrusters, self.bodies, self.rows, self.frame)
        return thrusters.active, thrusters.thruster_binding, features


def _ranks(key: Int[Array, " n"]) -> Int[jax.Array, " n"]:
    """How many come before each, least first, in the order given among equals."""
    key, slot = jnp.asarray(key), np.arange(key.shape[0])
    before = key[None, :] < key[:, None]
    before |= (key[None, :] == key[:, None]) & (slot[None, :] < slot[:, None])
    return jnp.sum(before, axis=1)


def _in_order(place: Int[Array, " n"], rows: Float[Array, "n features"]) -> jax.Array:
    """Each row at its place."""
    here = jnp.asarray(place)[None, :] == np.arange(rows.shape[0])[:, None]
    return jnp.sum(jnp.where(here[:, :, None], jnp.asarray(rows)[None], 0.0), axis=1)


def _per_binding(
    driven: Bool[Array, " n"],
    binding: Int[Array, " n"],
    features: Float[Array, "n features"],
    bindings: int,
) -> jax.Array:
    """How many are driven by each input, and their mean. An index out of range is the nearest."""
    mine = one_hot(jnp.clip(binding, 0, bindings - 1), bindings) > 0  # (n, bindings)
    mine = jnp.asarray(driven)[:, None] & mine
    count = jnp.sum(mine, axis=0).astype(jnp.float32)[:, None]
    total = jnp.sum(jnp.where(mine[:, :, None], features[:, None, :], 0.0), axis=0)
    return jnp.concatenate([count, total / jnp.maximum(count, 1.0)], axis=1)


def _bounded(features: Array) -> jax.Array:
    features = jnp.clip(features, -LIMIT, LIMIT)
    return jnp.where(jnp.isnan(features), 0.0, features)
