"""Levels in another size, and in another order of slots."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

import numpy as np

from kinetix_core.errors import LevelError

from ._scene import Array, Bodies, Joints, Scene, Thrusters, collision_matrix
from ._size import BOUNDARY, SceneSize, smallest

Slots = TypeVar("Slots", Bodies, Joints, Thrusters)

_KINDS = ("polygons", "circles", "joints", "thrusters")


def _padded(slots: Slots, count: int) -> Slots:
    """All fields of the new slots are zero: mode 0, no vertices, friction 0, density 0."""

    def pad(leaf: np.ndarray) -> np.ndarray:
        room = np.zeros((count - len(leaf), *leaf.shape[1:]), leaf.dtype)
        return np.concatenate([leaf, room])

    return dataclasses.replace(slots, **{k: pad(np.asarray(v)) for k, v in vars(slots).items()})


def _ordered(slots: Slots, order: np.ndarray) -> Slots:
    return dataclasses.replace(slots, **{k: np.asarray(v)[order] for k, v in vars(slots).items()})


def _indexed(scene: Scene, bodies: np.ndarray) -> Scene:
    """The scene after body i has become body `bodies[i]`, and with no contacts.

    Inactive slots may hold any index; what is no body stays as it is.
    """

    def moved(old: Array) -> np.ndarray:
        index = np.asarray(old)
        known = (index >= 0) & (index < len(bodies))
        return np.where(known, bodies[np.where(known, index, 0)], index).astype(np.int32)

    j = scene.joints
    joints = dataclasses.replace(j, a_index=moved(j.a_index), b_index=moved(j.b_index))
    index = moved(scene.thrusters.object_index)
    size = scene.size
    return dataclasses.replace(
        scene,
        joints=joints,
        thrusters=dataclasses.replace(scene.thrusters, object_index=index),
        collision_matrix=collision_matrix(
            joints.a_index, joints.b_index, np.asarray(joints.active), size.bodies
        ),
        touching=np.zeros(len(size.pairs), bool),
    )


def check_fits(old: SceneSize, new: SceneSize) -> None:
    """Raises `LevelError` naming what a level of size `old` has too much of for `new`."""
    for kind in _KINDS:
        if getattr(old, kind) > getattr(new, kind):
            raise LevelError(
                f"slots for {old.slots(kind)}, used or not, do not fit size {new.name}, which has "
                f"{new.slots(kind)}; the smallest size that fits is size={smallest(old).written}"
            )


def _check_bindings(scene: Scene, size: SceneSize) -> None:
    for kind, slots, bindings, room in (
        ("motor", scene.joints, scene.joints.motor_binding, size.motor_bindings),
        ("thruster", scene.thrusters, scene.thrusters.thruster_binding, size.thruster_bindings),
    ):
        used = np.asarray(bindings)[np.asarray(slots.active)]
        if (used >= room).any():
            raise LevelError(
                f"{kind} binding {used.max()} does not fit size {size.name}, "
                f"which has {kind} bindings 0 to {room - 1}"
            )


def expand(scene: Scene, size: SceneSize) -> Scene:
    """A single scene with the slots of `size`, on the host, and with no contacts.

    New slots follow the old ones of their kind and are zero throughout; indices of circles grow
    accordingly. Slots are counted, not bodies in use: there is no shrinking.
    Raises `LevelError` naming what does not fit. Source: spec/level_format.md 5.
    """
    old = scene.size
    check_fits(old, size)
    _check_bindings(scene, size)
    grown = dataclasses.replace(
        scene,
        polygons=_padded(scene.polygons, size.polygons),
        circles=_padded(scene.circles, size.circles),
        joints=_padded(scene.joints, size.joints),
        thrusters=_padded(scene.thrusters, size.thrusters),
        size=size,
    )
    circles = size.polygons + np.arange(old.circles)
    return _indexed(grown, np.concatenate([np.arange(old.polygons), circles]))


def permute(scene: Scene, number: int) -> Scene:
    """The same level with its slots in another order, which `number` decides.

    Circles, polygons after the boundary, joints and thrusters are shuffled, each among
    themselves. For a single fresh level on the host: contacts are emptied.
    Source: spec/environment.md 8.
    """
    rng = np.random.default_rng(number)
    size = scene.size
    free = BOUNDARY + rng.permutation(size.polygons - BOUNDARY)
    polygons = np.concatenate([np.arange(BOUNDARY), free])
    circles = rng.permutation(size.circles)
    shuffled = dataclasses.replace(
        scene,
        polygons=_ordered(scene.polygons, polygons),
        circles=_ordered(scene.circles, circles),
        joints=_ordered(scene.joints, rng.permutation(size.joints)),
        thrusters=_ordered(scene.thrusters, rng.permutation(size.thrusters)),
    )
    return _indexed(shuffled, np.argsort(np.concatenate([polygons, size.polygons + circles])))
