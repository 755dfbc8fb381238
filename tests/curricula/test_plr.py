"""curriculum/plr and the score functions."""

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_curricula import (
    PLR,
    Learnability,
    MaxMC,
    PLRConfig,
    PositiveValueLoss,
)
from kinetix_curricula._config import ScoreConfig
from kinetix_curricula._plr import NEW, REPLAY
from numpy.testing import assert_allclose, assert_array_equal

from kinetix_core.cli import main
from kinetix_core.errors import PluginError, SettingError
from kinetix_core.scene import S
from kinetix_core.testing import example_task

from .toy import Numbers, ToyTools, numbers, outcome_of

TOOLS = ToyTools(generator=Numbers(10_000))


@pytest.fixture(scope="module")
def task():
    return example_task(S)


def solve_rate(number):
    return number / 10_000


@lru_cache
def run(curriculum, updates, tools=TOOLS):
    """Kinds, proposals and states of some updates, each level solved as `solve_rate` says."""

    @jax.jit
    def update(state, key):
        state, proposal = curriculum.propose(state, key, tools, None)
        played = state
        outcome = outcome_of(solve_rate(numbers(proposal.levels)))
        return curriculum.learn(state, proposal, outcome), played, proposal

    state = curriculum.init(jax.random.key(0), tools)
    turns = []
    for key in jax.random.split(jax.random.key(1), updates):
        state, played, proposal = update(state, key)
        turns.append((int(played.kind), jax.device_get(proposal), jax.device_get(state)))
    return turns


def robust_plr(task):
    return PLR(PLRConfig(buffer_size=24, replay_prob=1.0, robust=True), task)


def test_nothing_is_replayed_before_the_buffer_is_filled_enough(task):
    turns = run(robust_plr(task), 6)
    assert [kind for kind, _, _ in turns] == [NEW, NEW, REPLAY, REPLAY, REPLAY, REPLAY]
    assert int(turns[-1][2].buffer.slots.size) == 12, "a replay puts nothing in"


def test_with_a_chance_of_zero_nothing_is_ever_replayed(task):
    turns = run(PLR(PLRConfig(buffer_size=12, replay_prob=0.0), task), 4)
    assert all(kind == NEW for kind, _, _ in turns)


def test_the_coin_decides(task):
    turns = run(PLR(PLRConfig(buffer_size=6, replay_prob=0.5), task), 60)
    share = np.mean([kind == REPLAY for kind, _, _ in turns[1:]])
    assert 0.3 < share < 0.7


def test_replayed_levels_are_those_of_the_buffer(task):
    turns = run(robust_plr(task), 6)
    held = set(np.asarray(numbers(turns[1][2].buffer.levels))[:12])
    _, proposal, state = turns[2]
    assert set(np.asarray(numbers(proposal.levels))) <= held
    at = state.replayed
    assert_array_equal(numbers(state.buffer.levels)[at], numbers(proposal.levels))


def by_the_formula(score, timestamp, counter):
    """Chance of each slot of a full buffer: spec/curricula.md 2.4, in plain loops."""
    order = sorted(range(len(score)), key=lambda i: (-score[i], i))
    rank = {slot: place + 1 for place, slot in enumerate(order)}
    by_score = np.array([1 / rank[i] for i in range(len(score))])
    age = np.array([counter - t for t in timestamp], float)
    by_age = age / age.sum() if age.sum() else np.full(len(score), 1 / len(score))
    return 0.7 * by_score / by_score.sum() + 0.3 * by_age


def test_levels_are_replayed_with_the_chances_of_the_formula(task):
    """Two draws one after the other: the first makes its level fresh, so less likely."""
    curriculum = PLR(PLRConfig(buffer_size=4, replay_prob=1.0, score="learnability"), task)
    four = ToyTools(generator=Numbers(10_000), num_envs=4)
    state, proposal = curriculum.propose(
        curriculum.init(jax.random.key(0), four), jax.random.key(1), four, None
    )
    state = curriculum.learn(state, proposal, outcome_of([0.1, 0.5, 0.2, 0.3]))
    score, time = np.array([0.09, 0.25, 0.16, 0.21]), [1, 2, 3, 4]
    assert_allclose(state.buffer.slots.score, score, rtol=1e-5)

    n = 6000
    keys = jax.random.split(jax.random.key(2), n)
    replay = jax.jit(jax.vmap(lambda key: curriculum.propose(state, key, four, None)[0].replayed))
    drawn = np.asarray(replay(keys))[:, :2]
    first = by_the_formula(score, time, 4)
    for i in range(4):
        after = [5 if slot == i else t for slot, t in enumerate(time)]
        both = first[i] * by_the_formula(score, after, 5)
        for j in range(4):
            share = np.mean((drawn[:, 0] == i) & (drawn[:, 1] == j))
            assert abs(share - both[j]) < 4.5 * np.sqrt(both[j] / n), (i, j)


def test_robust_learns_from_replayed_levels_only(task):
    turns = run(robust_plr(task), 6)
    assert [bool(p.train) for _, p, _ in turns] == [kind == REPLAY for kind, _, _ in turns]
    usual = run(PLR(PLRConfig(buffer_size=6, replay_prob=0.5), task), 60)
    assert all(bool(p.train) for _, p, _ in usual)


