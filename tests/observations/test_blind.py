"""observation/blind: nothing but the time."""

from dataclasses import replace

import jax
import numpy as np
from kinetix_observations import Blind, BlindConfig

from kinetix_core.interfaces import EnvConfig
from kinetix_core.scene import L, S
from kinetix_core.testing import example_levels, example_task


def blind(max_timesteps=256):
    task = replace(example_task(S), env=EnvConfig(max_timesteps=max_timesteps))
    return Blind(BlindConfig(), task)


def test_the_timestep_is_a_one_hot_of_the_episode_and_its_end():
    encoder, levels = blind(4), example_levels(S, 3)
    levels = replace(levels, timestep=np.array([0, 3, 4], np.int32))
    found = np.asarray(jax.jit(jax.vmap(encoder.encode))(levels))
    np.testing.assert_array_equal(found, np.eye(5, dtype=np.float32)[[0, 3, 4]])


def test_times_beyond_the_episode_are_no_time():
    level = jax.tree.map(lambda x: x[0], example_levels(S, 1))
    for timestep in (5, -1):
        scene = replace(level, timestep=np.int32(timestep))
        assert not np.asarray(blind(4).encode(scene)).any()


def test_its_length_is_that_of_the_episode_in_every_size():
    assert blind().space(S).shape == blind().space(L).shape == (257,)
    assert blind(9).space(S).shape == (10,)
