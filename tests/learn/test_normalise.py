"""Observation normalisation: known statistics, in learning, in checkpoints and in play."""

from dataclasses import dataclass, replace
from typing import ClassVar

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_observations import Entity, EntityMasked, Pixels
from numpy.testing import assert_allclose

from kinetix_core.compose import build_task, compose_run
from kinetix_core.errors import PluginError
from kinetix_core.interfaces import (
    Box,
    Curriculum,
    ObservationEncoder,
    PolicyNetwork,
    Proposal,
    Record,
)
from kinetix_core.learn import NormalisedNetwork, NormalisedParameters, PPOConfig, normalised
from kinetix_core.learn._distributions import MultiCategorical
from kinetix_core.learn._nonfinite import diverged
from kinetix_core.learn._normalise import Moments, _added
from kinetix_core.learn._train import compiled
from kinetix_core.record import RunFolder, load_run
from kinetix_core.record._checkpoint import load_checkpoint, save_checkpoint
from tests.learn import probe

ROWS = np.array([[1.0, 10.0], [2.0, 30.0], [3.0, 80.0], [1e30, -1e30]], np.float32)
THERE = np.array([True, True, True, False])


@dataclass(frozen=True)
class Tables(ObservationEncoder):
    """Three things that are there and an empty slot; the action decides about `flat`."""

    row_masks: ClassVar = {"things": "there"}

    def space(self, size):
        numbers = Box(-np.inf, np.inf, (4, 2))
        parts = {"flat": Box(0.0, 8.0, (3,)), "number": Box(0, 8, (), "int32")}
        parts |= {"there": Box(0, 1, (4,), "bool"), "things": numbers}
        return Record(tuple(parts.items()))

    def encode(self, scene):
        time = jnp.asarray(scene.circles.rotation[0], jnp.float32)
        flat = jnp.stack([time, 5.0 + 0 * time, -time])
        shown = {"flat": flat, "number": time.astype(jnp.int32)}
        return shown | {"there": jnp.asarray(THERE), "things": jnp.asarray(ROWS)}


@dataclass(frozen=True)
class Linear(PolicyNetwork):
    """Remembers nothing, and shows what it is shown: the value is the sum of everything."""

    def init(self, key, observation):
        return {"w": 0.1 * jax.random.normal(key, (3, 16))}

    def apply(self, params, memory, observation, reset, *, key=None):
        sizes = (3, 3, 3, 3, 2, 2)
        logits = observation["flat"] @ params["w"]
        value = jnp.sum(observation["things"]) + jnp.sum(observation["flat"])
        return memory, MultiCategorical(logits, sizes), value


@dataclass(frozen=True)
class Twice(Curriculum):
    """The third proposal is not to be learnt from."""

    def init(self, key, tools):
        return jnp.int32(0)

    def propose(self, state, key, tools, policy):
        return state + 1, Proposal(tools.sample(key, tools.num_envs), state < 2)


PPO = PPOConfig(num_envs=8, num_steps=16, num_minibatches=1, epochs=1, learning_rate=1e-2)


@pytest.fixture(scope="module")
def run():
    """Setup, step function, and the states and metrics of three updates."""
    setup = probe.probe_setup(probe.REWARDED, probe.ENDLESS, ppo=PPO, observation=Tables())
    network = normalised(Linear(), Tables())
    curriculum = Twice(None, setup.task)
    setup = replace(setup, task=replace(setup.task, network=network, curriculum=curriculum))
    init, step = compiled(setup)
    state = init(0)
    states, metrics = [jax.device_get(state)], []
    for _ in range(3):  # two that are learnt from
        state, found, _ = step(state)
        states.append(jax.device_get(state))
        metrics.append(jax.device_get(found))
    return setup, step, states, metrics


def test_moments_are_those_of_everything_seen():
    """In three batches of different sizes, with rows that are not there."""
    rng = np.random.default_rng(0)
    old = Moments(jnp.zeros(2), jnp.ones(2), jnp.float32(1e-4))
    seen = []
    for envs in (2, 5, 3):
        x = rng.normal(3.0, [0.5, 20.0], (envs, 4, 6, 2)).astype(np.float32)
        there = rng.random((envs, 4, 6)) < 0.6
        seen.append(x[there])
        old = _added(old, jnp.asarray(np.where(there[..., None], x, np.nan)), there)
    seen = np.concatenate(seen)
    assert_allclose(old.count, len(seen), rtol=1e-5)
    assert_allclose(old.mean, seen.mean(axis=0), rtol=1e-4)
    assert_allclose(old.variance, seen.var(axis=0), rtol=1e-3)


def test_a_batch_without_any_such_entity_changes_nothing():
    old = Moments(jnp.array([1.0]), jnp.array([2.0]), jnp.float32(7.0))
    nothing = jnp.full((2, 3, 4, 1), jnp.nan), jnp.zeros((2, 3, 4), bool)
    chex.assert_trees_all_close(_added(old, *nothing), old)