def test_the_best_return_of_a_level_is_remembered(task):
    """MaxMC of a replay compares with the best return ever, not only with this rollout's."""
    curriculum = PLR(PLRConfig(buffer_size=6, replay_prob=1.0, minimum_fill_ratio=0.5), task)
    state = curriculum.init(jax.random.key(0), TOOLS)
    state, proposal = curriculum.propose(state, jax.random.key(1), TOOLS, None)
    state = curriculum.learn(state, proposal, outcome_of(np.full(6, 1.0), best=np.full(6, 1.0)))
    state, proposal = curriculum.propose(state, jax.random.key(2), TOOLS, None)
    worse = outcome_of(np.zeros(6), best=np.full(6, -1.0), value=np.full(6, 0.25))
    state = curriculum.learn(state, proposal, worse)
    again = np.unique(np.asarray(state.replayed))
    assert_allclose(state.buffer.slots.score[again], 0.75)
    assert_allclose(state.buffer.slots.max_return[again], 1.0)


SCORED = outcome_of(
    [0.5, 0.0, 0.25, 0.0], best=[0.75, -1.0, 1.0, 0.0], value=[0.225, 0.5, 0.0, 0.0],
    episodes=[2, 1, 4, 0],
)  # fmt: skip


@pytest.mark.parametrize(
    ("score", "wanted"),
    [
        (MaxMC, [0.525, -0.5, 1.0, -np.inf]),
        (PositiveValueLoss, [0.5, 0.0, 0.25, -np.inf]),
        (Learnability, [0.25, 0.0, 0.1875, -np.inf]),
    ],
)
def test_scores(score, wanted, task):
    assert_allclose(score(ScoreConfig(), task)(SCORED), wanted, atol=1e-6)


def test_unknown_scores_are_named(task):
    with pytest.raises(PluginError, match="score=max_cm: unknown; did you mean max_mc"):
        PLR(PLRConfig(score="max_cm"), task)


def test_config_show_names_unknown_scores(capsys):
    assert main(["config", "show", "curriculum=accel", "curriculum.score=max_cm"]) == 2
    assert "curriculum.score=max_cm: unknown; did you mean max_mc" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"replay_prob": 1.2}, "replay_prob=1.2: 0 to 1"),
        ({"temperature": 0.0}, "temperature=0.0: a number above 0"),
        ({"buffer_size": 0}, "buffer_size=0: at least 1"),
        ({"buffer_size": 10**10}, "buffer_size=10000000000: at most 16,777,216"),
        ({"robust": True, "replay_prob": 0.0}, "nothing would be learnt"),
    ],
)
def test_settings_that_cannot_be(settings, text):
    with pytest.raises(SettingError, match=text):
        PLRConfig(**settings)


def test_metrics(task):
    curriculum = PLR(PLRConfig(buffer_size=12, replay_prob=0.0), task)
    found = curriculum.metrics(run(curriculum, 4)[-1][2])
    assert int(found["buffer_size"]) == 12
    assert found["score_max"] >= found["score_weighted"] >= found["score_mean"] > 0
    told = {name for name, value in found.items() if not jnp.isnan(value)}
    assert not any(name.startswith("replay_") for name in told), "it never replays"
    assert {name for name in found if not name.startswith("replay_")} == told


def test_each_kind_of_update_has_metrics_of_its_own(task):
    """Of what was played: episodes count alike, levels without one do not count for scores."""
    curriculum = PLR(PLRConfig(buffer_size=4, replay_prob=1.0), task)
    tools = ToyTools(generator=Numbers(10_000), num_envs=4)
    state = curriculum.init(jax.random.key(0), tools)
    assert all(jnp.isnan(curriculum.metrics(state)[f"new_{name}"]) for name in ("return", "max_mc"))
    state, proposal = curriculum.propose(state, jax.random.key(1), tools, None)
    state = curriculum.learn(state, proposal, SCORED)
    found = curriculum.metrics(state)
    assert_allclose(found["new_solved"], (2 * 0.5 + 4 * 0.25) / 7)
    assert_allclose(found["new_max_mc"], (0.525 - 0.5 + 1.0) / 3, rtol=1e-5)
    assert_allclose(found["new_positive_value_loss"], 0.25)
    assert_allclose(found["new_learnability"], (0.25 + 0.1875) / 3, rtol=1e-5)
    assert jnp.isnan(found["replay_solved"])
    state, proposal = curriculum.propose(state, jax.random.key(2), tools, None)
    assert int(state.kind) == REPLAY
    worse = outcome_of(np.zeros(4), best=np.full(4, -1.0))
    found = curriculum.metrics(curriculum.learn(state, proposal, worse))
    assert jnp.isnan(found["new_solved"])
    assert found["replay_solved"] == 0.0
    held = np.array([0.75, -1.0, 1.0, 0.0])[np.asarray(state.replayed)]
    assert_allclose(found["replay_max_mc"], np.maximum(held, 0).mean(), rtol=1e-5)
