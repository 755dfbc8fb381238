"""Varied levels made by hand, for tests: no generator, no files."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from jaxtyping import Float

from kinetix_core.scene import (
    BLUE,
    BOUNDARY,
    GREEN,
    RED,
    Bodies,
    Scene,
    SceneSize,
    collision_matrix,
    empty_scene,
    stack_scenes,
)

_ROOM = 5.0  # m


def example_levels(size: SceneSize, n: int, seed: int = 0) -> Scene:
    """`n` different valid levels of `size` along a leading axis, on the host (NumPy).

    The first is the empty room and the second has every slot in use; the others are filled at
    random with rectangles, triangles, circles, joints of every type, thrusters, all roles and
    collision modes, and fixated bodies. Bodies begin side by side on the floor and touch here and
    there, joints begin closed. Empty slots hold leftovers. The same arguments give the same levels.
    """
    rng = np.random.default_rng([seed, *dataclasses.astuple(size)])
    used = (0.0, 1.0, *(0.3 + 0.6 * rng.random(max(0, n - 2))))
    levels = []
    for share in used[:n]:
        scene = empty_scene(size)
        _place_bodies(scene, rng, share)
        _place_joints(scene, rng, share)
        _place_thrusters(scene, rng, share)
        j = scene.joints
        matrix = collision_matrix(j.a_index, j.b_index, np.asarray(j.active), size.bodies)
        levels.append(_refilled(dataclasses.replace(scene, collision_matrix=matrix), rng))
    return stack_scenes(levels)


def with_other_leftovers(levels: Scene, seed: int = 1) -> Scene:
    """The same levels (leading axis, on the host) with other numbers in their empty slots.

    All stay finite, but nothing else is sane: indices and bindings point out of range, bodies
    lie on top of the others and carry roles.
    """
    rng = np.random.default_rng(seed)
    count = np.shape(levels.timestep)[0]
    scenes = [_refilled(_row(levels, i), rng) for i in range(count)]
    return stack_scenes(scenes)


def _row(levels: Scene, i: int) -> Scene:
    import jax

    return jax.tree.map(lambda x: np.array(x[i]), levels)


def _use(rng: np.random.Generator, slots: Any, share: float) -> np.ndarray:
    """Indices of the slots that are taken, marked as active; not always the first ones."""
    taken = np.flatnonzero(rng.random(len(slots.active)) < share)
    slots.active[taken] = True
    return taken


def _place_bodies(scene: Scene, rng: np.random.Generator, share: float) -> None:
    size = scene.size
    free = size.bodies - BOUNDARY
    if free == 0:
        return
    side = math.ceil(math.sqrt(free))
    cell = min((_ROOM - 0.4) / side, 0.9)
    left = (_ROOM - side * cell) / 2
    # the lowest row reaches into the floor's surface, neighbours may overlap a little
    places = [(left + (i + 0.5) * cell, (k + 0.4) * cell) for i in range(side) for k in range(side)]
    places = rng.permutation(np.array(places))[:free]
    reach = 0.55 * cell
    taken = np.flatnonzero(rng.random(free) < share)
    for slot in taken.tolist():
        circle = slot - (size.polygons - BOUNDARY)
        bodies, i = (scene.circles, circle) if circle >= 0 else (scene.polygons, slot + BOUNDARY)
        _motion(bodies, i, rng, places[slot])
        radius = reach * rng.uniform(0.5, 1.0)
        if circle >= 0:
            bodies.radius[i] = radius
            area, square = math.pi * radius**2, radius**2 / 4
        else:
            area, square = _polygon(bodies, i, rng, radius)
        fixated = share < 1 and rng.random() < 0.15
        mass = area * bodies.density[i]
        bodies.inverse_mass[i] = 0 if fixated else 1 / mass
        bodies.inverse_inertia[i] = 0 if fixated else 1 / (mass * square)
    _roles(scene, rng)


def _motion(bodies: Bodies, i: int, rng: np.random.Generator, place: np.ndarray) -> None:
    bodies.active[i] = True
    bodies.position[i] = place + rng.uniform(-0.05, 0.05, 2)
    bodies.rotation[i] = rng.uniform(-np.pi, np.pi)
    bodies.velocity[i] = rng.uniform(-1, 1, 2)
    bodies.angular_velocity[i] = rng.uniform(-1, 1)
    bodies.friction[i] = rng.uniform(0, 1)
    bodies.restitution[i] = rng.choice([0.0, 0.0, 0.5])
    bodies.collision_mode[i] = rng.choice([1, 1, 1, 0, 2])
    bodies.density[i] = rng.uniform(0.5, 2)


def _polygon(
    bodies: Bodies, i: int, rng: np.random.Generator, radius: float
) -> tuple[float, float]:
    """A rectangle or triangle; its area in m^2 and the mean square distance from its centre."""
    bodies.n_vertices[i] = n = rng.choice([3, 4])
    if n == 4:
        angle = rng.uniform(0.4, 1.1)
        w, h = radius * math.cos(angle), radius * math.sin(angle)
        bodies.vertices[i] = [(w, h), (w, -h), (-w, -h), (-w, h)]
        return 4 * w * h, (w * w + h * h) / 3
    angle = np.array([0, -1, -2]) * 2 * np.pi / 3 + rng.uniform(-0.4, 0.4, 3)
    corners = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    corners -= corners.mean(axis=0)
    bodies.vertices[i] = 0
    bodies.vertices[i, :3] = corners
    (ax, ay), (bx, by) = corners[1] - corners[0], corners[2] - corners[0]
    return abs(ax * by - ay * bx) / 2, float((corners**2).sum() / 12)


def _roles(scene: Scene, rng: np.random.Generator) -> None:
    """Green, blue and red on three bodies where there are so many; the floor may be one."""
    bodies = [(scene.polygons, i) for i in np.flatnonzero(scene.polygons.active) if i == 0 or i > 3]
    bodies += [(scene.circles, i) for i in np.flatnonzero(scene.circles.active)]
    for role, at in zip((GREEN, BLUE, RED), rng.permutation(len(bodies)), strict=False):
        slots, i = bodies[at]
        slots.role[i] = role


def _body(scene: Scene, index: int) -> tuple[np.ndarray, float]:
    """Position and angle of a body by its global index."""
    bodies, i = scene.polygons, index
    if index >= scene.size.polygons:
        bodies, i = scene.circles, index - scene.size.polygons
    return np.asarray(bodies.position[i]), float(bodies.rotation[i])


def _turned(vector: np.ndarray, angle: float) -> Float[np.ndarray, 2]:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])


def _active_bodies(scene: Scene) -> np.ndarray:
    return np.flatnonzero(np.concatenate([scene.polygons.active, scene.circles.active]))


def _place_joints(scene: Scene, rng: np.random.Generator, share: float) -> None:
    joints, active = scene.joints, _active_bodies(scene)
    free = active[active >= BOUNDARY]
    if len(free) == 0:
        return
    for j in _use(rng, joints, share):
        b = rng.choice(free)
        a = rng.choice(active[(active != b) & ((active == 0) | (active >= BOUNDARY))])
        (at_a, turn_a), (at_b, turn_b) = _body(scene, a), _body(scene, b)
        anchor = (at_a + at_b) / 2 if a >= BOUNDARY else at_b
        joints.a_index[j], joints.b_index[j] = a, b
        joints.a_relative_pos[j] = _turned(anchor - at_a, -turn_a)
        joints.b_relative_pos[j] = _turned(anchor - at_b, -turn_b)
        joints.global_position[j] = anchor
        joints.rotation[j] = turn_b - turn_a
        joints.is_fixed_joint[j] = rng.random() < 0.25
        joints.motor_on[j] = rng.random() < 0.7
        joints.motor_speed[j] = rng.uniform(-1, 1)
        joints.motor_power[j] = rng.uniform(0, 1)
        joints.motor_auto[j] = rng.random() < 0.3
        joints.motor_binding[j] = rng.integers(scene.size.motor_bindings)
        joints.motor_has_joint_limits[j] = rng.random() < 0.4
        joints.min_rotation[j], joints.max_rotation[j] = -rng.random(), rng.random()


def _place_thrusters(scene: Scene, rng: np.random.Generator, share: float) -> None:
    thrusters, active = scene.thrusters, _active_bodies(scene)
    free = active[active >= BOUNDARY]
    if len(free) == 0:
        return
    for t in _use(rng, thrusters, share):
        body = rng.choice(free)
        place, turn = _body(scene, body)
        thrusters.object_index[t] = body
        thrusters.relative_position[t] = rng.uniform(-0.2, 0.2, 2)
        thrusters.global_position[t] = place + _turned(
            np.asarray(thrusters.relative_position[t]), turn
        )
        thrusters.rotation[t] = rng.uniform(-np.pi, np.pi)
        thrusters.power[t] = rng.uniform(0, 1)
        thrusters.thruster_binding[t] = rng.integers(scene.size.thruster_bindings)


def _refilled(scene: Scene, rng: np.random.Generator) -> Scene:
    """Empty slots with new leftovers."""

    def junk(slots: Any) -> Any:
        empty = ~np.asarray(slots.active)
        changed = {}
        for field in dataclasses.fields(slots):
            old = np.asarray(getattr(slots, field.name))
            if field.name == "active":
                continue
            new = _junk(rng, old)
            mask = empty.reshape(-1, *(1,) * (old.ndim - 1))
            changed[field.name] = np.where(mask, new, old)
        return dataclasses.replace(slots, **changed)

    kinds = ("polygons", "circles", "joints", "thrusters")
    return dataclasses.replace(scene, **{kind: junk(getattr(scene, kind)) for kind in kinds})


def _junk(rng: np.random.Generator, like: np.ndarray) -> np.ndarray:
    if like.dtype == bool:
        return rng.random(like.shape) < 0.5
    if np.issubdtype(like.dtype, np.integer):
        return rng.integers(-2, 70, like.shape).astype(like.dtype)
    return rng.uniform(-1, 4, like.shape).astype(like.dtype)
