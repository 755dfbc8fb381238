"""Mutations that add something, or draw a new size. Source: spec/generator.md 7."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Bool, PRNGKeyArray

from kinetix_core.scene import BOUNDARY, Array, Scene

from ._attachments import JOINT_DRAWS, THRUSTER_DRAWS, joint_properties, thruster
from ._lanes import Shapes, rotated
from ._mutation_view import (
    connected,
    draw,
    ends,
    first,
    free_bodies,
    index,
    shapes_of,
    weighed,
    with_bodies,
)
from ._mutations import Edit, settled
from ._placement import SHAPE_DRAWS, Choices, Placement, choices, new_shape, place, size_limit


class _Adding(Edit):
    """What adding a shape needs."""

    joined = False

    def _room(self, scene: Scene) -> tuple[Choices, Array]:
        """What is possible, and the free slots of bodies."""
        shapes, size = shapes_of(scene), scene.size
        free, number = ~shapes.active, jnp.arange(size.bodies)
        a, b = ends(scene)
        here = choices(
            self.config,
            shapes,
            jnp.sum(a | b, axis=0),
            number < BOUNDARY,
            polygon_free=jnp.any(free & ~shapes.circle),
            circle_free=jnp.any(free & shapes.circle),
        )
        return here, free

    def possible(self, scene: Scene) -> Bool[Array, ""]:
        here, _ = self._room(scene)
        room = here.polygon_free | here.circle_free
        if not self.joined:
            return room
        return room & jnp.any(~jnp.asarray(scene.joints.active)) & here.company

    def _placed(self, key: PRNGKeyArray, scene: Scene) -> tuple[Placement, Array, Scene]:
        """A new shape, its slot (one-hot; none where there is no room), the scene with it."""
        here, free = self._room(scene)
        u = jax.random.uniform(key, (SHAPE_DRAWS,))
        joined, fixable = jnp.bool_(self.joined), jnp.bool_(False)
        placement = place(self.config, here, u, joined=joined, movable=fixable, margin=0.0)
        circle = jnp.arange(free.shape[0]) >= scene.size.polygons
        slot = first(free & (circle == placement.shape.circle)) & self.possible(scene)
        return placement, slot, _written(scene, placement.shape, slot)


def _written(scene: Scene, shape: Shapes, slot: Array) -> Scene:
    """With a new shape in a slot, with a density of 1."""
    bodies = scene.bodies
    corners = jnp.stack([shape.vx, shape.vy], axis=-1)
    corners = corners.at[3].set(jnp.where(shape.quad, corners[3], 0.0))
    inverse = jnp.where(shape.fixated, 0.0, 1.0)
    new = {
        "position": jnp.stack([shape.x, shape.y]),
        "rotation": shape.rotation,
        "velocity": jnp.zeros(2),
        "angular_velocity": jnp.float32(0.0),
        "inverse_mass": inverse,
        "inverse_inertia": inverse,
        "friction": jnp.float32(1.0),
        "restitution": jnp.float32(0.0),
        "collision_mode": jnp.int32(1),
        "active": jnp.bool_(True),
        "n_vertices": jnp.where(shape.quad, 4, 3),
        "vertices": corners,
        "radius": shape.radius,
        "density": jnp.float32(1.0),
        "role": shape.role,
    }

    def put(old: Array, value: Array) -> jax.Array:
        here = slot.reshape(-1, *(1,) * (old.ndim - 1))
        return jnp.where(here, value[None].astype(old.dtype), old)

    fields = {name: put(getattr(bodies, name), value) for name, value in new.items()}
    return weighed(with_bodies(scene, **fields), slot)


class AddShape(_Adding):
    """A shape anywhere in the room, as the generator places it; a single candidate."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        return connected(self._placed(key, scene)[2])


