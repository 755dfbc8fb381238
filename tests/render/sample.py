"""A level with one of everything, and a made-up attempt at it."""

import numpy as np

from kinetix_core.render import Recording
from kinetix_core.scene import BLUE, GREEN, RED, S, Scene, empty_scene


def sample_level() -> Scene:
    """A green bar (polygon 4) on a motor with limits, a blue and a fixated red circle."""
    scene = empty_scene(S)
    bodies = scene.polygons
    bodies.active[4], bodies.position[4], bodies.rotation[4] = True, (2, 2), 0.5
    bodies.vertices[4] = [(-0.5, 0.1), (0.5, 0.1), (0.5, -0.1), (-0.5, -0.1)]
    bodies.inverse_mass[4], bodies.inverse_inertia[4], bodies.role[4] = 1, 1, GREEN
    circles = scene.circles
    circles.active[:], circles.radius[:] = True, (0.3, 0.2)
    circles.position[:], circles.role[:] = [(2.5, 2), (4, 1)], [BLUE, RED]
    circles.inverse_mass[:] = [1, 0]
    joints = scene.joints
    joints.active[:], joints.a_index[:], joints.b_index[:] = True, 5, 4
    joints.b_relative_pos[:] = (0.5, 0)
    joints.motor_on[:], joints.motor_has_joint_limits[:], joints.motor_binding[:] = True, True, 2
    joints.min_rotation[:], joints.max_rotation[:] = -0.4, 0.9
    thrusters = scene.thrusters
    thrusters.active[:], thrusters.object_index[:], thrusters.power[:] = True, 4, 1
    thrusters.relative_position[:], thrusters.rotation[:] = (-0.5, 0), np.pi / 2
    return scene


def sample_recording(name: str = "sample", outcome: str = "solved", steps: int = 10) -> Recording:
    """The bar and the blue circle move and turn; motor and thruster come and go."""
    level = sample_level()
    time = np.arange(steps + 1)[:, None]
    moves = np.array([0, 0, 0, 0, 1, -1, 0])
    position = level.bodies.position + 0.0317 * time[..., None] * moves[:, None]
    rotation = level.bodies.rotation - 3.1 * time * moves
    controls = np.stack([np.cos(np.arange(steps)), np.arange(steps) % 2], axis=1)
    reward = np.full(steps, 0.0123)
    return Recording(name, level, position, rotation, controls, reward, outcome)
