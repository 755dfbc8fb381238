"""Stepping one environment from Python gives what jitted steps give."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from kinetix_core.env import Environment, InteractiveEnvironment
from kinetix_core.errors import LevelError, SettingError
from kinetix_core.interfaces import EnvConfig
from kinetix_core.scene import M, S, empty_scene
from kinetix_core.testing import example_levels, example_task

LIMIT = 5
ACTIONS = np.random.default_rng(0).integers(0, [3, 3, 3, 3, 2, 2], (LIMIT, 6))


@pytest.fixture(scope="module")
def environment():
    return Environment(replace(example_task(S), env=EnvConfig(max_timesteps=LIMIT)))


@pytest.fixture(scope="module")
def play(environment):
    return InteractiveEnvironment(environment)


def same(first, second):
    for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_it_gives_what_jitted_steps_give(environment, play):
    def advance(state, action):
        state, transition = environment.step(state, action)
        return state, environment.observe(state), transition

    advance = jax.jit(advance)
    ends = set()
    for number in range(5):  # two levels solve themselves, one is lost at once, two last
        level = jax.tree.map(lambda x, number=number: x[number], example_levels(S, 12))
        state = jax.jit(environment.reset)(level)
        same(play.reset(level), environment.observe(state))
        for action in ACTIONS:
            state, seen, transition = advance(state, action)
            found, result = play.step(action)
            same(found, seen)
            for name in result._fields:
                assert getattr(result, name) == pytest.approx(float(getattr(transition, name)))
            assert result.done == bool(transition.done)
            same(play.state, state)
            if result.done:
                ends.add((result.goal, result.terminated, result.truncated))
                break
    assert ends == {(True, True, False), (False, True, False), (False, False, True)}


def test_results_are_python_numbers(play):
    play.reset(jax.tree.map(lambda x: x[0], example_levels(S, 12)))
    _, result = play.step(ACTIONS[0])
    wanted = {"reward": float, "distance": float}
    assert {k: type(v) for k, v in result._asdict().items()} == {
        name: wanted.get(name, bool) for name in result._fields
    }


def test_what_a_step_does_not_change_is_no_result_of_its_call():
    """With the real engine: constants of the scene, and which pairs decide, stay where they are."""
    from kinetix_core.bench._parts import build_env_task

    play = InteractiveEnvironment(Environment(build_env_task("s", "symbolic", 1)))
    play.reset(empty_scene(S))
    before = play.state
    play.step(ACTIONS[0])
    assert play.state.physics.constant is before.physics.constant
    assert play.state.rules.goal_pairs is before.rules.goal_pairs
    assert int(play.state.timestep) == 1


def test_going_on_from_a_state(environment, play):
    level = jax.tree.map(lambda x: x[4], example_levels(S, 12))
    play.reset(level)
    play.step(ACTIONS[0])
    middle, seen = play.state, environment.observe(play.state)
    after = play.step(ACTIONS[1])
    play.reset(level)
    play.begin(middle, seen)
    same(play.step(ACTIONS[1]), after)


def test_mistakes_are_named(environment):
    play = InteractiveEnvironment(environment)
    with pytest.raises(SettingError, match="step: call reset first"):
        play.step(ACTIONS[0])
    with pytest.raises(LevelError, match="level of size m"):
        play.reset(empty_scene(M))
