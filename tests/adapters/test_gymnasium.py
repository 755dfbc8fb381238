"""The Gymnasium adapter: its own checker, its wrappers, and the plain environment beside it."""

import sys
import warnings

import jax
import numpy as np
import pytest

pytest.importorskip("gymnasium", reason="the extra gymnasium is not installed")

import gymnasium as gym
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from kinetix_core.env.adapters.gymnasium import (
    KinetixEnv,
    KinetixVectorEnv,
    make,
    make_vec,
    space_of,
)
from kinetix_core.errors import LevelError, PluginError, SettingError
from kinetix_core.interfaces import Box, Discrete, Record
from kinetix_core.scene import M, empty_scene

from .worlds import LIMIT, SETTINGS, random_actions, row, small_world, some_levels

ENVS = 6


@pytest.fixture(scope="module")
def vector():
    return KinetixVectorEnv(small_world(), ENVS, num_levels=9)


@pytest.mark.parametrize("observation", ["symbolic", "entity"])
def test_gymnasium_s_checker_accepts_the_single_environment(observation):
    env = make([*SETTINGS, f"observation={observation}", "env.max_timesteps=3"])
    with warnings.catch_warnings():
        # nothing is registered, so nothing is rendered; features of entities have no bounds
        warnings.filterwarnings("ignore", message=".*(render modes|observation space m).*")
        check_env(env)


def test_a_single_episode_ends_at_the_limit_or_at_the_goal():
    env = KinetixEnv(small_world())
    with pytest.raises(SettingError, match="call reset first"):
        env.step(env.action_space.sample())
    seen = []
    for i in range(5):
        observation, info = env.reset(options={"level": row(some_levels(5), i)})
        assert (info, observation in env.observation_space) == ({}, True)
        length, terminated, truncated = 0, False, False
        while not (terminated or truncated):
            observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
            assert type(reward) is float
            assert {type(x) for x in (terminated, truncated, info["goal"])} == {bool}
            length += 1
        seen.append((terminated, truncated))
        assert not (terminated and truncated)
        assert terminated or length == LIMIT
        assert info["goal"] == (terminated and reward > 0.5)
    assert set(seen) == {(True, False), (False, True)}


def test_vector_steps_are_those_of_the_plain_environment(vector):
    world, levels = small_world(), some_levels(ENVS)
    step, reset = jax.jit(world.environment.step), jax.jit(world.environment.reset)
    observe = jax.jit(world.environment.observe)
    first, _ = vector.reset(seed=3, options={"levels": levels})
    states, fresh, free = [reset(row(levels, i)) for i in range(ENVS)], None, 0
    for i in range(ENVS):
        np.testing.assert_array_equal(first[i], observe(states[i]))
    pools, ends = [vector._pool], 0
    for actions in random_actions(ENVS, 3 * LIMIT):
        seen, rewards, terminated, truncated, info = vector.step(actions)
        if vector._pool is not pools[-1]:
            pools.append(vector._pool)
            free = 0
        assert ("final_obs" in info) == bool((terminated | truncated).any())
        for i in range(ENVS):
            states[i], transition = step(states[i], actions[i])
            np.testing.assert_allclose(rewards[i], transition.reward, rtol=1e-6)
            assert terminated[i] == transition.terminated
            assert truncated[i] == transition.truncated
            if transition.done:
                ends += 1
                np.testing.assert_array_equal(info["final_obs"][i], observe(states[i]))
                assert info["final_info"]["goal"][i] == transition.goal
                states[i], fresh = row(pools[-1].state, free), row(pools[-1].observation, free)
                np.testing.assert_array_equal(seen[i], fresh)
                free += 1
            else:
                np.testing.assert_allclose(seen[i], observe(states[i]), rtol=1e-6)
                assert "_final_obs" not in info or not info["_final_obs"][i]
    assert ends > ENVS
    assert len(pools) > 1, "levels are drawn anew when they are used up"


