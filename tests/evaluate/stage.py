"""A stage without physics: the green circle flies in a straight line, at a speed it chooses.

What it meets first decides the episode, so every outcome can be worked out by hand. The policy
goes right with the probability that its one parameter names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.interfaces import (
    ActionSpace,
    Box,
    Discrete,
    Engine,
    EnvConfig,
    ObservationEncoder,
    PolicyNetwork,
    Task,
    Trace,
)
from kinetix_core.scene import BLUE, GREEN, RED, S, Scene, empty_scene, stack_scenes

STEP = 0.1  # m that green moves in a physics step
LIMIT = 8  # steps of an episode
GREEN_BODY, BLUE_BODY, RED_BODY = 5, 6, 4


def level(blue: float, red: float = 9.0, start: float = 0.0) -> Scene:
    """Green starts at x = `start`; blue is met at x >= `blue`, red at x <= -`red`."""
    scene = empty_scene(S)
    scene.circles.active[:], scene.circles.role[:] = True, [GREEN, BLUE]
    scene.circles.position[:] = [(start, 1), (blue, 1)]
    scene.polygons.active[4], scene.polygons.role[4] = True, RED
    scene.polygons.position[4] = (-red, 1)
    return scene


class Places(eqx.Module):
    """What moves: little, so that programs compile quickly."""

    circles: jax.Array  # (2, 2) m
    turns: jax.Array  # rad, of green
    red: jax.Array  # (2,) m


@dataclass(frozen=True)
class Line(Engine):
    size = S
    dt = 1 / 50

    def init(self, scene, contacts=None):
        red = jnp.asarray(scene.polygons.position[4])
        return Places(jnp.asarray(scene.circles.position), jnp.float32(0), red)

    def steps(self, state, controls, n):
        positions, touching = [], []
        for _ in range(n):
            green, blue = state.circles
            hit = jnp.zeros(len(S.pairs), bool)
            hit = hit.at[S.pairs.index((GREEN_BODY, BLUE_BODY))].set(green[0] >= blue[0])
            lava = green[0] <= state.red[0]
            touching.append(hit.at[S.pairs.index((GREEN_BODY, RED_BODY))].set(lava))
            # A start beyond 100 m stands for a state that breaks.
            move = jnp.where(green[0] > 100, jnp.nan, STEP * controls[0])
            state = Places(state.circles.at[0, 0].add(move), state.turns + 1, state.red)
            positions.append(self.scene(state).bodies.position)
        return state, Trace(jnp.stack(touching), jnp.stack(positions))

    def scene(self, state):
        room = jax.tree.map(jnp.asarray, level(0))
        red = room.polygons.position.at[4].set(state.red)
        turned = room.circles.rotation.at[0].set(state.turns)
        return replace(
            room,
            polygons=replace(room.polygons, position=red),
            circles=replace(room.circles, position=state.circles, rotation=turned),
        )

    def contacts(self, state):
        raise NotImplementedError


@dataclass(frozen=True)
class LeftOrRight(ActionSpace):
    space = Discrete(2)
    noop = np.int32(0)

    def controls(self, action, scene):
        return jnp.stack([2.0 * action - 1.0, 0.0])

    def sample(self, key):
        return jax.random.randint(key, (), 0, 2)


@dataclass(frozen=True)
class Finite(ObservationEncoder):
    """The clock; says by -1 when it is shown a state that is not finite."""

    def space(self, size):
        return Box(-1.0, 1e3, ())

    def encode(self, scene):
        finite = jnp.isfinite(scene.circles.position).all()
        return jnp.where(finite, scene.timestep.astype(jnp.float32), -1.0)


class Coin(eqx.Module):
    right: jax.Array

    def sample(self, key):
        return (jax.random.uniform(key) < self.right).astype(jnp.int32)

    def mode(self):
        return (self.right > 0.5).astype(jnp.int32)

    def log_prob(self, action):
        return jnp.log(jnp.where(action == 1, self.right, 1 - self.right))

    def entropy(self):
        return -self.log_prob(1) - self.log_prob(0)


@dataclass(frozen=True)
class Constant(PolicyNetwork):
    """Goes right with probability `params["right"]`; its memory counts the steps of an episode.

    Where memory and clock disagree, or a state is not finite, it goes left instead.
    """

    def init(self, key, observation):
        return {"right": jnp.float32(1)}

    def memory(self):
        return jnp.float32(-7)

    def apply(self, params, memory, observation, reset, *, key=None):
        count = jnp.where(reset, 0.0, memory)
        right = jnp.where(count == observation, params["right"], 0.0)
        return count + 1, Coin(right), jnp.float32(0)


def stage(**settings) -> Task:
    task = Task(size=S, env=EnvConfig(frame_skip=1, max_timesteps=LIMIT, **settings))
    return replace(
        task, engine=Line(), action=LeftOrRight(), observation=Finite(), network=Constant()
    )


def levels(**named: Scene) -> tuple[Scene, tuple[str, ...]]:
    return stack_scenes(list(named.values())), tuple(named)


def right(probability: float) -> dict:
    return {"right": jnp.float32(probability)}
