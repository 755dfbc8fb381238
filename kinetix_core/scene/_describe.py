"""What is in a level, in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from kinetix_core.errors import printable

from ._files import read_level
from ._scene import Bodies, Joints, Scene, Thrusters
from ._size import BOUNDARY, SceneSize
from ._summary import ROLES

_BOUNDARY_NAMES = ("floor", "left wall", "right wall", "ceiling")


def describe_level(level: str | os.PathLike[str]) -> str:
    """Every active body, joint and thruster of a level, one per line. Raises `LevelError`."""
    scene = read_level(level).scene
    size = scene.size
    gravity = _vector(scene.gravity)
    slots = ", ".join(size.slots(k) for k in ("polygons", "circles", "joints", "thrusters"))
    head = (
        f"{printable(os.fspath(level))}: size {size.name} with slots for {slots}, "
        f"gravity {gravity} m/s^2"
    )
    return "\n".join([head, *describe_scene(scene)])


def describe_scene(scene: Scene) -> Iterator[str]:
    """The lines of a single scene: bodies by body index, then joints, then thrusters."""
    scene = jax.tree.map(np.asarray, scene)
    yield "bodies"
    for i in _active(scene.polygons):
        yield f"  {_name(i, scene.size)}: {_body(scene.polygons, i, _polygon_shape(scene, i))}"
    for i in _active(scene.circles):
        shape = f"radius {_number(scene.circles.radius[i])}"
        yield f"  {_name(scene.size.polygons + i, scene.size)}: {_body(scene.circles, i, shape)}"
    if scene.joints.active.any():
        yield "joints"
        yield from (f"  {_joint(scene, i)}" for i in _active(scene.joints))
    if scene.thrusters.active.any():
        yield "thrusters"
        yield from (f"  {_thruster(scene, i)}" for i in _active(scene.thrusters))


def _active(slots: Bodies | Joints | Thrusters) -> list[int]:
    return np.flatnonzero(slots.active).tolist()


def _number(value: Any) -> str:
    return f"{float(value):.3g}"


def _vector(value: Any) -> str:
    return f"({', '.join(map(_number, value))})"


def _name(index: Any, size: SceneSize) -> str:
    if index < BOUNDARY:
        return f"{index} {_BOUNDARY_NAMES[index]}"
    if index < size.polygons:
        return f"{index} polygon[{index}]"
    return f"{index} circle[{index - size.polygons}]"


def _polygon_shape(scene: Scene, i: int) -> str:
    if i < BOUNDARY:
        return ""
    v = scene.polygons.vertices[i][: scene.polygons.n_vertices[i]]
    width, height = np.ptp(v, axis=0)
    kind = "triangle" if len(v) == 3 else "quadrilateral"
    box = len(v) == 4 and len(np.unique(np.round(np.abs(v), 4), axis=0)) == 1
    return f"{'rectangle' if box else kind} {_number(width)} x {_number(height)}"


def _body(bodies: Bodies, i: int, shape: str) -> str:
    """What differs from a resting, grey body of the usual kind is said; the rest is not."""
    boundary = not shape
    parts = [ROLES[int(bodies.role[i])], shape]
    if not boundary:
        parts.append(f"at {_vector(bodies.position[i])}")
    if bodies.rotation[i]:
        parts.append(f"turned {_number(bodies.rotation[i])} rad")
    if np.any(bodies.velocity[i]) or bodies.angular_velocity[i]:
        speed = _vector(bodies.velocity[i])
        parts.append(f"moving {speed} m/s, {_number(bodies.angular_velocity[i])} rad/s")
    if not boundary and not bodies.inverse_mass[i]:
        parts.append("fixated")
    elif not boundary:
        parts.append(f"{_number(1 / bodies.inverse_mass[i])} kg")
    for field, usual in (("friction", 1), ("restitution", 0)):
        if (value := getattr(bodies, field)[i]) != usual:
            parts.append(f"{field} {_number(value)}")
    if (mode := bodies.collision_mode[i]) != (2 if boundary else 1):
        parts.append(f"collision mode {mode}")
    return ", ".join(part for part in parts if part)


def _joint(scene: Scene, i: int) -> str:
    j, size = scene.joints, scene.size
    kind = "fixed" if j.is_fixed_joint[i] else "revolute"
    parts = [f"{i} {kind}: {_name(j.a_index[i], size)} to {_name(j.b_index[i], size)}"]
    parts.append(f"at {_vector(j.global_position[i])}")
    if not j.is_fixed_joint[i]:
        if j.motor_has_joint_limits[i]:
            parts.append(f"limits {_number(j.min_rotation[i])} to {_number(j.max_rotation[i])} rad")
        if j.motor_on[i]:
            drive = "always on" if j.motor_auto[i] else f"binding {j.motor_binding[i]}"
            speed, power = _number(j.motor_speed[i]), _number(j.motor_power[i])
            parts.append(f"motor speed {speed}, power {power}, {drive}")
    return ", ".join(parts)


def _thruster(scene: Scene, i: int) -> str:
    t = scene.thrusters
    where = f"{_name(t.object_index[i], scene.size)} at {_vector(t.relative_position[i])} of it"
    push = f"pushes to {_number(t.rotation[i])} rad, power {_number(t.power[i])}"
    return f"{i} on {where}, {push}, binding {t.thruster_binding[i]}"