def test_a_seed_decides_everything(vector):
    def play(seed):
        first, _ = vector.reset(seed=seed)
        rest = [vector.step(a)[:4] for a in random_actions(ENVS, 2 * LIMIT)]
        return jax.tree.map(np.array, (first, rest))

    once, again, other = play(5), play(5), play(6)
    assert all(jax.tree.leaves(jax.tree.map(np.array_equal, once, again)))
    assert not np.array_equal(once[0], other[0])


def test_the_first_reset_takes_the_setting_seed():
    one = KinetixVectorEnv(small_world(seed=4), 2, num_levels=2)
    first, _ = one.reset()
    second, _ = one.reset()
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(one.reset(seed=4)[0], first)


def test_spaces_and_mode_are_declared(vector):
    assert vector.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    seen, _ = vector.reset(seed=0)
    assert vector.observation_space.contains(seen)
    assert vector.single_observation_space.contains(seen[0])
    assert vector.action_space.shape == (ENVS, 6)
    assert seen.flags.writeable


def test_wrappers_of_gymnasium_work(vector):
    envs = DictInfoToList(RecordEpisodeStatistics(vector))
    envs.reset(seed=0)
    ended = 0
    for actions in random_actions(ENVS, 2 * LIMIT):
        *_, terminated, truncated, infos = envs.step(actions)
        for i in np.flatnonzero(terminated | truncated):
            ended += 1
            assert infos[i]["final_obs"].shape == vector.single_observation_space.shape
            assert isinstance(infos[i]["final_info"]["goal"], bool | np.bool_)
    assert ended >= ENVS
    assert envs.env.episode_count == ended


def test_one_call_makes_it_from_settings():
    envs = make_vec([*SETTINGS, "env.max_timesteps=4", "observation=entity"], num_envs=3)
    seen, _ = envs.reset(seed=0)
    assert envs.observation_space.contains(seen)
    for _ in range(4):
        seen, *_, truncated, info = envs.step(np.zeros((3, 6), int))
    assert truncated.all()
    assert info["final_obs"][0].keys() == seen.keys()
    assert seen["attention_mask"].shape == (3, 4, 7, 7)
    envs.close()


def test_spaces_keep_bounds_and_types():
    space = space_of(Record((("a", Box(0, 1, (2,), "bool")), ("b", Box(-3, 9, (1,), "int32")))))
    assert isinstance(space, gym.spaces.Dict)
    assert space["a"].contains(np.array([True, False]))
    assert space["b"].contains(np.array([-3], np.int32))
    assert not space["b"].contains(np.array([10], np.int32))
    assert space_of(Discrete(11)) == gym.spaces.Discrete(11)


def test_mistakes_are_named(vector):
    vector.reset(seed=0)
    with pytest.raises(SettingError, match=r"actions of shape \(2, 6\): \(6, 6\) is expected"):
        vector.step(np.zeros((2, 6), int))
    with pytest.raises(SettingError, match="reset option level: unknown; did you mean levels"):
        vector.reset(options={"level": some_levels(ENVS)})
    with pytest.raises(SettingError, match="one level per environment"):
        vector.reset(options={"levels": some_levels(2)})
    with pytest.raises(SettingError, match="num_envs=0"):
        KinetixVectorEnv(small_world(), 0)
    with pytest.raises(SettingError, match="num_levels=3: a whole number of at least 4"):
        KinetixVectorEnv(small_world(), 4, num_levels=3)
    with pytest.raises(LevelError, match="expand the level first"):
        KinetixEnv(small_world()).reset(options={"level": empty_scene(M)})


@pytest.mark.parametrize("name", ["gymnasium", "gymnax", "jaxued"])
def test_a_missing_extra_is_named(name, monkeypatch):
    adapter = f"kinetix_core.env.adapters.{name}"
    monkeypatch.delitem(sys.modules, adapter, raising=False)
    for module in [m for m in sys.modules if m.partition(".")[0] == name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        PluginError, match=rf"^adapter {name}: .*pip install 'open-kinetix\[{name}\]'"
    ):
        __import__(adapter)
