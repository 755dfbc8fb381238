"""What a curriculum may ask for, in a run: new levels, and plays of given ones."""

import jax
import jax.numpy as jnp
import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from kinetix_core.learn._tools import RunTools
from kinetix_core.scene import stack_scenes

from .probe import DELAYED, ENDLESS, REWARDED, level, probe_setup

LEVELS = stack_scenes([level(p) for p in (REWARDED, ENDLESS, DELAYED)])


def play(steps):
    setup = probe_setup(REWARDED)
    observation = jnp.zeros(8)
    params = setup.network.init(jax.random.key(0), observation)
    run = jax.jit(lambda key: RunTools(setup).play(key, params, LEVELS, steps))
    return run, jax.device_get(run(jax.random.key(1)))


def test_each_level_is_played_again_and_what_is_cut_off_does_not_count():
    run, outcome = play(steps=20)
    assert_array_equal(outcome.episodes, [20, 2, 6])  # of 1, 8 and 3 steps
    assert_array_equal(outcome.solved[:2], [1.0, 0.0])
    assert_array_equal(outcome.best_return[:2], [1.0, 0.0])
    assert_array_equal(outcome.mean_length, [1.0, 8.0, 3.0])
    lost = 1 - outcome.solved[2]
    assert_allclose(outcome.mean_return[2], outcome.solved[2] - lost, atol=1e-6)
    assert np.all(outcome.mean_positive_advantage >= 0)
    again = jax.device_get(run(jax.random.key(2)))
    assert again.solved[2] != outcome.solved[2], "another key gives other actions"
