"""Our own levels through the engine: solvable, not by waiting, and seldom by chance."""

import dataclasses
import functools
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_generators.handmade import HANDMADE

from kinetix_core.env import Environment
from kinetix_core.interfaces import Task
from kinetix_core.registry import registry
from kinetix_core.scene import SIZES

STEPS = 256
SOON = 20
NEAR = 16
EPISODES = 256
SOLUTIONS = json.loads((Path(__file__).parent / "solutions.json").read_text())
"""By level: runs of [environment steps, multi-discrete action] that solve it."""


@functools.cache
def play(size):
    """(n levels, (n, 256, 6) actions) -> of each episode: reward (-1, 0, 1), length, and how far
    (m) a body is from its place after `SOON` steps."""
    task = Task(SIZES[size])
    for kind, name in (("engine", "jax2d"), ("action", "multi_discrete")):
        config = registry().config_class(kind, name)()
        task = dataclasses.replace(task, **{kind: registry().build(kind, name, config, task)})
    env = Environment(task)

    def step(carry, now_and_action):
        time, action = now_and_action
        state, over, result, length, places = carry
        state, seen = env.step(state, action)
        now = seen.goal.astype(jnp.int32) - (seen.terminated & ~seen.goal)
        result = jnp.where(over, result, now)
        places = jnp.where(time < SOON, env.scene(state).bodies.position, places)
        return (state, over | seen.done, result, length + ~over, places), None

    def episode(level, actions):
        at = level.bodies.position
        start = (env.reset(level), jnp.bool_(False), jnp.int32(0), jnp.int32(0), at)
        end, _ = jax.lax.scan(step, start, (jnp.arange(STEPS), actions))
        moved = jnp.abs(end[4] - at).max(-1, where=level.bodies.active[:, None], initial=0.0)
        return end[2], end[3], moved.max()

    return jax.jit(jax.vmap(episode))


def solution(name):
    actions = np.zeros((STEPS, 6), np.int32)
    at = 0
    for count, action in SOLUTIONS[name]:
        actions[at : at + count] = action
        at += count
    return actions, at


def copies(level, moved, metres):
    """`EPISODES` copies of a level; in those of the slice `moved`, bodies are a bit elsewhere."""
    random = np.random.default_rng(1)
    levels = jax.tree.map(lambda x: np.repeat(np.asarray(x)[None], EPISODES, 0), level)
    for bodies in (levels.polygons, levels.circles):
        shift = random.normal(0, metres, bodies.position[moved].shape)
        free = bodies.active & (bodies.inverse_mass > 0)
        bodies.position[moved] += free[moved, :, None] * shift.astype(np.float32)
    return levels


@functools.cache
def results(name):
    """A solution, doing nothing, the solution from `NEAR` nearby starts, then random actions."""
    shape = (EPISODES, STEPS, 6)
    actions = np.random.default_rng(0).integers(0, [3, 3, 3, 3, 2, 2], shape, np.int32)
    actions[: 2 + NEAR] = solution(name)[0]
    actions[1] = 0
    levels = copies(HANDMADE[name](), slice(2, 2 + NEAR), metres=1e-5)
    return jax.tree.map(np.asarray, play(name.split("/")[0])(levels, actions))


@pytest.mark.parametrize("name", HANDMADE)
def test_solvable_and_not_by_waiting(name):
    result, length, _ = results(name)
    assert result[0] == 1
    assert length[0] <= solution(name)[1] + 2
    assert result[1] != 1
    assert length.min() > 5  # nothing touches at the start


@pytest.mark.parametrize("name", HANDMADE)
def test_solution_does_not_hang_on_the_last_digit(name):
    near = results(name)[0][2 : 2 + NEAR]
    assert np.mean(near == 1) >= 0.75


BY_CHANCE = {
    "s/nudge_the_ball": (0.05, 0.4),
    "s/roll_right": (0.05, 0.3),
    "s/outrun_red": (0.02, 0.2),
    "s/lift_off": (0.05, 0.4),
    "s/hover_across": (0.02, 0.2),
    "s/tilt_the_tray": (0.2, 0.5),
    "s/golf_swing": (0.01, 0.2),
    "s/rocket_ball": (0.05, 0.3),
    "m/sling_load": (0.05, 0.3),
    "m/catapult": (0.05, 0.3),
}
"""Share of random episodes that solve a level, at least and at most."""


@pytest.mark.parametrize("name", HANDMADE)
def test_share_solved_by_chance(name):
    least, most = BY_CHANCE.get(name, (0.0, 0.1))
    assert least <= np.mean(results(name)[0][2 + NEAR :] == 1) <= most


STARTS_MOVING = {
    "s/outrun_red",
    "s/hover_across",
    "s/tilt_the_tray",
    "m/sling_load",
    "m/touch_down",
}
"""What rolls, flies or tips from the first step on, because that is the task."""


@pytest.mark.parametrize("name", HANDMADE)
def test_what_rests_is_at_rest(name):
    moved = results(name)[2][1]
    assert (moved > 0.1) == (name in STARTS_MOVING), moved
