"""PPO against its equations, written once more in NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import PolicyNetwork
from kinetix_core.learn import Categorical, PPOConfig, Schedule, Setup, TrainConfig
from kinetix_core.learn import _ppo as module
from kinetix_core.learn._ppo import Batch, learn, learning_rate, loss, optimiser
from tests.learn import probe

ENVS, TIME, OPTIONS = 6, 5, 3


@dataclass(frozen=True)
class Table(PolicyNetwork):
    """Logits and values are the parameters; an observation says which row."""

    def init(self, key, observation):
        return {"logits": jnp.zeros((ENVS * TIME, OPTIONS)), "value": jnp.zeros(ENVS * TIME)}

    def apply(self, params, memory, observation, reset, *, key=None):
        row = observation.astype(int)
        return memory, Categorical(params["logits"][row]), params["value"][row]


@pytest.fixture
def case():
    rng = np.random.default_rng(0)

    def normal(*shape):
        return jnp.asarray(rng.normal(size=shape), jnp.float32)

    params = {"logits": normal(ENVS * TIME, OPTIONS), "value": normal(ENVS * TIME)}
    batch = Batch(
        observation=jnp.arange(ENVS * TIME, dtype=jnp.float32).reshape(ENVS, TIME),
        reset=jnp.zeros((ENVS, TIME), bool),
        action=jnp.asarray(rng.integers(0, OPTIONS, (ENVS, TIME)), jnp.int32),
        log_prob=-1.0 + 0.5 * normal(ENVS, TIME),
        value=0.3 * normal(ENVS, TIME),
        advantage=2.0 + 3.0 * normal(ENVS, TIME),
        target=normal(ENVS, TIME),
        memory=(),
    )
    return params, batch


def test_the_loss_is_that_of_the_paper(case):
    params, batch = case
    ppo = PPOConfig(num_envs=ENVS, num_minibatches=1, clip_eps=0.1, value_coef=0.7)
    got, metrics = loss(params, Table(), ppo, batch, jax.random.key(0))

    logits = np.asarray(params["logits"], np.float64).reshape(ENVS, TIME, OPTIONS)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    new = np.take_along_axis(log_p, np.asarray(batch.action)[..., None], -1)[..., 0]
    ratio = np.exp(new - np.asarray(batch.log_prob))
    advantage = np.asarray(batch.advantage, np.float64)
    advantage = (advantage - advantage.mean()) / advantage.std()
    policy = -np.minimum(ratio * advantage, np.clip(ratio, 0.9, 1.1) * advantage).mean()
    value = np.asarray(params["value"], np.float64).reshape(ENVS, TIME)
    old, target = np.asarray(batch.value), np.asarray(batch.target)
    near = old + np.clip(value - old, -0.1, 0.1)
    value_loss = 0.5 * np.maximum((value - target) ** 2, (near - target) ** 2).mean()
    entropy = -(np.exp(log_p) * log_p).sum(-1).mean()

    assert metrics["ppo/policy_loss"] == pytest.approx(policy, rel=1e-4)
    assert metrics["ppo/value_loss"] == pytest.approx(value_loss, rel=1e-4)
    assert metrics["ppo/entropy"] == pytest.approx(entropy, rel=1e-4)
    assert got == pytest.approx(policy + 0.7 * value_loss - 0.01 * entropy, rel=1e-4)
    outside = (np.abs(ratio - 1) > 0.1).mean()
    assert metrics["ppo/clip_fraction"] == pytest.approx(outside)
    kl = (ratio - 1 - np.log(ratio)).mean()
    assert metrics["ppo/approx_kl"] == pytest.approx(kl, rel=1e-3)


@pytest.mark.parametrize(("reach", "largest"), [(0.0, None), (0.3, 0.3), (None, 0.1)])
def test_values_have_a_clip_range_of_their_own(case, reach, largest):
    params, batch = case
    ppo = PPOConfig(num_envs=ENVS, num_minibatches=1, clip_eps=0.1, value_clip_eps=reach)
    _, metrics = loss(params, Table(), ppo, batch, jax.random.key(0))
    value = np.asarray(params["value"], np.float64).reshape(ENVS, TIME)
    old, target = np.asarray(batch.value), np.asarray(batch.target)
    error = (value - target) ** 2
    if largest:
        near = old + np.clip(value - old, -largest, largest)
        error = np.maximum(error, (near - target) ** 2)
    assert metrics["ppo/value_loss"] == pytest.approx(0.5 * error.mean(), rel=1e-4)


def setup_of(ppo: PPOConfig, train: TrainConfig | None = None) -> Setup:
    setup = probe.probe_setup(probe.ACTION, ppo=ppo)
    return replace(setup, task=replace(setup.task, network=Table()), train=train or setup.train)


def test_every_environment_is_learnt_from_once_an_epoch(case, monkeypatch):
    """The table's rows belong to one environment each: their gradients say who was there."""
    params, batch = case
    seen = []

    def count(params, network, ppo, part, key):
        jax.debug.callback(lambda rows: seen.append(rows[:, 0] // TIME), part.observation)
        return jnp.sum(params["value"] * 0.0), {}

    monkeypatch.setattr(module, "loss", count)
    setup = setup_of(PPOConfig(num_envs=ENVS, num_minibatches=3, epochs=4))
    tx = optimiser(setup)
    learn(setup, params, tx.init(params), batch, jax.random.key(3))
    jax.effects_barrier()
    assert [len(part) for part in seen] == [2] * 12
    epochs = np.concatenate(seen).reshape(4, ENVS)
    assert all(sorted(epoch) == list(range(ENVS)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1, "a fresh order for each"


def test_gradients_are_scaled_down_to_the_largest_norm_before_adam():
    setup = setup_of(PPOConfig(learning_rate=0.5, max_grad_norm=1.0, num_envs=8))
    tx = optimiser(setup)
    params = {"w": jnp.zeros(2)}
    gradient = {"w": jnp.array([3e-5, 4e-5])}  # small: the epsilon of 1e-5 shows
    updates, _ = tx.update(gradient, tx.init(params), params)
    want = -0.5 * np.array([3.0, 4.0]) / (np.array([3.0, 4.0]) + 1.0)
    np.testing.assert_allclose(updates["w"], want, rtol=1e-4)
    huge, _ = tx.update({"w": jnp.array([3e9, 4e9])}, tx.init(params), params)
    clipped = np.array([0.6, 0.8])
    np.testing.assert_allclose(huge["w"], -0.5 * clipped / (clipped + 1e-5), rtol=1e-4)


def test_the_linear_schedule_ends_at_zero():
    """lr (1 - u / U), u the finished updates: constant within an update."""
    ppo = PPOConfig(
        learning_rate=0.1,
        schedule=Schedule.linear,
        num_envs=8,
        num_steps=4,
        epochs=2,
        num_minibatches=2,
    )
    train = TrainConfig(total_steps=8 * 4 * 2 * 5, rollouts_per_update=2)  # 5 updates
    setup = setup_of(ppo, train)
    assert setup.updates == 5
    tx = optimiser(setup)
    params = {"w": jnp.zeros(1)}
    state, sizes = tx.init(params), []
    for _ in range(5 * 8):  # 2 rollouts of 2 epochs of 2 minibatches each
        updates, state = tx.update({"w": jnp.ones(1)}, state, params)
        sizes.append(-float(updates["w"][0]))
    rates = np.repeat([0.1, 0.08, 0.06, 0.04, 0.02], 8)
    np.testing.assert_allclose(sizes, rates, rtol=1e-3)


def test_the_warm_up_rises_in_a_line_and_falls_along_a_cosine():
    ppo = PPOConfig(
        learning_rate=3e-4,
        schedule=Schedule.warmup_cosine,
        num_envs=8,
        num_steps=4,
        epochs=2,
        num_minibatches=2,
    )
    setup = setup_of(ppo, TrainConfig(total_steps=8 * 4 * 40))  # 40 updates of 4 steps
    tx, params = optimiser(setup), {"w": jnp.zeros(1)}
    state, sizes = tx.init(params), []
    step = jax.jit(lambda state: tx.update({"w": jnp.ones(1)}, state, params))
    for _ in range(40 * 4):
        updates, state = step(state)
        sizes.append(-float(updates["w"][0]))
    f = np.arange(40) / 40
    up = 1e-5 + (3e-4 - 1e-5) * f / 0.1
    down = 3e-4 * 0.5 * (1 + np.cos(np.pi * (f - 0.1) / 0.9))
    rates = np.where(f < 0.1, up, down)
    assert rates.argmax() == 4
    np.testing.assert_allclose(sizes, np.repeat(rates, 4), rtol=1e-3)


def test_without_a_warm_up_the_cosine_begins_at_once():
    ppo = PPOConfig(schedule=Schedule.warmup_cosine, warmup_fraction=0.0)
    assert float(learning_rate(setup_of(ppo))(0)) == pytest.approx(ppo.learning_rate)


def test_weights_decay_by_their_share_of_the_learning_rate():
    ppo = PPOConfig(learning_rate=0.5, weight_decay=0.1, num_envs=8)
    params = {"w": jnp.array([2.0])}
    with_decay, without = (optimiser(setup_of(p)) for p in (ppo, replace(ppo, weight_decay=0.0)))
    gradient = {"w": jnp.array([0.3])}
    decayed, _ = with_decay.update(gradient, with_decay.init(params), params)
    plain, _ = without.update(gradient, without.init(params), params)
    np.testing.assert_allclose(decayed["w"] - plain["w"], -0.5 * 0.1 * 2.0, rtol=1e-5)


def test_the_learning_rate_is_logged_as_it_was_in_the_update(case):
    params, batch = case
    ppo = PPOConfig(
        num_envs=ENVS, num_minibatches=2, epochs=3, schedule=Schedule.linear, num_steps=TIME
    )
    setup = setup_of(ppo, TrainConfig(total_steps=ENVS * TIME * 4))
    state, rates = optimiser(setup).init(params), []
    step = jax.jit(lambda params, state: learn(setup, params, state, batch, jax.random.key(0)))
    for _ in range(4):
        params, state, metrics = step(params, state)
        rates.append(float(metrics["ppo/learning_rate"]))
    np.testing.assert_allclose(rates, 3e-4 * np.array([1, 0.75, 0.5, 0.25]), rtol=1e-5)


@pytest.mark.parametrize(
    "bad",
    [
        {"num_minibatches": 7},
        {"learning_rate": math.inf},
        {"learning_rate": math.nan},
        {"entropy_coef": math.nan},
        {"value_coef": -1.0},
        {"gamma": 1.5},
        {"epochs": 0},
        {"value_clip_eps": -0.1},
        {"value_clip_eps": math.nan},
        {"warmup_fraction": 1.0},
        {"weight_decay": -1e-4},
        {"adam_eps": 0.0},
        {"adam_beta2": 1.0},
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(bad):
    with pytest.raises(SettingError, match=rf"ppo\.{next(iter(bad))}="):
        PPOConfig(**bad)
