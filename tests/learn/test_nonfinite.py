"""Where a number is not finite, the component that it came from and its level are found."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import pytest

from kinetix_core.learn._nonfinite import blind_level, diverged
from tests.learn import probe

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("bad", [NAN, INF, [0.1, NAN]])
def test_a_loss_or_a_gradient_that_is_not_finite_is_divergence(bad):
    good = {"ppo/loss": 0.1, "ppo/gradient_norm": 2.0, "episode/return": NAN}
    assert diverged(good) == "", "no episode ended: that is no divergence"
    assert diverged(good | {"ppo/loss": bad}) == "ppo/loss"
    assert diverged(good | {"ppo/gradient_norm": bad}) == "ppo/gradient_norm"


def with_nan(state, env):
    observation = state.players.observation.at[env, 2].set(jnp.nan)
    return replace(state, players=replace(state.players, observation=observation))


@pytest.mark.parametrize("current", [True, False])
def test_the_level_whose_observation_is_not_finite_is_found(learnt, current):
    setup, _, _, state, *_ = learnt
    assert blind_level(state, 1) is None
    env = 7
    players = replace(state.players, current=state.players.current.at[env].set(current))
    broken = with_nan(replace(state, players=players), env)
    found = setup.environment.scene(blind_level(broken, 1)).joints.motor_speed[0]
    kept = broken.pool if current else broken.players.carried
    index = broken.players.level[env] if current else env
    expected = jax.tree.map(lambda x: x[index], kept)
    assert found == setup.environment.scene(expected).joints.motor_speed[0]
    played = jnp.argmax(state.players.observation[env, :5])
    assert not current or int(found) == int(played) in (probe.REWARDED, probe.ACTION, probe.DELAYED)


def test_it_is_found_in_the_seed_that_it_happened_in(learnt):
    _, _, _, state, *_ = learnt
    both = jax.tree.map(lambda a, b: jnp.stack([a, b]), state, with_nan(state, 3))
    alone = blind_level(with_nan(state, 3), 1)
    assert jax.tree.all(jax.tree.map(lambda a, b: jnp.all(a == b), blind_level(both, 2), alone))