class AddJoinedShape(_Adding):
    """A shape joined to another one; a single candidate, whether or not it can be seen."""

    joined = True

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        j = scene.joints
        if not j.active.shape[0]:
            return scene
        shape_key, joint_key = jax.random.split(key)
        placement, slot, grown = self._placed(shape_key, scene)
        shape, link, _ = placement
        at = first(~jnp.asarray(j.active)) & jnp.any(slot)
        own, target = index(slot), link.target.astype(jnp.int32)
        there = shapes_of(grown)
        wheel = shape.circle | there.circle[target]
        turning = jnp.sum(j.active & ~j.is_fixed_joint) < self.config.min_revolute_joints
        u = jax.random.uniform(joint_key, (JOINT_DRAWS,))
        made = joint_properties(self.config, u, turning, wheel, scene.size.motor_bindings)
        is_a = own < target
        angle = (there.rotation[target] - shape.rotation) * jnp.where(is_a, 1.0, -1.0)
        dx, dy = rotated(link.x, link.y, shape.rotation)
        here, other = jnp.stack([link.x, link.y]), jnp.stack([link.target_x, link.target_y])
        new = {
            **made._asdict(),
            "a_index": jnp.where(is_a, own, target),
            "b_index": jnp.where(is_a, target, own),
            "a_relative_pos": jnp.where(is_a, here, other),
            "b_relative_pos": jnp.where(is_a, other, here),
            "global_position": jnp.stack([shape.x + dx, shape.y + dy]),
            "rotation": jnp.where(made.is_fixed_joint, angle, 0.0),
            "active": jnp.bool_(True),
            "motor_auto": jnp.bool_(False),
        }
        return connected(replace(grown, joints=_put(j, at, new)))


def _put(slots, at: Array, new: dict[str, Array]):
    """With the values `new` in the slot `at` (one-hot)."""

    def put(old: Array, value: Array) -> jax.Array:
        here = at.reshape(-1, *(1,) * (jnp.ndim(old) - 1))
        return jnp.where(here, value[None].astype(old.dtype), old)

    return replace(slots, **{name: put(getattr(slots, name), v) for name, v in new.items()})


class AddThruster(Edit):
    """A thruster on a movable shape, as the generator adds it."""

    def possible(self, scene: Scene) -> Bool[Array, ""]:
        return jnp.any(~jnp.asarray(scene.thrusters.active))

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        t = scene.thrusters
        if not t.active.shape[0]:
            return scene
        shapes = shapes_of(scene)
        u = jax.random.uniform(key, (THRUSTER_DRAWS,))
        carriers = free_bodies(scene) & ~shapes.fixated
        thrust = thruster(self.config, shapes, carriers, u, scene.size.thruster_bindings)
        body = thrust.body
        dx, dy = rotated(thrust.x, thrust.y, shapes.rotation[body])
        new = {
            "object_index": body.astype(jnp.int32),
            "relative_position": jnp.stack([thrust.x, thrust.y]),
            "rotation": thrust.rotation,
            "power": thrust.power,
            "global_position": jnp.stack([shapes.x[body] + dx, shapes.y[body] + dy]),
            "active": jnp.bool_(True),
            "thruster_binding": thrust.thruster_binding,
        }
        at = first(~jnp.asarray(t.active)) & thrust.carried
        return replace(scene, thrusters=_put(t, at, new))


class ChangeSize(Edit):
    """A shape takes a new size, and joined shapes pull each other together again."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        choice_key, size_key = jax.random.split(key)
        chosen, bodies = draw(choice_key, free_bodies(scene)), scene.bodies
        at = index(chosen)
        circle = at >= scene.size.polygons
        u = jax.random.uniform(size_key, (5,))
        limit, _ = size_limit(self.config, jnp.float32(1.0), u[4])
        # a rectangle, whatever polygon it is for
        drawn = new_shape(self.config, u[:4], circle, jnp.float32(1.0), limit)
        old, new = bodies.vertices[at], jnp.stack([drawn.vx, drawn.vy], axis=-1)
        used = jnp.arange(4) < bodies.n_vertices[at]
        # of a rectangle the same as comparing one corner; of others never 0 and never mirrored
        extent = jnp.max(jnp.where(used[:, None], jnp.abs(old), 0.0), axis=0)
        corner = jnp.max(new, axis=0) / jnp.where(extent > 0, extent, 1.0)
        factor = jnp.where(circle, drawn.radius / bodies.radius[at], corner)
        scale = jnp.where(chosen[:, None], factor[None], 1.0)
        grown = with_bodies(
            scene,
            vertices=bodies.vertices * scale[:, None],
            radius=jnp.where(chosen & circle, drawn.radius, bodies.radius),
        )
        j = scene.joints
        a, b = (jnp.any(end & chosen[None], axis=1)[:, None] for end in ends(scene))
        joints = replace(
            j,
            a_relative_pos=jnp.where(a, j.a_relative_pos * factor[None], j.a_relative_pos),
            b_relative_pos=jnp.where(b, j.b_relative_pos * factor[None], j.b_relative_pos),
        )
        return weighed(settled(replace(grown, joints=joints), self.task, chosen), chosen)
