"""A small world for the adapters: cheap physics, short episodes, and levels that end at once."""

from dataclasses import replace

import jax
import numpy as np

from kinetix_core.env import Environment
from kinetix_core.env.adapters._parts import World
from kinetix_core.interfaces import EnvConfig
from kinetix_core.scene import S
from kinetix_core.testing import example_levels, example_task

LIMIT = 5
"""Steps after which an episode is cut off; some end before, green touching blue or red."""
SETTINGS = ["size=s", "levels=handmade/s"]


def small_world(seed: int = 0) -> World:
    task = example_task(S)
    assert task.generator is not None
    environment = Environment(replace(task, env=EnvConfig(max_timesteps=LIMIT)))
    return World(environment, task.generator, seed)


def some_levels(n: int):
    """Up to 12 different levels along a leading axis: of the first five, two solve themselves, one
    is lost at once, and two last to the limit."""
    return jax.tree.map(lambda x: x[:n], example_levels(S, 12))


def random_actions(n: int, steps: int, seed: int = 0) -> np.ndarray:
    """(steps, n, 6) multi-discrete actions."""
    return np.random.default_rng(seed).integers(0, [3, 3, 3, 3, 2, 2], (steps, n, 6))


def row(tree, i):
    return jax.tree.map(lambda x: np.asarray(x)[i], tree)
