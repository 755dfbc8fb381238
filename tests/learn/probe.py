"""Probe tasks: levels whose optimum is known, played by an engine without physics.

The level says which probe it is (in `joints.motor_speed`), so one compiled update serves all.
The engine touches the goal or the lava:

* REWARDED: the goal is reached at every step: the value of a state is 1;
* ACTION: forward reaches the goal, anything else the lava;
* DELAYED: the first action decides, two steps later;
* ENDLESS: nothing is ever touched; the time limit ends the episode.
* BROKEN: the state is not finite after the first step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from kinetix_curricula import Fixed, FixedConfig
from kinetix_networks import MLP, MLPConfig

from kinetix_core.env.action_config import MultiDiscreteConfig
from kinetix_core.env.actions import MultiDiscreteActions
from kinetix_core.interfaces import (
    Box,
    Engine,
    EnvConfig,
    LevelGenerator,
    ObservationEncoder,
    Task,
    Trace,
)
from kinetix_core.learn import PPOConfig, Setup, TrainConfig
from kinetix_core.scene import BLUE, GREEN, RED, S, Scene, empty_scene, stack_scenes

REWARDED, ACTION, DELAYED, ENDLESS, BROKEN = range(5)
GOAL = S.pairs.index((5, 6))
LAVA = S.pairs.index((5, 4))


def level(probe: int) -> Scene:
    """Circle 0 is green, circle 1 blue, polygon 4 red."""
    scene = empty_scene(S)
    scene.circles.active[:] = True
    scene.circles.role[:] = [GREEN, BLUE]
    scene.polygons.active[4] = True
    scene.polygons.role[4] = RED
    scene.joints.motor_speed[:] = probe
    return scene


class ProbeState(eqx.Module):
    scene: Scene
    time: jax.Array
    first: jax.Array  # the first action of the episode


@dataclass(frozen=True)
class ProbeEngine(Engine):
    size = S

    def init(self, scene, contacts=None):
        return ProbeState(jax.tree.map(jnp.asarray, scene), jnp.float32(0), jnp.float32(0))

    def steps(self, state, controls, n):
        probe = state.scene.joints.motor_speed[0]
        time = state.time + 1
        first = jnp.where(state.time == 0, controls[0], state.first)
        good = jnp.where(probe == DELAYED, first, controls[0]) > 0
        over = jnp.where(probe == DELAYED, time == 3, (probe == REWARDED) | (probe == ACTION))
        good |= probe == REWARDED
        touching = jnp.zeros(len(S.pairs), bool)
        touching = touching.at[GOAL].set(over & good).at[LAVA].set(over & ~good)
        rotation = jnp.where(probe == BROKEN, jnp.nan, time) * jnp.ones(2)
        circles = replace(state.scene.circles, rotation=rotation)
        scene = replace(state.scene, circles=circles)
        position = jnp.zeros((n, S.bodies, 2))
        trace = Trace(jnp.broadcast_to(touching, (n, len(S.pairs))), position)
        return ProbeState(scene, time, first), trace

    def scene(self, state):
        return state.scene

    def contacts(self, state):
        raise NotImplementedError


@dataclass(frozen=True)
class ProbeEncoder(ObservationEncoder):
    """Which probe it is and how many steps the episode has lasted."""

    def space(self, size):
        return Box(0.0, 10.0, (8,))

    def encode(self, scene):
        probe = scene.joints.motor_speed[0] == np.arange(5)
        time = scene.circles.rotation[0] == np.arange(3)
        return jnp.concatenate([probe, time]).astype(jnp.float32)


@dataclass(frozen=True)
class ProbeLevels(LevelGenerator):
    probes: tuple[int, ...]

    def sample(self, key, n):
        levels = stack_scenes([level(p) for p in self.probes])
        index = jax.random.randint(key, (n,), 0, len(self.probes))
        return jax.tree.map(lambda x: jnp.asarray(x)[index], levels)


def probe_setup(*probes: int, ppo: PPOConfig | None = None, **changes) -> Setup:
    """A complete task on these probes, small enough to compile in seconds."""
    task = Task(size=S, env=EnvConfig(frame_skip=1, max_timesteps=8), engine=ProbeEngine())
    task = replace(task, action=MultiDiscreteActions(MultiDiscreteConfig(), task))
    task = replace(task, observation=ProbeEncoder(), generator=ProbeLevels(probes))
    task = replace(task, network=MLP(MLPConfig(depth=1, width=32), task))
    task = replace(task, curriculum=Fixed(FixedConfig(), task))
    task = replace(task, **changes)
    ppo = ppo or PPOConfig(
        num_envs=32, num_steps=16, num_minibatches=2, epochs=4, learning_rate=5e-3, gamma=1.0
    )
    return Setup(task, ppo, TrainConfig(total_steps=32 * 16 * 40))