def test_the_known_statistics_of_a_toy_encoder_are_found(run):
    _, _, states, _ = run
    begin, after = states[0].params.observation, states[1].params.observation
    assert set(after) == {"flat", "things"}, "only floating-point parts"
    assert_allclose(begin["things"].mean, 0.0)
    assert_allclose(begin["things"].variance, 1.0)
    things = after["things"]
    assert things.mean.shape == (2,), "one feature per column, whatever the number of rows"
    assert_allclose(things.mean, [2.0, 40.0], rtol=1e-4)
    assert_allclose(things.variance, ROWS[:3].var(axis=0), rtol=1e-3)
    assert_allclose(things.count, 8 * 16 * 3, rtol=1e-5)
    flat = after["flat"]
    assert flat.mean.shape == (3,)
    assert_allclose(flat.mean[1], 5.0, rtol=1e-5)
    assert_allclose(flat.mean[0], -flat.mean[2], rtol=1e-5)
    assert flat.mean[0] > 0.5
    assert_allclose(states[2].params.observation["flat"].count, 2 * 8 * 16, rtol=1e-5)


def test_the_network_is_shown_what_the_moments_say(run):
    setup, _, states, _ = run
    params = states[1].params
    level = jax.tree.map(jnp.asarray, probe.level(probe.ENDLESS))
    seen = setup.task.observation.encode(level)
    moments = params.observation
    wanted = dict(seen)
    for name in ("flat", "things"):
        m = moments[name]
        wanted[name] = (np.asarray(seen[name]) - m.mean) / np.sqrt(m.variance + 1e-4)
    wanted["things"] = jnp.where(THERE[:, None], wanted["things"], 0.0)
    network = setup.task.network
    _, played, value = network.apply(params, (), seen, jnp.bool_(False))
    _, plain, plain_value = Linear().apply(params.network, (), wanted, jnp.bool_(False))
    assert_allclose(value, plain_value, rtol=1e-4, atol=1e-4)
    assert_allclose(played.logits, plain.logits, rtol=1e-4)


def test_a_rollout_is_learnt_from_with_the_moments_it_was_played_with(run):
    """So the first gradient step sees the policy that played: no divergence from it yet."""
    for metrics in run[3][:2]:
        assert abs(metrics["ppo/approx_kl"]) < 1e-6
        assert metrics["ppo/clip_fraction"] == 0.0


def test_gradients_and_optimiser_leave_the_moments_alone(run):
    _, _, states, _ = run
    names = {str(path) for path, _ in jax.tree_util.tree_flatten_with_path(states[0].opt_state)[0]}
    assert names
    assert not any("observation" in name for name in names)
    assert not np.array_equal(states[0].params.network["w"], states[1].params.network["w"])


def test_what_is_not_learnt_from_does_not_count(run):
    _, _, states, metrics = run
    assert [m["ppo/learnt"] for m in metrics] == [1, 1, 0]
    assert np.isnan(metrics[2]["ppo/loss"])
    assert diverged(metrics[2]) == "", "nothing was measured; that is no divergence"
    assert diverged(metrics[2] | {"ppo/learnt": 1.0}) == "ppo/loss"
    chex.assert_trees_all_equal(states[3].params, states[2].params)


def test_a_resumed_run_has_the_bits_of_one_without_a_stop(run, tmp_path):
    _, step, states, _ = run
    save_checkpoint(tmp_path, states[2], 2, keep=1, notes={})
    found = load_checkpoint(tmp_path, jax.eval_shape(lambda: states[2])).state
    assert isinstance(found.params, NormalisedParameters)
    chex.assert_trees_all_equal(jax.device_get(step(found)[0].params), states[3].params)


def test_the_setting_wraps_the_network_and_costs_nothing_when_off():
    off = build_task(compose_run(["experiment=laptop"]), ("action", "observation", "network"))
    assert not isinstance(off.network, NormalisedNetwork)
    words = ["observation=entity", "network=deep_sets", "ppo.normalise_observations=true"]
    on = build_task(compose_run(words), ("action", "observation", "network")).network
    assert isinstance(on, NormalisedNetwork)
    assert dict(on.row_masks) == dict(Entity.row_masks) == dict(EntityMasked.row_masks)
    assert Pixels.row_masks == {}, "each pixel is a feature"


def test_moments_are_read_back_with_a_run_so_evaluations_use_them(tmp_path):
    words = ["ppo.normalise_observations=true", "network.depth=1", "network.width=8"]
    composed = compose_run([*words, f"train.directory={tmp_path}"])
    task = build_task(composed, ("engine", "action", "observation", "network"))
    network, seen = task.network, jnp.full(task.observation.space(task.size).shape, 2.0)
    params = network.init(jax.random.key(0), seen)
    batch = jnp.stack([seen, 0 * seen])[None]
    folder = RunFolder.create(composed)
    folder.save_parameters(network.observed(params, batch), 1)
    run = load_run(folder.path)
    assert_allclose(run.params.observation["observation"].mean, 1.0, rtol=1e-3)
    # halfway between what was seen is 0 to the network, as it was for the inner one
    shown = run.task.network.apply(run.params, (), 0.5 * seen, jnp.bool_(False))[2]
    inner = network.network.apply(params.network, (), 0 * seen, jnp.bool_(False))[2]
    raw = network.network.apply(params.network, (), 0.5 * seen, jnp.bool_(False))[2]
    assert_allclose(shown, inner, atol=1e-3)
    assert abs(float(raw - inner)) > 1e-2


@pytest.mark.parametrize("mask", ["nowhere", "flat", "number"])
def test_masks_that_do_not_fit_are_named(mask):
    scene = jax.tree.map(jnp.asarray, probe.level(probe.ENDLESS))
    network = NormalisedNetwork(Linear(), (("things", mask),))
    with pytest.raises(PluginError, match=rf"row_masks of the observation: {mask} is given for"):
        network.init(jax.random.key(0), Tables().encode(scene))
