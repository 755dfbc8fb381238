"""What is logged: names as documented, numbers as counted by hand."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_networks import MLP

from kinetix_core.interfaces import PolicyNetwork
from kinetix_core.learn._metrics import effective_rank, level_metrics, network_metrics
from kinetix_core.scene import BLUE, GREEN, Motor, SceneBuilder, stack_scenes
from tests.learn import probe

DOCS = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"


def test_every_metric_is_documented_and_the_other_way_round(learnt):
    section = DOCS.read_text(encoding="utf-8").partition("## Metrics")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    documented -= {name for name in documented if name.startswith(("eval/", ".../"))}
    by_the_loop = {"time/seconds", "time/env_steps", "time/steps_per_second"}
    by_the_loop |= {"time/steps_per_second_so_far", "time/seconds_of_cpu"}
    by_the_loop |= {"time/seconds_of_evaluation"}
    depends = {"curriculum/..."}
    logged = {n for n in learnt[4][0] if not n.startswith("curriculum/")}
    assert documented == logged | by_the_loop | depends


def test_levels_are_described_by_what_is_in_them():
    plain, busy = SceneBuilder("m"), SceneBuilder("m")
    plain.circle((1.0, 1.0), 0.2)
    car = busy.rectangle((2.0, 1.0), 0.6, 0.3, role=GREEN)
    wheel = busy.circle((2.0, 0.8), 0.2)
    top = busy.rectangle((2.0, 1.3), 0.2, 0.2)
    busy.circle((4.0, 1.0), 0.2, role=BLUE)
    busy.revolute_joint(car, wheel, anchor=(2.0, 0.8), motor=Motor())
    busy.fixed_joint(car, top, anchor=(2.0, 1.2))
    busy.thruster(car)
    found = level_metrics(stack_scenes([plain.build(), busy.build()]))
    assert {name.removeprefix("levels/"): float(value) for name, value in found.items()} == {
        "shapes": 2.5,
        "joints": 1.0,
        "fixed_joints": 0.5,
        "motors": 0.5,
        "thrusters": 0.5,
        "with_green": 0.5,
        "with_blue": 0.5,
    }


@dataclass(frozen=True)
class Silent(MLP):
    """Does not say what its units do."""

    activations = PolicyNetwork.activations
    value_layer = PolicyNetwork.value_layer


@dataclass(frozen=True)
class Telling(MLP):
    """Two layers: the second has one unit that does nothing, and one that does little."""

    def activations(self, params, memory, observation, reset):
        sign = jnp.sum(observation)  # of either sign: a mean would hide it
        second = jnp.stack([0.0 * sign, 0.02 * sign, sign, -sign])
        return {"first": jnp.ones((3, 4)) * sign, "second": second}

    value_layer = "second"


@pytest.mark.parametrize(("threshold", "share"), [(0.0, 1 / 8), (0.05, 2 / 8), (1.0, 6 / 8)])
def test_units_that_hardly_move_are_dormant(learnt, threshold, share):
    setup, _, first, *_ = learnt
    silent = replace(setup.task, network=Silent(probe.MLPConfig(), setup.task))
    silent = replace(setup, task=silent)
    silence = network_metrics(silent, first.params, first.players)
    assert set(silence) == {"network/weight_norm"}, "this network says nothing of its units"
    task = replace(setup.task, network=Telling(probe.MLPConfig(), setup.task))
    setup = replace(setup, task=task, ppo=replace(setup.ppo, dormant_threshold=threshold))
    seen = jax.random.normal(jax.random.key(0), first.players.observation.shape)
    found = network_metrics(setup, first.params, replace(first.players, observation=seen))
    np.testing.assert_allclose(found["network/dormant"], share)
    np.testing.assert_allclose(found["network/effective_rank"], 1.0, rtol=1e-5)
    squares = [float(jnp.sum(x * x)) for x in jax.tree.leaves(first.params)]
    np.testing.assert_allclose(found["network/weight_norm"], np.sqrt(sum(squares)), rtol=1e-5)


def test_what_is_logged_of_the_network_is_that_of_the_one_that_played(learnt):
    _, _, first, _, history, _ = learnt
    squares = sum(float(jnp.sum(x * x)) for x in jax.tree.leaves(first.params))
    np.testing.assert_allclose(history[0]["network/weight_norm"], np.sqrt(squares), rtol=1e-5)
    assert history[1]["network/weight_norm"] != history[0]["network/weight_norm"]


def by_hand(x):
    singular = np.linalg.svd(np.asarray(x, np.float64), compute_uv=False)
    share = singular[singular > 1e-3 * singular[0]] / singular.sum()
    return np.exp(-np.sum(share * np.log(share)))


def test_effective_rank_counts_directions():
    draw = np.random.default_rng(0)
    wide, tall = draw.normal(size=(6, 40)), draw.normal(size=(5, 60, 8)) * np.arange(1, 9)
    np.testing.assert_allclose(effective_rank(jnp.float32(np.eye(7))), 7.0, rtol=1e-5)
    np.testing.assert_allclose(effective_rank(jnp.float32(wide)), by_hand(wide), rtol=1e-4)
    flat = tall.reshape(-1, 8)[::4][:64]
    np.testing.assert_allclose(effective_rank(jnp.float32(tall)), by_hand(flat), rtol=1e-4)
    one = np.outer(draw.normal(size=300), draw.normal(size=128))
    np.testing.assert_allclose(effective_rank(jnp.float32(one)), 1.0, rtol=1e-4)
    two = one + np.outer(draw.normal(size=300), draw.normal(size=128))
    np.testing.assert_allclose(effective_rank(jnp.float32(two)), by_hand(two[::4][:64]), rtol=1e-3)
    assert float(effective_rank(jnp.zeros((5, 3)))) == 0.0
    assert np.isnan(effective_rank(jnp.full((5, 3), jnp.nan)))
