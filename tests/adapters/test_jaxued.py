"""The JaxUED adapter beside the plain environment, and under JaxUED's replay wrapper."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("jaxued.environments.underspecified_env", reason="no extra jaxued")

from jaxued.wrappers import AutoReplayWrapper

from kinetix_core.env.adapters.jaxued import KinetixUED, make
from kinetix_core.errors import LevelError
from kinetix_core.scene import M, check_scene, empty_scene

from .worlds import LIMIT, SETTINGS, random_actions, row, small_world, some_levels


@pytest.fixture(scope="module")
def env():
    return KinetixUED(small_world())


def test_episodes_are_those_of_the_plain_environment(env):
    plain, key, params = small_world().environment, jax.random.key(0), env.default_params
    step, ends = jax.jit(plain.step), []
    for i in range(5):
        level = row(some_levels(5), i)
        seen, state = env.reset_to_level(key, level, params)
        other = jax.jit(plain.reset)(level)
        np.testing.assert_array_equal(seen, plain.observe(other))
        for t, action in enumerate(random_actions(1, LIMIT)[:, 0]):
            seen, state, reward, done, info = env.step(key, state, action, params)
            other, transition = step(other, action)
            assert done == (info["terminated"] | info["truncated"]) == transition.done
            np.testing.assert_allclose(reward, transition.reward, rtol=1e-6)
            assert int(state.timestep) == t + 1
            if done:
                ends.append(bool(info["terminated"]))
                break
    assert set(ends) == {True, False}
    assert len(ends) == 5


def test_the_replay_wrapper_of_jaxued_works(env, monkeypatch):
    # JaxUED calls jax.tree_map, which JAX has removed
    monkeypatch.setattr(jax, "tree_map", jax.tree.map, raising=False)
    wrapped, key, level = AutoReplayWrapper(env), jax.random.key(0), row(some_levels(5), 4)
    params = wrapped.default_params
    first, state = wrapped.reset_to_level(key, level, params)
    noop = jnp.zeros(6, jnp.int32)
    for _ in range(2 * LIMIT):
        seen, state, _, done, _ = wrapped.step(key, state, noop, params)
        assert (int(state.env_state.timestep) == 0) == bool(done)
        if done:
            np.testing.assert_array_equal(seen, first)
            break
    assert done


def test_levels_are_those_of_the_generator():
    env = make([*SETTINGS, "observation=entity"])
    levels = [jax.device_get(env.sample_level(jax.random.key(i))) for i in range(6)]
    for level in levels:
        check_scene(level)
    assert len({level.polygons.position.tobytes() for level in levels}) > 1
    seen, _ = env.reset_to_level(jax.random.key(0), levels[0], env.default_params)
    assert set(env.observation_space().spaces) == set(seen)
    assert env.action_space(env.default_params).shape == (6,)


def test_levels_of_another_size_are_refused(env):
    with pytest.raises(LevelError, match="expand the level first"):
        env.reset_to_level(jax.random.key(0), empty_scene(M), env.default_params)
