"""The gymnax adapter beside the plain environment, and under gymnax's own wrappers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("gymnax.environments.environment", reason="the extra gymnax is not installed")

from gymnax.wrappers.purerl import FlattenObservationWrapper, LogWrapper

from kinetix_core.env.adapters.gymnax import KinetixGymnax, make, space_of
from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Box, Discrete, MultiDiscrete, Record

from .worlds import LIMIT, SETTINGS, random_actions, row, small_world, some_levels

ENVS = 5


@pytest.fixture(scope="module")
def env():
    return KinetixGymnax(small_world(), num_levels=7)


def played(env, params, state, steps=2 * LIMIT):
    """Everything that `step` gives, (steps, envs, ...)."""

    def body(state, x):
        key, action = x
        seen, state, *rest = jax.vmap(env.step, in_axes=(0, 0, 0, None))(key, state, action, params)
        return state, (seen, *rest)

    keys = jax.random.split(jax.random.key(1), (steps, ENVS))
    return jax.device_get(
        jax.jit(lambda s: jax.lax.scan(body, s, (keys, actions(steps)))[1])(state)
    )


def actions(steps):
    return jnp.asarray(random_actions(ENVS, steps))


def test_steps_are_those_of_the_plain_environment(env):
    levels, plain = some_levels(ENVS), small_world().environment
    params = env.params(levels)
    _, state = jax.vmap(env.reset, in_axes=(0, None))(
        jax.random.split(jax.random.key(0), ENVS), params
    )
    seen, reward, terminated, truncated, info = played(env, params, state)
    step, observe = jax.jit(plain.step), jax.jit(plain.observe)
    beginnings = jax.device_get(params.pool.observation)
    for i in range(ENVS):
        one = row(state, i)
        for t in range(2 * LIMIT):
            one, transition = step(one, actions(2 * LIMIT)[t, i])
            np.testing.assert_allclose(reward[t, i], transition.reward, rtol=1e-6)
            assert terminated[t, i] == transition.terminated == info["terminated"][t, i]
            assert truncated[t, i] == transition.truncated == info["truncated"][t, i]
            assert info["goal"][t, i] == transition.goal
            last = info["final_observation"][t, i]
            np.testing.assert_allclose(last, observe(one), rtol=1e-6)
            if not transition.done:
                np.testing.assert_array_equal(seen[t, i], last)
                continue
            (begun,) = np.flatnonzero((beginnings == seen[t, i]).all(axis=1))[:1]
            one = jax.jit(plain.reset)(row(levels, begun))
    assert (terminated | truncated).sum() > ENVS
    assert truncated.any()
    assert terminated.any()


def test_wrappers_of_gymnax_work(env):
    wrapped = LogWrapper(FlattenObservationWrapper(env))
    keys = jax.random.split(jax.random.key(0), ENVS)
    params = env.default_params
    _, state = jax.vmap(wrapped.reset, in_axes=(0, None))(keys, params)
    _, reward, terminated, truncated, info = played(wrapped, params, state)
    done = terminated | truncated
    np.testing.assert_array_equal(info["returned_episode"], done)
    for i in range(ENVS):
        end = int(np.flatnonzero(done[:, i])[0])
        assert info["returned_episode_lengths"][end, i] == end + 1
        total = info["returned_episode_returns"][end, i]
        np.testing.assert_allclose(total, reward[: end + 1, i].sum(), atol=1e-5)


def test_step_env_never_resets(env):
    key, params = jax.random.key(0), env.default_params
    _, state = env.reset(key, params)
    step = jax.jit(env.step_env)
    for t in range(2 * LIMIT):
        seen, state, *_ = step(key, state, jnp.zeros(6, jnp.int32), params)
        assert int(state.timestep) == t + 1
        assert bool(env.is_truncated(state, params)) == (t + 1 >= LIMIT)
    np.testing.assert_allclose(env.observe(key, state, None, params), seen, rtol=1e-6)


def test_spaces_hold_what_is_seen_and_done(env):
    params = env.default_params
    seen, _ = env.reset(jax.random.key(0), params)
    space = env.observation_space(params)
    assert space.contains(seen)
    assert (space.shape, space.dtype) == (seen.shape, seen.dtype)
    action = env.action_space(params).sample(jax.random.key(1))
    assert env.action_space(params).contains(action)
    assert not env.action_space(params).contains(action.at[0].set(3))
    assert env.num_actions == 6


def test_spaces_of_every_kind():
    record = space_of(Record((("a", Box(0, 1, (2,))), ("b", Box(0, 1, (1,), "bool")))))
    assert record.contains({"a": jnp.ones(2), "b": jnp.array([True])})
    assert not record.contains({"a": 2 * jnp.ones(2), "b": jnp.array([True])})
    assert space_of(Discrete(11)).n == 11
    assert space_of(MultiDiscrete((3, 2))).sample(jax.random.key(0)).shape == (2,)


def test_one_call_makes_it_from_settings():
    env, params = make([*SETTINGS, "observation=entity", "seed=3"], num_levels=4)
    assert len(params.pool) == 4
    seen, _ = env.reset(jax.random.key(0), params)
    assert set(env.observation_space(params).spaces) == set(seen)
    assert env.name == "Kinetix-s"
    with pytest.raises(SettingError, match="num_levels=0"):
        make(SETTINGS, num_levels=0)
