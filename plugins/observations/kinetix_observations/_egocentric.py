"""observation/egocentric: the scene as seen from green, and a row for each input of the agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from kinetix_core.interfaces import Box, ObservationEncoder, Record, Task
from kinetix_core.scene import (
    BLUE,
    BOUNDARY,
    CEILING,
    FLOOR,
    GREEN,
    LEFT_WALL,
    RED,
    RIGHT_WALL,
    Array,
    Bodies,
    Scene,
    SceneSize,
)

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
    places,
    sums,
    thruster_rows,
)
from ._features import ROLES, bounded, gravity_feature, one_hot

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
    none; `motor_mask` and `thruster_mask` say which drive anything. `mirrored`: whether the scene
    is shown mirrored left to right, which is done so that blue (its free bodies) is never left of
    green; a motor then turns the other way round, and the side walls change places. A wall that
    something driven hangs on is shown without place and corners.

    Everything is finite, clamped to -10..10, and scaled to about -1..1. So the same situation
    looks the same in whatever slots and bindings it was made, and a network can share what it
    learns between inputs (`network=modular`). Our own encoder, not a published one; made for
    little training. What it does not show: collision modes, impulses, the time.
    """

    config: EgocentricConfig
    task: Task

    row_masks: ClassVar[Mapping[str, str]] = {
        "motors": "motor_mask",
        "thrusters": "thruster_mask",
    }

    def space(self, size: SceneSize) -> Record:
        free = size.bodies - BOUNDARY
        scene = BOUNDARY * ROLES + free * BODY + size.joints * (JOINT + 2 * (free + 1)) + 1
        parts = {
            "scene": (scene,),
            "motors": (size.motor_bindings, MOTOR),
            "thrusters": (size.thruster_bindings, THRUSTER),
        }
        spaces = [(name, Box(-LIMIT, LIMIT, shape)) for name, shape in parts.items()]
        shapes = {name: parts[table][:1] for table, name in self.row_masks.items()}
        shapes["mirrored"] = (1,)
        return Record((*spaces, *((n, Box(0, 1, shape, "bool")) for n, shape in shapes.items())))

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
        return jnp.where(shown, bounded(features, LIMIT), 0.0)

    @cached_property
    def order(self) -> _Order:
        """By role, inactive ones last."""
        rank = jnp.select([self.role == role for role in _FIRST], range(ROLES), ROLES)
        rank = jnp.where(self.bodies.active, rank, ROLES + 1)[BOUNDARY:]
        free = rank.shape[0]
        return _Order(jnp.concatenate([jnp.full(BOUNDARY, free), _ranks(rank)]), free + 1)

    @cached_property
    def carriers(self) -> tuple[Float[jax.Array, "n k"], ...]:
        """`places`, and the place in the order, of the first and second bodies of joints, and of
        the bodies of thrusters; zeros where an index is out of range."""
        joints, thrusters = self.scene.joints, self.scene.thrusters
        order = jnp.asarray(self.order.place, jnp.float32)[:, None]
        table = jnp.concatenate([places(self.bodies), order], axis=1)
        indexes = (joints.a_index, joints.b_index, thrusters.object_index)
        stops = np.cumsum([len(index) for index in indexes])[:-1]
        found = sums(one_hot(jnp.concatenate(indexes), table.shape[0]), table)
        return tuple(jnp.split(found, stops))

    @property
    def observation(self) -> dict[str, jax.Array]:
        motors, thrusters = self._motors, self._thrusters
        free = np.arange(self.order.places - 1)[:, None]
        in_order = self.order.place[None] == free
        # all that is chosen of the rows in one product
        weights = [jnp.asarray(in_order, jnp.float32), *motors.on, *thrusters.on]
        stops = np.cumsum([len(weight) for weight in weights])[:-1]
        bodies, a, b, carriers = jnp.split(sums(jnp.concatenate(weights), self.rows), stops)
        gravity = bounded(gravity_feature(self.scene)[None], LIMIT)
        scene = [self._walls, bodies.reshape(-1), self._joints.reshape(-1), gravity]
        return {
            "scene": jnp.concatenate(scene),
            "motors": motors.mean(a, b),
            "thrusters": thrusters.mean(carriers),
            "motor_mask": motors.count[:, 0] > 0,
            "thruster_mask": thrusters.count[:, 0] > 0,
            "mirrored": jnp.asarray(self.frame.side < 0)[None],
        }

    @property
    def _walls(self) -> Float[jax.Array, " roles"]:
        """Roles of floor, left wall, right wall and ceiling, as they are seen."""
        roles = one_hot(self.role[:BOUNDARY], ROLES)
        mirrored = roles[np.array([FLOOR, RIGHT_WALL, LEFT_WALL, CEILING])]
        return jnp.where(self.frame.side < 0, mirrored, roles).reshape(-1)

    @property
    def _joints(self) -> Float[jax.Array, "joints features"]:
        """In the order of their bodies, inactive ones last."""
        joints, count = self.scene.joints, self.order.places
        of_a, of_b, _ = self.carriers
        a, b = of_a[:, -1], of_b[:, -1]
        shown = jnp.asarray(joints.active)[:, None]
        features = bounded(joint_rows(joints, of_a, self.frame), LIMIT)
        ends = jnp.where(shown, jnp.stack([a, b], axis=1), -1.0)
        rows = jnp.concatenate([jnp.where(shown, features, 0.0), ends], axis=1)
        rank = _ranks(jnp.where(joints.active, a * count + b, count**2))
        rows = sums(rank[None, :] == np.arange(len(rank))[:, None], rows)
        ends = [one_hot(rows[:, column], count) for column in (JOINT, JOINT + 1)]
        return jnp.concatenate([rows[:, :JOINT], *ends], axis=1)

    @property
    def _motors(self) -> _Inputs:
        joints = self.scene.joints
        driven = joints.active & ~joints.is_fixed_joint & joints.motor_on & ~joints.motor_auto
        driven = _driven(driven, joints.motor_binding, self.scene.size.motor_bindings)
        of_a, of_b, _ = self.carriers
        features = motor_rows(joints, of_a, of_b, self.frame)
        return self._inputs(driven, features, joints.a_index, joints.b_index)

    @property
    def _thrusters(self) -> _Inputs:
        thrusters, bindings = self.scene.thrusters, self.scene.size.thruster_bindings
        driven = _driven(thrusters.active, thrusters.thruster_binding, bindings)
        features = thruster_rows(thrusters, self.carriers[2], self.frame)
        return self._inputs(driven, features, thrusters.object_index)

    def _inputs(
        self, driven: Bool[Array, "inputs n"], features: Float[Array, "n some"], *on: Array
    ) -> _Inputs:
        """on: index of the body that each driven thing is on."""
        count = self.rows.shape[0]
        table = [bounded(features, LIMIT), *(one_hot(index, count) for index in on)]
        found = sums(driven, jnp.concatenate(table, axis=1))
        own, *carriers = jnp.split(
            found, [features.shape[1] + i * count for i in range(len(on))], 1
        )
        return _Inputs(jnp.sum(driven, axis=1).astype(jnp.float32)[:, None], own, tuple(carriers))


