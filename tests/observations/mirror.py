"""The mirror image of a scene, left to right about the middle of the room."""

from dataclasses import replace

import jax
import numpy as np

from kinetix_core.scene import BOUNDARY, LEFT_WALL, RIGHT_WALL, Array, Bodies, Scene

_ROOM = 5.0  # m
_ACROSS = np.array([-1, 1], np.float32)


def mirrored(scene: Scene) -> Scene:
    """A scene that moves as `scene` does while its motors are driven the other way round.

    Rows of side walls stay, but for what they do: roles, and what hangs on them.
    """
    scene = jax.tree.map(np.array, scene)  # a copy
    joints, thrusters = scene.joints, scene.thrusters
    walls = np.arange(scene.size.bodies)
    walls[[LEFT_WALL, RIGHT_WALL]] = RIGHT_WALL, LEFT_WALL
    for kind, first in ((scene.polygons, BOUNDARY), (scene.circles, 0)):
        _flip(kind, slice(first, None))
    scene.polygons.role[:BOUNDARY] = scene.polygons.role[walls[:BOUNDARY]]
    ends = [
        (points * _ACROSS + np.where(_on_side_wall(index), _ROOM, 0)[:, None] * [1, 0])
        for points, index in (
            (joints.a_relative_pos, joints.a_index),
            (joints.b_relative_pos, joints.b_index),
        )
    ]
    joints = replace(
        joints,
        a_index=walls[joints.a_index].astype(np.int32),
        b_index=walls[joints.b_index].astype(np.int32),
        a_relative_pos=ends[0].astype(np.float32),
        b_relative_pos=ends[1].astype(np.float32),
        rotation=-joints.rotation,
        min_rotation=-joints.max_rotation,
        max_rotation=-joints.min_rotation,
    )
    thrusters = replace(
        thrusters,
        relative_position=thrusters.relative_position * _ACROSS,
        rotation=(np.pi - thrusters.rotation).astype(np.float32),
    )
    collide = scene.collision_matrix[walls][:, walls]
    return replace(scene, joints=joints, thrusters=thrusters, collision_matrix=collide)


def _on_side_wall(index: Array) -> np.ndarray:
    return np.isin(index, (LEFT_WALL, RIGHT_WALL))


def _flip(bodies: Bodies, free: slice) -> None:
    bodies.position[free, 0] = _ROOM - bodies.position[free, 0]
    bodies.velocity[free, 0] *= -1
    bodies.rotation[free] *= -1
    bodies.angular_velocity[free] *= -1
    for vertices, count in zip(bodies.vertices[free], bodies.n_vertices[free], strict=True):
        vertices[:count] = vertices[:count][::-1] * _ACROSS  # so that they stay clockwise
