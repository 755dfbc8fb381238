"""Small components that keep every promise: something to test other components against."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, PRNGKeyArray

from kinetix_core.env import MultiDiscreteActions
from kinetix_core.env.action_config import MultiDiscreteConfig
from kinetix_core.interfaces import (
    Box,
    Engine,
    LevelGenerator,
    ObservationEncoder,
    Task,
    Trace,
)
from kinetix_core.scene import Array, Bodies, ContactMemory, Scene, SceneSize, empty_memory

from ._levels import example_levels


@dataclass(frozen=True)
class FreeFlight(Engine):
    """Bodies fly under gravity and through each other; nothing drives them.

    Two bodies touch where their centres are less than `reach` metres apart. For tests that
    need an engine that is quick to compile, not for physics.
    """

    size: SceneSize
    reach: float = 1.0
    dt: float = 1 / 64  # s; a power of two, so that fused and separate rounding agree

    def init(self, scene: Scene, contacts: ContactMemory | None = None) -> Scene:
        state = jax.tree.map(jnp.asarray, scene)
        if contacts is None:
            return state
        tables = (
            contacts.polygon_active[:, 0],
            contacts.circle_polygon_active,
            contacts.circle_active,
        )
        return replace(state, touching=jnp.concatenate([jnp.asarray(t) for t in tables]))

    def steps(self, state: Scene, controls: Array, n: int) -> tuple[Scene, Trace]:
        return jax.lax.scan(self._step, state, None, length=n)

    def _step(self, state: Scene, _: None) -> tuple[Scene, Trace]:
        touching = self._touching(state)
        state = replace(
            state,
            polygons=_fly(state.polygons, state.gravity, self.dt),
            circles=_fly(state.circles, state.gravity, self.dt),
            touching=touching,
        )
        return state, Trace(touching, _positions(state))

    def scene(self, state: Scene) -> Scene:
        return state

    def contacts(self, state: Scene) -> ContactMemory:
        memory = jax.tree.map(jnp.asarray, empty_memory(self.size))
        pp, cp = len(self.size.polygon_pairs), len(self.size.circle_polygon_pairs)
        first = state.touching[:pp]
        # no slices of length 0: XLA's compiler can abort on them
        return replace(
            memory,
            polygon_active=jnp.stack([first, jnp.zeros_like(first)], axis=1),
            circle_polygon_active=state.touching[pp : pp + cp] if cp else np.zeros(0, bool),
            circle_active=state.touching[pp + cp :] if self.size.circles > 1 else np.zeros(0, bool),
        )

    def _touching(self, state: Scene) -> Bool[jax.Array, " pairs"]:
        pairs = np.array(self.size.pairs, np.int32).reshape(-1, 2)
        position, active = _positions(state), state.bodies.active
        gap = position[pairs[:, 0]] - position[pairs[:, 1]]
        near = jnp.sum(gap**2, axis=-1) < self.reach**2
        return near & active[pairs[:, 0]] & active[pairs[:, 1]]


def _positions(state: Scene) -> Float[jax.Array, "bodies 2"]:
    return jnp.concatenate([state.polygons.position, state.circles.position])


def _fly(bodies: Bodies, gravity: Array, dt: float) -> Bodies:
    free = (bodies.inverse_mass != 0)[:, None]
    velocity = jnp.where(free, bodies.velocity + gravity[None] * dt, bodies.velocity)
    return replace(
        bodies,
        velocity=velocity,
        position=bodies.position + velocity * dt,
        rotation=bodies.rotation + bodies.angular_velocity * dt,
    )


@dataclass(frozen=True)
class Places(ObservationEncoder):
    """Where the bodies are, as one flat vector clipped to -20..20 m; zeros in empty slots."""

    def space(self, size: SceneSize) -> Box:
        return Box(-20.0, 20.0, (2 * size.bodies,))

    def encode(self, scene: Scene) -> Float[jax.Array, " features"]:
        bodies = scene.bodies
        place = jnp.where(jnp.asarray(bodies.active)[:, None], bodies.position, 0.0)
        return jnp.clip(place, -20.0, 20.0).reshape(-1)


@dataclass(frozen=True)
class Examples(LevelGenerator):
    """Draws from `count` of the `example_levels`."""

    size: SceneSize
    count: int = 12

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        chosen = jnp.floor(jax.random.uniform(key, (n,)) * self.count).astype(jnp.int32)
        levels = example_levels(self.size, self.count)
        return jax.tree.map(lambda x: jnp.asarray(x)[chosen], levels)


def example_task(size: SceneSize, **parts: Any) -> Task:
    """A task with an engine, actions, observations and levels made for tests.

    `parts` replace some of them: `example_task(S, observation=mine)`. What is made here keeps
    every promise of its interface and needs no plugin.
    """
    task = Task(size=size, engine=FreeFlight(size), observation=Places(), generator=Examples(size))
    action = MultiDiscreteActions(MultiDiscreteConfig(), task)
    return replace(task, **({"action": action} | parts))
