"""What a curriculum is told about each level, against plain counting."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.learn import init_state, update
from kinetix_core.learn._outcome import Tally, count
from kinetix_core.learn._rollout import Step
from tests.learn import probe


def steps_of(rng, time, envs, levels):
    """Random steps with consistent lengths and returns."""
    done = rng.random((time, envs)) < 0.3
    length = np.zeros((time, envs), np.int32)
    returns = np.zeros((time, envs), np.float32)
    reward = rng.normal(size=(time, envs)).astype(np.float32)
    for e in range(envs):
        n, total = 0, 0.0
        for t in range(time):
            n, total = n + 1, total + reward[t, e]
            length[t, e], returns[t, e] = n, total
            if done[t, e]:
                n, total = 0, 0.0
    zeros = np.zeros((time, envs), np.float32)
    return Step(
        observation=zeros,
        reset=zeros > 0,
        action=zeros,
        log_prob=zeros,
        value=rng.normal(size=(time, envs)).astype(np.float32),
        reward=reward,
        done=done,
        end_value=zeros,
        goal=rng.random((time, envs)) < 0.5,
        nonfinite=zeros > 0,
        level=rng.integers(0, levels, (time, envs)).astype(np.int32),
        current=rng.random((time, envs)) < 0.7,
        episode_return=returns,
        length=length,
    )


@pytest.fixture(scope="module")
def players():
    setup = probe.probe_setup(probe.ACTION)
    players = init_state(setup, 0).players
    keep = {f: getattr(players, f)[:4] for f in ("value_sum", "advantage_sum")}
    return replace(players, **keep)


def test_episodes_are_counted_once_under_their_own_level(players):
    rng = np.random.default_rng(1)
    steps = steps_of(rng, 20, 4, 3)
    advantage = rng.normal(size=(20, 4)).astype(np.float32)
    half = [jax.tree.map(lambda x, s=s: x[s], (steps, advantage)) for s in (slice(9), slice(9, 20))]
    tally = Tally.empty(3)
    for part, part_advantage in half:
        tally, players = count(tally, players, part, part_advantage)
    outcome = tally.outcome()

    want = {k: [[] for _ in range(3)] for k in ("solved", "return", "value", "advantage")}
    for e in range(4):
        begun = 0
        for t in range(20):
            if not steps.done[t, e]:
                continue
            if steps.current[t, e]:
                level = steps.level[t, e]
                span = slice(begun, t + 1)
                want["solved"][level].append(steps.goal[t, e])
                want["return"][level].append(steps.episode_return[t, e])
                want["value"][level].append(steps.value[span, e].mean())
                want["advantage"][level].append(np.maximum(advantage[span, e], 0).mean())
            begun = t + 1
    np.testing.assert_array_equal(outcome.episodes, [len(x) for x in want["solved"]])
    assert min(outcome.episodes) > 0, "every level is covered by this case"
    for name, got in (
        ("solved", outcome.solved),
        ("return", outcome.mean_return),
        ("value", outcome.mean_value),
        ("advantage", outcome.mean_positive_advantage),
    ):
        np.testing.assert_allclose(got, [np.mean(x) for x in want[name]], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(outcome.best_return, [max(x) for x in want["return"]], rtol=1e-5)


def test_a_level_that_nobody_finished_has_no_best_return():
    outcome = Tally.empty(2).outcome()
    assert outcome.episodes.tolist() == [0, 0]
    assert outcome.best_return.tolist() == [-np.inf, -np.inf]
    assert outcome.mean_return.tolist() == [0, 0]


def test_an_episode_that_goes_on_is_not_counted_for_the_next_proposal():
    """Episodes of eight steps, seen through rollouts of three: only whole ones count."""
    ppo = replace(probe.probe_setup(probe.ENDLESS).ppo, num_steps=3)
    told = []

    class Listening(probe.Fixed):
        def learn(self, state, proposal, outcome):
            jax.debug.callback(lambda n: told.append(int(n.sum())), outcome.episodes)
            return state

    setup = probe.probe_setup(probe.ENDLESS, ppo=ppo)
    task = replace(setup.task, curriculum=Listening(probe.FixedConfig(), setup.task))
    setup = replace(setup, task=task)
    step = jax.jit(lambda s: update(setup, s))
    state = init_state(setup, 0)
    ended = []
    for _ in range(6):
        state, metrics, _ = step(state)
        ended.append(int(metrics["episode/count"]))
    jax.effects_barrier()
    assert ended == [0, 0, 32, 0, 0, 32], "updates 3 and 6 hold steps 8 and 16"
    assert told == [0] * 6, "no episode began and ended under one proposal"
    assert jnp.all(state.players.current == (state.players.length < 3))