class _Inputs(NamedTuple):
    """What the inputs of one kind drive: how many, the sum of their features, and how often each
    body is meant."""

    count: Float[jax.Array, "inputs 1"]
    features: Float[jax.Array, "inputs some"]
    on: tuple[Float[jax.Array, "inputs bodies"], ...]

    def mean(self, *carriers: Float[jax.Array, "inputs body"]) -> Float[jax.Array, "inputs more"]:
        """The count, and the mean of features and of the carriers' rows. carriers: their sums."""
        total = jnp.concatenate([self.features, *carriers], axis=1)
        mean = total / jnp.maximum(self.count, 1.0)
        return jnp.concatenate([jnp.minimum(self.count, LIMIT), mean], axis=1)


def _ranks(key: Int[Array, " n"]) -> Int[jax.Array, " n"]:
    """How many come before each, least first, in the order given among equals."""
    key, slot = jnp.asarray(key), np.arange(key.shape[0])
    before = key[None, :] < key[:, None]
    before |= (key[None, :] == key[:, None]) & (slot[None, :] < slot[:, None])
    return jnp.sum(before, axis=1)


def _driven(
    driven: Bool[Array, " n"], binding: Int[Array, " n"], bindings: int
) -> Bool[jax.Array, "bindings n"]:
    """What each input drives. An index out of range is the nearest."""
    mine = jnp.clip(jnp.asarray(binding), 0, bindings - 1)[None] == np.arange(bindings)[:, None]
    return jnp.asarray(driven)[None] & mine
