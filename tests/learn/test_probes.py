"""The learner finds the known optimum of each probe, and the loop keeps its promises."""

from __future__ import annotations

from dataclasses import replace

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.learn import PPOConfig, init_state
from kinetix_core.learn._rollout import Pool, begin, rollout
from kinetix_core.learn._train import compiled
from kinetix_core.learn._update import _incident
from tests.learn import probe


def policy(setup, state, which, time):
    observation = jnp.zeros(8).at[which].set(1.0).at[5 + time].set(1.0)
    _, distribution, value = setup.task.network.apply(
        state.params, (), observation, jnp.bool_(False)
    )
    forward = jnp.exp(distribution.logits[:, 0])
    return np.asarray(forward), float(value)


def test_value_of_a_constant_reward_is_learnt(learnt):
    setup, _, _, state, _, _ = learnt
    assert policy(setup, state, probe.REWARDED, 0)[1] == pytest.approx(1.0, abs=0.1)


def test_the_action_that_decides_is_learnt(learnt):
    setup, _, _, state, _, _ = learnt
    off, forward, backward = policy(setup, state, probe.ACTION, 0)[0]
    assert forward > 0.95, (off, forward, backward)


def test_a_delayed_reward_is_learnt(learnt):
    setup, _, _, state, _, _ = learnt
    assert policy(setup, state, probe.DELAYED, 0)[0][1] > 0.95


def test_returns_rise_from_chance_to_the_optimum(learnt):
    history = learnt[4]
    # At first two of three probes are won by one option in three.
    assert history[0]["episode/solved"] < 0.7
    assert history[-1]["episode/solved"] > 0.95
    assert history[-1]["episode/return"] > 0.9


def test_it_compiles_once(learnt):
    assert len(learnt[5]) == 1


def test_the_same_seed_gives_the_same_bits(learnt):
    setup, jitted, first, _, _, _ = learnt
    chex.assert_trees_all_equal(jitted(first)[0].params, jitted(first)[0].params)
    again = jax.jit(lambda s: init_state(setup, s))
    chex.assert_trees_all_equal(first.params, again(0).params)
    other = again(1)
    assert not np.array_equal(
        first.params["actor"]["hidden_0"]["kernel"], other.params["actor"]["hidden_0"]["kernel"]
    )


def test_seeds_in_one_program_give_the_bits_of_runs_of_their_own(learnt):
    setup, jitted = learnt[:2]
    init, step = compiled(setup, seeds=2)
    state, metrics, _ = step(init(0))
    state, metrics, _ = step(state)
    alone, _ = compiled(setup)
    for i, start in enumerate([alone(0), alone(1)]):
        own, own_metrics, _ = jitted(jitted(start)[0])
        chex.assert_trees_all_equal(jax.tree.map(lambda x, i=i: x[i], state.params), own.params)
        assert metrics["episode/return"][i] == own_metrics["episode/return"]


def played(setup):
    """Players and steps of one rollout of an untrained policy, and the pool it played in."""

    def play(key):
        levels = setup.task.generator.sample(key, setup.ppo.num_envs)
        pool = Pool.of(setup, jax.vmap(setup.environment.reset)(levels))
        params = setup.network.init(key, jnp.zeros(8))
        params["critic"]["out"]["kernel"] *= 0.0
        params["critic"]["out"]["bias"] += 1.0  # the value is 1 everywhere
        return *rollout(setup, params, begin(setup, pool), pool, key), pool.env

    return jax.jit(play)(jax.random.key(0))


SMALL = PPOConfig(num_envs=8, num_steps=9, num_minibatches=1, epochs=1)


def test_states_that_are_not_finite_are_counted_and_their_level_is_kept():
    setup = probe.probe_setup(probe.BROKEN, probe.REWARDED, ppo=SMALL)
    players, steps, pool = played(setup)
    incident = _incident(steps, pool, players)
    assert int(incident.count) == int(np.sum(steps.nonfinite)) > 0
    assert np.all(steps.done | ~steps.nonfinite), "the episode is over"
    level = setup.environment.scene(incident.begun)
    assert level.joints.motor_speed[0] == probe.BROKEN
    assert np.all(np.isfinite(steps.observation)), "it is never encoded"


@pytest.mark.parametrize("bootstrap", [False, True])
def test_the_time_limit_bootstraps_only_when_asked(bootstrap):
    """Where the limit of 8 steps cuts an episode off, its end is worth 0, or the value there."""
    ppo = replace(SMALL, bootstrap_at_time_limit=bootstrap)
    _, steps, _ = played(probe.probe_setup(probe.ENDLESS, probe.REWARDED, ppo=ppo))
    limit = steps.done & ~steps.goal
    assert np.any(limit)
    assert np.all(steps.length[limit] == 8)
    assert np.all(steps.end_value[limit] == (1.0 if bootstrap else 0.0))
    assert np.all(steps.end_value[~limit] == 0.0), "a real end is worth nothing"
