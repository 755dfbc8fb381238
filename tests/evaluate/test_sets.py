"""Several sets in one evaluation: each has the result that it has alone."""

import dataclasses

import jax
import numpy as np
import pytest

from kinetix_core.errors import LevelError, SettingError
from kinetix_core.evaluate import (
    SetResult,
    chosen_recordings,
    evaluate_policy,
    evaluate_sets,
    load_sets,
    named_set,
    set_lines,
    set_rows,
    set_table,
)
from kinetix_core.evaluate._play import program
from kinetix_core.learn import Categorical
from kinetix_core.scene import LevelSet, S
from tests.evaluate.stage import Coin, Constant, level, levels, right, stage

KEY = jax.random.key(3)
TASK = stage()
NEAR = named_set("near", LevelSet(*levels(a=level(0.3), b=level(0.5))))
MIXED = named_set("mixed", LevelSet(*levels(c=level(0.1, 0.15), d=level(5), e=level(0.1, 0.15))))


@pytest.fixture(scope="module")
def played() -> tuple[SetResult, ...]:
    program.cache_clear()
    params = {"right": np.float32([1, 0.5])}
    return evaluate_sets(
        TASK,
        params,
        (NEAR, MIXED),
        4,
        KEY,
        num_seeds=2,
        baseline={"right": np.float32(0)},
        max_envs=8,
    )


def test_one_program_plays_all_sets_seeds_and_the_baseline(played):
    assert program(TASK, False, 1.0)._cache_size() == 1  # pyright: ignore[reportFunctionMemberAccess]
    assert [r.name for r in played] == ["near", "mixed"]
    assert [len(r.evaluations) for r in played] == [2, 2]
    assert [r.evaluations[0].solve_rate for r in played] == [1.0, 2 / 3]
    assert [r.baseline.solve_rate for r in played if r.baseline] == [0.0, 0.0]


def test_a_set_has_the_result_that_it_has_alone(played):
    scenes, names, _ = MIXED.levels
    alone = evaluate_policy(TASK, right(0.5), scenes, names, 4, KEY)
    together = played[1].evaluations[1]
    for one, other in zip(alone.levels, together.levels, strict=True):
        np.testing.assert_array_equal(one.outcome, other.outcome)
        np.testing.assert_array_equal(one.returns, other.returns)
    assert len({tuple(r.outcome) for r in together.levels}) > 1, "else nothing is shown"
    assert [r.name for r in together.recordings] == ["c", "d", "e"]


def test_the_table_has_a_line_per_set_with_its_failures(played):
    titles, rows = set_table(played)
    cells = dict(zip(titles, rows[1], strict=True))
    assert (cells["set"], cells["levels"], cells["ever"]) == ("mixed", "3", "2")
    red, time = float(cells["red"].split()[0]), float(cells["time"].split()[0])
    assert red + time + float(cells["solved"].split()[0]) == pytest.approx(100, abs=0.2)
    assert cells["untrained"] == "0.0 %"
    lines = set_lines(played)
    assert lines[0] == f"near: 2 levels with hash {NEAR.digest}"
    assert lines[1].startswith("  2 seeds: 100.0 %, ")
    row = set_rows(played)[1]
    assert (row["hash"], row["levels"], row["baseline"]["touched_red"]) == (
        MIXED.digest,
        3,
        pytest.approx(2 / 3),
    )


def test_solved_attempts_are_watched_first(played):
    evaluation = played[1].evaluations[0]
    assert [r.name for r in chosen_recordings(evaluation, 0)] == ["c", "e", "d"]
    assert [r.name for r in chosen_recordings(evaluation, 2)] == ["c", "e"]


def test_no_sets_are_refused():
    with pytest.raises(LevelError, match="levels: none are asked for"):
        evaluate_sets(TASK, right(1), (), 2, KEY)


def test_sets_by_name():
    found = load_sets(["handmade/s/lift_off", "handmade/s", "handmade/s"], S)
    assert [one.name for one in found] == ["handmade/s/lift_off", "handmade/s"]
    assert found[0].levels.names == ("handmade/s/lift_off: handmade/s/lift_off",)
    assert "handmade/s: handmade/s/lift_off" in found[1].levels.names
    assert "handmade/s/roll_right" in found[1].levels.names


class Warm(Coin):
    """Knows temperatures: of two actions."""

    def tempered(self, temperature):
        logits = np.log(np.float32([0.2, 0.8]))
        p = jax.numpy.exp(Categorical(logits).tempered(temperature).logits)
        return Warm(p[1])


@dataclasses.dataclass(frozen=True)
class WarmPolicy(Constant):
    def apply(self, params, memory, observation, reset, *, key=None):
        memory, coin, value = super().apply(params, memory, observation, reset)
        return memory, Warm(coin.right), value


def test_temperature_makes_likely_actions_likelier():
    task = dataclasses.replace(TASK, network=WarmPolicy())
    scenes, names, _ = NEAR.levels
    rates = [
        evaluate_policy(
            task, right(0.8), scenes, names, 40, KEY, temperature=temperature
        ).solve_rate
        for temperature in (0.05, 1000.0)
    ]
    assert rates[0] == 1.0
    assert rates[1] < 0.9
    with pytest.raises(SettingError, match=r"temperature=0\.5: Coin, which this network gives"):
        evaluate_policy(TASK, right(0.8), scenes, names, 2, KEY, temperature=0.5)
