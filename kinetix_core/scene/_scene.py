"""Scene: the engine-neutral description of a world at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from ._size import BOUNDARY, SceneSize

Array: TypeAlias = jax.Array | np.ndarray

NORMAL, GREEN, BLUE, RED = range(4)
"""Roles: bring a green body to a blue one, keep green off red."""


class Bodies(eqx.Module):
    """Rigid bodies, one per slot: the polygons or the circles of a scene.

    Inactive slots keep whatever they hold; nothing may depend on it.
    Source: spec/physics.md 1.1, spec/environment.md 2.
    """

    position: Float[Array, "bodies 2"]  # m, centre of mass
    rotation: Float[Array, " bodies"]  # rad, counter-clockwise, never wrapped
    velocity: Float[Array, "bodies 2"]  # m/s
    angular_velocity: Float[Array, " bodies"]  # rad/s
    inverse_mass: Float[Array, " bodies"]  # 1/kg, 0: fixated
    inverse_inertia: Float[Array, " bodies"]  # 1/(kg m^2), 0: does not turn
    friction: Float[Array, " bodies"]  # relative, times the engine's base_friction
    restitution: Float[Array, " bodies"]
    collision_mode: Int[Array, " bodies"]  # 0, 1 or 2: spec/physics.md 4.3
    active: Bool[Array, " bodies"]
    n_vertices: Int[Array, " bodies"]  # 3 or 4; circles: meaningless
    vertices: Float[Array, "bodies 4 2"]  # m, body frame, clockwise; circles: meaningless
    radius: Float[Array, " bodies"]  # m; polygons: meaningless
    density: Float[Array, " bodies"]  # kg/m^2; editing and observations only
    role: Int[Array, " bodies"]  # NORMAL, GREEN, BLUE or RED


class Joints(eqx.Module):
    """Joints between two bodies. Source: spec/physics.md 1.2, spec/environment.md 2."""

    a_index: Int[Array, " joints"]  # body index
    b_index: Int[Array, " joints"]
    a_relative_pos: Float[Array, "joints 2"]  # m, in the frame of body a
    b_relative_pos: Float[Array, "joints 2"]
    global_position: Float[Array, "joints 2"]  # m, cached; drawing only
    active: Bool[Array, " joints"]
    motor_speed: Float[Array, " joints"]  # times the engine's base_motor_speed
    motor_power: Float[Array, " joints"]  # times the engine's base_motor_power
    motor_on: Bool[Array, " joints"]  # has a motor
    motor_has_joint_limits: Bool[Array, " joints"]
    min_rotation: Float[Array, " joints"]  # rad, relative to `rotation`
    max_rotation: Float[Array, " joints"]
    is_fixed_joint: Bool[Array, " joints"]  # welded; otherwise revolute
    rotation: Float[Array, " joints"]  # rad, angle of b minus angle of a at rest
    motor_binding: Int[Array, " joints"]  # which motor input drives it
    motor_auto: Bool[Array, " joints"]  # always driven with +1


class Thrusters(eqx.Module):
    """Thrusters on bodies. Source: spec/physics.md 1.3, spec/environment.md 2."""

    object_index: Int[Array, " thrusters"]  # body index
    relative_position: Float[Array, "thrusters 2"]  # m, body frame
    rotation: Float[Array, " thrusters"]  # rad, direction of the push, relative to the body
    power: Float[Array, " thrusters"]  # times the engine's base_thruster_power
    global_position: Float[Array, "thrusters 2"]  # m, cached; drawing only
    active: Bool[Array, " thrusters"]
    thruster_binding: Int[Array, " thrusters"]  # which thruster input drives it


class Scene(eqx.Module):
    """A world at an instant; a *level* is a Scene at time 0.

    Leaves are NumPy arrays (made on the host: builder, level files) or JAX arrays, and may all
    have further leading axes. Padding: slots with `active == False`.
    """

    polygons: Bodies
    circles: Bodies
    joints: Joints
    thrusters: Thrusters
    collision_matrix: Bool[Array, "bodies bodies"]  # True: the pair may exchange impulses
    gravity: Float[Array, 2]  # m/s^2
    touching: Bool[Array, " pairs"]  # in the last physics step, in the order of `size.pairs`
    timestep: Int[Array, ""]  # environment steps since the level began
    size: SceneSize = eqx.field(static=True)

    @property
    def bodies(self) -> Bodies:
        """Polygons, then circles: the order of the body index. For a single scene."""
        xp = np if isinstance(self.gravity, np.ndarray) else jax.numpy
        return jax.tree.map(lambda p, c: xp.concatenate([p, c]), self.polygons, self.circles)


class ContactMemory(eqx.Module):
    """What a solver remembers between steps, as stored in level files and golden states.

    Rows follow `SceneSize.polygon_pairs`, `circle_polygon_pairs` and `circle_pairs`; a
    polygon pair has two contact slots. Impulses in N s. Source: spec/physics.md 1.2 and 1.4.
    """

    polygon_active: Bool[Array, "polygon_pairs 2"]
    polygon_normal_impulse: Float[Array, "polygon_pairs 2"]
    polygon_tangent_impulse: Float[Array, "polygon_pairs 2"]
    circle_polygon_active: Bool[Array, " circle_polygon_pairs"]
    circle_polygon_normal_impulse: Float[Array, " circle_polygon_pairs"]
    circle_polygon_tangent_impulse: Float[Array, " circle_polygon_pairs"]
    circle_active: Bool[Array, " circle_pairs"]
    circle_normal_impulse: Float[Array, " circle_pairs"]
    circle_tangent_impulse: Float[Array, " circle_pairs"]
    joint_impulse: Float[Array, "joints 2"]
    joint_angular_impulse: Float[Array, " joints"]


def empty_bodies(count: int, *, n_vertices: int) -> Bodies:
    """Free slots of a fresh world: friction 1, density 1, collision mode 1, everything else 0."""

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros((count, *shape), np.float32)

    return Bodies(
        position=zeros(2),
        rotation=zeros(),
        velocity=zeros(2),
        angular_velocity=zeros(),
        inverse_mass=zeros(),
        inverse_inertia=zeros(),
        friction=np.ones(count, np.float32),
        restitution=zeros(),
        collision_mode=np.ones(count, np.int32),
        active=np.zeros(count, bool),
        n_vertices=np.full(count, n_vertices, np.int32),
        vertices=zeros(4, 2),
        radius=zeros(),
        density=np.ones(count, np.float32),
        role=np.zeros(count, np.int32),
    )


def _boundary(polygons: Bodies) -> None:
    """Floor, left wall, right wall and ceiling of the 5 m room: spec/physics.md 7."""
    room = slice(0, BOUNDARY)
    polygons.active[room] = True
    polygons.collision_mode[room] = 2
    polygons.position[room] = [(2.5, -4.8), (0, 0), (0, 0), (2.5, 10.2)]
    slab = [(2.5, 5.2), (2.5, -5.2), (-2.5, -5.2), (-2.5, 5.2)]
    polygons.vertices[0] = slab
    polygons.vertices[1] = [(-5, 5), (0, 5), (0, 0), (-5, 0)]
    polygons.vertices[2] = [(5, 5), (10, 5), (10, 0), (5, 0)]
    polygons.vertices[3] = [(5, 5.2), *slab[1:]]  # the published world has this corner at x = 5


def empty_scene(size: SceneSize) -> Scene:
    """The empty room of `size`, on the host (NumPy arrays). Source: spec/physics.md 7."""
    polygons = empty_bodies(size.polygons, n_vertices=4)
    _boundary(polygons)
    j, t = size.joints, size.thrusters
    joints = Joints(
        a_index=np.zeros(j, np.int32),
        b_index=np.zeros(j, np.int32),
        a_relative_pos=np.zeros((j, 2), np.float32),
        b_relative_pos=np.zeros((j, 2), np.float32),
        global_position=np.full((j, 2), 256, np.float32),
        active=np.zeros(j, bool),
        motor_speed=np.zeros(j, np.float32),
        motor_power=np.zeros(j, np.float32),
        motor_on=np.zeros(j, bool),
        motor_has_joint_limits=np.zeros(j, bool),
        min_rotation=np.zeros(j, np.float32),
        max_rotation=np.zeros(j, np.float32),
        is_fixed_joint=np.zeros(j, bool),
        rotation=np.zeros(j, np.float32),
        motor_binding=np.zeros(j, np.int32),
        motor_auto=np.zeros(j, bool),
    )
    thrusters = Thrusters(
        object_index=np.zeros(t, np.int32),
        relative_position=np.zeros((t, 2), np.float32),
        rotation=np.zeros(t, np.float32),
        power=np.zeros(t, np.float32),
        global_position=np.zeros((t, 2), np.float32),
        active=np.zeros(t, bool),
        thruster_binding=np.zeros(t, np.int32),
    )
    return Scene(
        polygons=polygons,
        circles=empty_bodies(size.circles, n_vertices=0),
        joints=joints,
        thrusters=thrusters,
        collision_matrix=~np.eye(size.bodies, dtype=bool),
        gravity=np.array([0, -9.81], np.float32),
        touching=np.zeros(len(size.pairs), bool),
        timestep=np.zeros((), np.int32),
        size=size,
    )


def empty_memory(size: SceneSize) -> ContactMemory:
    """No contact remembered, on the host (NumPy arrays)."""
    pp, cp, cc = len(size.polygon_pairs), len(size.circle_polygon_pairs), len(size.circle_pairs)

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.float32)

    return ContactMemory(
        polygon_active=np.zeros((pp, 2), bool),
        polygon_normal_impulse=zeros(pp, 2),
        polygon_tangent_impulse=zeros(pp, 2),
        circle_polygon_active=np.zeros(cp, bool),
        circle_polygon_normal_impulse=zeros(cp),
        circle_polygon_tangent_impulse=zeros(cp),
        circle_active=np.zeros(cc, bool),
        circle_normal_impulse=zeros(cc),
        circle_tangent_impulse=zeros(cc),
        joint_impulse=zeros(size.joints, 2),
        joint_angular_impulse=zeros(size.joints),
    )


def collision_matrix(
    a_index: Int[Array, " joints"],
    b_index: Int[Array, " joints"],
    active: Bool[Array, " joints"],
    bodies: int,
) -> np.ndarray:
    """Which bodies may exchange impulses, (bodies, bodies) bool, on the host.

    False on the diagonal and between bodies that active joints connect, directly or through
    others. Source: spec/physics.md 4.2.
    """
    group = np.arange(bodies)
    for a, b in zip(np.asarray(a_index)[active], np.asarray(b_index)[active], strict=True):
        group[group == group[b]] = group[a]
    return group[:, None] != group[None, :]


def stack_scenes(scenes: Sequence[Scene]) -> Scene:
    """Scenes of one size along a new leading axis, on the host."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(x) for x in leaves]), *scenes)
