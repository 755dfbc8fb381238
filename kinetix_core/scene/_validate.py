"""What a proper scene is: every rule in one place, each broken one in one line."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from typing import Any

import jax
import numpy as np

from kinetix_core.errors import LevelError

from ._scene import NORMAL, RED, Array, Bodies, Scene, collision_matrix, empty_scene
from ._size import SceneSize

_FLAT = 1e-6
"""m^2: a corner this close to straight still counts as convex (published values are f32)."""

_PREFIX = {
    "polygons": "polygon",
    "circles": "circle",
    "joints": "joint",
    "thrusters": "thruster",
}


def validate(scene: Scene, ignore: Collection[str] = ()) -> list[str]:
    """Every broken rule of one scene on the host, as `polygon[4].position: ...`; empty: fine.

    Numbers must be finite in every slot, because empty slots are moved too; all else is asked
    of active slots only, which may leave what they like in the others. `ignore` names Scene
    fields not to look at. Source: spec/physics.md 1, 3, 4 and spec/environment.md 2.
    """
    if problems := list(_shapes(scene)):
        return problems
    scene = jax.tree.map(np.asarray, scene)
    rules = (_finite, _boundary, _polygons, _circles, _joints, _thrusters)
    problems = [problem for rule in rules for problem in rule(scene)]
    if not problems and "collision_matrix" not in ignore:
        problems = list(_matrix(scene))
    return problems


def check_scene(scene: Scene) -> Scene:
    """The scene as it is. Raises `LevelError` with the first broken rule."""
    if problems := validate(scene):
        raise LevelError(problems[0])
    return scene


def _leaves(scene: Scene) -> Iterator[tuple[str, str, Any]]:
    """(kind or nothing, field, leaf) in the order of the words of a scene."""
    for field in dataclasses.fields(scene):
        value = getattr(scene, field.name)
        if field.name in _PREFIX:
            for inner in dataclasses.fields(value):
                yield _PREFIX[field.name], inner.name, getattr(value, inner.name)
        elif field.name != "size":
            yield "", field.name, value


def _shapes(scene: Scene) -> Iterator[str]:
    """A leaf of another shape or type than the size asks for."""
    pattern = _leaves(empty_scene(scene.size))
    for (kind, name, leaf), (_, _, wanted) in zip(_leaves(scene), pattern, strict=True):
        place = f"{kind}.{name}" if kind else name
        shape, dtype = tuple(np.shape(leaf)), getattr(leaf, "dtype", type(leaf).__name__)
        if shape != wanted.shape:
            size = scene.size.name
            yield f"{place}: shape {wanted.shape} is expected in size {size}, not {shape}"
        elif dtype != wanted.dtype:
            yield f"{place}: {wanted.dtype} is expected, not {dtype}"


def _finite(scene: Scene) -> Iterator[str]:
    for kind, name, leaf in _leaves(scene):
        if not np.issubdtype(leaf.dtype, np.floating) or np.isfinite(leaf).all():
            continue
        index = np.argwhere(~np.isfinite(leaf))[0]
        place = f"{kind}[{index[0]}].{name}" if kind else name
        yield f"{place}: finite numbers are expected, not {leaf[tuple(index)]}"


def _boundary(scene: Scene) -> Iterator[str]:
    """Floor, walls and ceiling are there and stay where they are."""
    for i, name in enumerate(("floor", "left wall", "right wall", "ceiling")):
        polygons = scene.polygons
        if not polygons.active[i]:
            yield f"polygon[{i}].active: true is expected, this is the {name}"
        for field in ("inverse_mass", "inverse_inertia", "velocity", "angular_velocity"):
            if (value := getattr(polygons, field)[i]).any():
                yield f"polygon[{i}].{field}: 0 is expected of the {name}, not {_show(value)}"


def _show(value: Any) -> str:
    return str(np.asarray(value).tolist())


def _body_values(bodies: Bodies, kind: str) -> Iterator[str]:
    """What polygons and circles have in common."""
    for i in np.flatnonzero(bodies.active):
        for field in ("inverse_mass", "inverse_inertia", "friction", "restitution", "density"):
            if (value := getattr(bodies, field)[i]) < 0:
                yield f"{kind}[{i}].{field}: 0 or more is expected, not {_show(value)}"
        if not 0 <= (mode := bodies.collision_mode[i]) <= 2:
            yield f"{kind}[{i}].collision_mode: 0, 1 or 2 is expected, not {mode}"
        if not NORMAL <= (role := bodies.role[i]) <= RED:
            yield f"{kind}[{i}].role: {NORMAL} to {RED} is expected, not {role}"


def polygon_problem(vertices: Array, n_vertices: int) -> str | None:
    """Why the first `n_vertices` of the (4, 2) vertices are no polygon, or None."""
    if n_vertices not in (3, 4):
        return f"n_vertices: 3 or 4 is expected, not {n_vertices}"
    v = np.asarray(vertices, np.float64)[:n_vertices]
    edge = np.roll(v, -1, axis=0) - v
    after = np.roll(edge, -1, axis=0)
    turn = edge[:, 0] * after[:, 1] - edge[:, 1] * after[:, 0]  # > 0: to the left
    x, y = v.T
    area = np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2
    if abs(area) <= _FLAT and (np.abs(turn) <= _FLAT).all():
        return "vertices: a polygon with an area is expected, these lie on a line"
    if (turn > _FLAT).any() and (turn < -_FLAT).any():
        return "vertices: a convex polygon is expected, this one is concave or crosses itself"
    if area > 0:
        return "vertices: clockwise order is expected, these are counter-clockwise"
    return None


def _polygons(scene: Scene) -> Iterator[str]:
    polygons = scene.polygons
    yield from _body_values(polygons, "polygon")
    for i in np.flatnonzero(polygons.active):
        problem = polygon_problem(polygons.vertices[i], int(polygons.n_vertices[i]))
        if problem:
            yield f"polygon[{i}].{problem}"


def _circles(scene: Scene) -> Iterator[str]:
    yield from _body_values(scene.circles, "circle")
    for i in np.flatnonzero(scene.circles.active):
        if (radius := scene.circles.radius[i]) <= 0:
            yield f"circle[{i}].radius: more than 0 is expected, not {_show(radius)}"


def _body_active(scene: Scene) -> np.ndarray:
    return np.concatenate([scene.polygons.active, scene.circles.active])


def body_problem(index: int, active: Array, size: SceneSize) -> str | None:
    """Why `index` names no body in use, or None."""
    if not 0 <= index < size.bodies:
        return f"a body, 0 to {size.bodies - 1}, is expected, not {index}"
    if not active[index]:
        circle = index - size.polygons
        what = f"circle[{circle}]" if circle >= 0 else f"polygon[{index}]"
        return f"body {index}, {what}, is not there (not active)"
    return None


def _joints(scene: Scene) -> Iterator[str]:
    joints, size, bodies = scene.joints, scene.size, _body_active(scene)
    for i in np.flatnonzero(joints.active):
        a, b = int(joints.a_index[i]), int(joints.b_index[i])
        for name, index in (("a_index", a), ("b_index", b)):
            if problem := body_problem(index, bodies, size):
                yield f"joint[{i}].{name}: {problem}"
        if a == b:
            yield f"joint[{i}]: two bodies are expected, both ends are on body {a}"
        binding, room = joints.motor_binding[i], size.motor_bindings
        if not 0 <= binding < room:
            yield f"joint[{i}].motor_binding: 0 to {room - 1} is expected, not {binding}"
        if (power := joints.motor_power[i]) < 0:
            yield f"joint[{i}].motor_power: 0 or more is expected, not {_show(power)}"
        low, high = joints.min_rotation[i], joints.max_rotation[i]
        if joints.motor_has_joint_limits[i] and low > high:
            yield (
                f"joint[{i}].min_rotation: at most max_rotation={_show(high)} is expected, "
                f"not {_show(low)}"
            )


def _thrusters(scene: Scene) -> Iterator[str]:
    thrusters, size, bodies = scene.thrusters, scene.size, _body_active(scene)
    for i in np.flatnonzero(thrusters.active):
        if problem := body_problem(int(thrusters.object_index[i]), bodies, size):
            yield f"thruster[{i}].object_index: {problem}"
        binding, room = thrusters.thruster_binding[i], size.thruster_bindings
        if not 0 <= binding < room:
            yield f"thruster[{i}].thruster_binding: 0 to {room - 1} is expected, not {binding}"


def _matrix(scene: Scene) -> Iterator[str]:
    j = scene.joints
    wanted = collision_matrix(j.a_index, j.b_index, j.active, scene.size.bodies)
    if len(wrong := np.argwhere(scene.collision_matrix != wanted)):
        a, b = wrong[0].tolist()
        yield f"collision_matrix[{a}][{b}]: {wanted[a, b]} follows from the joints"
