"""Our own levels through the engine: solvable, not by waiting, and some of them by chance."""

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
SOLUTIONS = json.loads((Path(__file__).parent / "solutions.json").read_text())
"""By level: runs of [environment steps, multi-discrete action] that solve it."""


@functools.cache
def play(size):
    """(levels, (n, 256, 6) actions) -> reward (-1, 0, 1) and length of each episode."""
    task = Task(SIZES[size])
    for kind, name in (("engine", "jax2d"), ("action", "multi_discrete")):
        config = registry().config_class(kind, name)()
        task = dataclasses.replace(task, **{kind: registry().build(kind, name, config, task)})
    env = Environment(task)

    def step(carry, action):
        state, over, result, length = carry
        state, seen = env.step(state, action)
        now = seen.goal.astype(jnp.int32) - (seen.terminated & ~seen.goal)
        result = jnp.where(over, result, now)
        return (state, over | seen.done, result, length + ~over), None

    def episode(level, actions):
        start = (env.reset(level), jnp.bool_(False), jnp.int32(0), jnp.int32(0))
        (_, _, result, length), _ = jax.lax.scan(step, start, actions)
        return result, length

    return jax.jit(jax.vmap(episode, in_axes=(None, 0)))


def solution(name):
    actions = np.zeros((STEPS, 6), np.int32)
    at = 0
    for count, action in SOLUTIONS[name]:
        actions[at : at + count] = action
        at += count
    return actions, at


@functools.cache
def results(name):
    """Results and lengths: a solution, doing nothing, then 254 episodes of random actions."""
    actions = np.random.default_rng(0).integers(0, [3, 3, 3, 3, 2, 2], (256, STEPS, 6), np.int32)
    actions[0] = solution(name)[0]
    actions[1] = 0
    return jax.tree.map(np.asarray, play(name.split("/")[0])(HANDMADE[name](), actions))


@pytest.mark.parametrize("name", HANDMADE)
def test_solvable_and_not_by_waiting(name):
    result, length = results(name)
    assert result[0] == 1
    assert length[0] <= solution(name)[1] + 2
    assert result[1] != 1
    assert length.min() > 5  # nothing touches at the start


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("s/nudge_the_ball", 0.05, 0.4),
        ("s/roll_right", 0.05, 0.3),
        ("s/outrun_red", 0.02, 0.2),
        ("s/lift_off", 0.05, 0.4),
        ("s/hover_across", 0.02, 0.2),
        ("s/tilt_the_tray", 0.2, 0.5),
        ("s/golf_swing", 0.01, 0.2),
        ("s/rocket_ball", 0.05, 0.3),
        ("s/climb_left", 0.0, 0.02),
        ("s/pump_the_swing", 0.0, 0.02),
    ],
)
def test_share_solved_by_chance(name, least, most):
    assert least <= np.mean(results(name)[0][2:] == 1) <= most
