"""Mutations that take away, exchange and move. Source: spec/generator.md 7."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Bool, PRNGKeyArray

from kinetix_core.interfaces import Mutation, Task
from kinetix_core.scene import Array, Scene

from ._mutation_view import connected, draw, ends, free_bodies, weighed, with_bodies
from ._placement import GROUND, ROOM


@dataclass(frozen=True)
class Edit(Mutation):
    """Built as `factory(config, task)`, so the class is its own factory."""

    config: Any
    task: Task


class RemoveJoint(Edit):
    """One joint, drawn uniformly, is taken away."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        active = scene.joints.active & ~draw(key, jnp.asarray(scene.joints.active))
        return connected(replace(scene, joints=replace(scene.joints, active=active)))


class RemoveShape(Edit):
    """One shape, with all joints and thrusters on it, is taken away."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        gone = draw(key, free_bodies(scene))
        a, b = ends(scene)
        joints = scene.joints.active & ~jnp.any((a | b) & gone[None], axis=1)
        on = jnp.asarray(scene.thrusters.object_index)[:, None] == jnp.arange(gone.shape[0])[None]
        thrusters = scene.thrusters.active & ~jnp.any(on & gone[None], axis=1)
        scene = with_bodies(scene, active=scene.bodies.active & ~gone)
        scene = replace(
            scene,
            joints=replace(scene.joints, active=joints),
            thrusters=replace(scene.thrusters, active=thrusters),
        )
        return connected(scene)


class SwapRoles(Edit):
    """Two shapes of different roles exchange them."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        one_key, other_key = jax.random.split(key)
        shapes, role = free_bodies(scene), scene.bodies.role
        one = draw(one_key, shapes)
        first = jnp.sum(jnp.where(one, role, 0))
        other = draw(other_key, shapes & (role != first) & jnp.any(one))
        second = jnp.where(jnp.any(other), jnp.sum(jnp.where(other, role, 0)), first)
        role = jnp.where(one, second, jnp.where(other, first, role))
        return with_bodies(scene, role=role.astype(jnp.int32))


class RemoveThruster(Edit):
    """One thruster, drawn uniformly, is taken away."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        active = scene.thrusters.active & ~draw(key, jnp.asarray(scene.thrusters.active))
        return replace(scene, thrusters=replace(scene.thrusters, active=active))

    def possible(self, scene: Scene) -> Bool[Array, ""]:
        return jnp.any(jnp.asarray(scene.thrusters.active))


class ToggleFixation(Edit):
    """A shape is fixated, or movable again."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        chosen, bodies = draw(key, free_bodies(scene)), scene.bodies
        release = chosen & (bodies.inverse_inertia == 0)
        values = {
            name: jnp.where(chosen, jnp.where(release, 1.0, 0.0), getattr(bodies, name))
            for name in ("inverse_mass", "inverse_inertia")
        }
        return weighed(with_bodies(scene, **values), release)


class ChangePosition(Edit):
    """A shape, with all that is joined to it, is moved by up to `reach`, back into the room."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        choice_key, move_key = jax.random.split(key)
        shapes, bodies = free_bodies(scene), scene.bodies
        chosen = draw(choice_key, shapes)
        group = jnp.any(~scene.collision_matrix & chosen[:, None], axis=0) & shapes
        reach = self.config.reach
        move = jax.random.uniform(move_key, (2,), minval=-reach, maxval=reach)
        position = bodies.position + jnp.where(group[:, None], move[None], 0.0)
        # of polygons the vertices as if they were not turned, and at least the centre
        used = jnp.arange(4)[None] < jnp.asarray(bodies.n_vertices)[:, None]
        polygon = jnp.arange(shapes.shape[0]) < scene.size.polygons
        offsets = jnp.where((used & polygon[:, None])[..., None], bodies.vertices, 0.0)
        low = position + jnp.minimum(jnp.min(offsets, axis=1), 0.0)
        high = position + jnp.maximum(jnp.max(offsets, axis=1), 0.0)
        low = jnp.min(jnp.where(shapes[:, None], low, jnp.inf), axis=0)
        high = jnp.max(jnp.where(shapes[:, None], high, -jnp.inf), axis=0)
        under = jnp.maximum(jnp.array([0.0, GROUND]) - low, 0.0)
        back = under - jnp.maximum(high - ROOM, 0.0)
        back = jnp.where(jnp.any(shapes), back, 0.0)
        return with_bodies(scene, position=position + jnp.where(group[:, None], back[None], 0.0))


class ChangeGravity(Edit):
    """Gravity is the usual one, or anything from there to none."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        usual_key, key = jax.random.split(key)
        usual = jax.random.bernoulli(usual_key, self.config.usual_chance)
        y = jnp.where(usual, -9.8, jax.random.uniform(key, (), minval=-9.8, maxval=0.0))
        return replace(scene, gravity=jnp.stack([jnp.float32(0.0), y.astype(jnp.float32)]))


class ChangeRotation(Edit):
    """A shape is turned by up to `most`, and joined shapes pull each other together again."""

    def mutate(self, key: PRNGKeyArray, scene: Scene) -> Scene:
        choice_key, angle_key = jax.random.split(key)
        chosen = draw(choice_key, free_bodies(scene))
        angle = jax.random.uniform(angle_key, (), maxval=self.config.most)
        a, b = (jnp.any(end & chosen[None], axis=1) for end in ends(scene))
        j = scene.joints
        turn = jnp.where(b, angle, 0.0) - jnp.where(a, angle, 0.0)
        rotation = jnp.where(j.is_fixed_joint, j.rotation + turn, j.rotation)
        scene = replace(scene, joints=replace(j, rotation=rotation))
        scene = with_bodies(scene, rotation=scene.bodies.rotation + jnp.where(chosen, angle, 0.0))
        return weighed(settled(scene, self.task, chosen), chosen)


def settled(scene: Scene, task: Task, chosen: Array) -> Scene:
    """After five physics steps at rest, without gravity and collisions; if anything was chosen."""
    engine = task.engine
    assert engine is not None
    off = jnp.zeros_like(scene.collision_matrix)
    controls = jnp.zeros(scene.size.joints + scene.size.thrusters)

    def step(level: Scene, _: None) -> tuple[Scene, None]:
        calm = replace(level, gravity=jnp.zeros(2), collision_matrix=off)
        moved = engine.scene(engine.step(engine.init(calm), controls)[0]).bodies
        still = {name: getattr(scene.bodies, name) for name in ("velocity", "angular_velocity")}
        return with_bodies(level, position=moved.position, rotation=moved.rotation, **still), None

    at_rest = {
        "velocity": jnp.zeros_like(scene.bodies.velocity),
        "angular_velocity": jnp.zeros_like(scene.bodies.angular_velocity),
    }
    scene = jax.tree.map(jnp.asarray, scene)
    after = jax.lax.scan(step, with_bodies(scene, **at_rest), None, length=5)[0]
    any_chosen = jnp.any(chosen)
    return jax.tree.map(lambda new, old: jnp.where(any_chosen, new, old), after, scene)
