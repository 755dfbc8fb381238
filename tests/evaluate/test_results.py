"""Groups, tables and files of an evaluation."""

import csv
import json
import os

import numpy as np
import pytest

from kinetix_core.errors import RunError
from kinetix_core.evaluate import (
    Evaluation,
    LevelResult,
    evaluation_table,
    pooled,
    text_table,
    wilson_interval,
    write_evaluation,
)
from kinetix_core.evaluate._results import group_of
from kinetix_core.evaluate._table import group_table, summary_lines
from tests.render.sample import sample_recording

SOLVED, RED, TIME, NAN = range(4)


def result(name: str, *outcome: int, exact: bool = False) -> LevelResult:
    n = len(outcome)
    return LevelResult(name, np.array(outcome), np.arange(n) / 4, 10 * np.arange(n), exact)


def evaluation(*levels: LevelResult, greedy: bool = False, recordings=()) -> Evaluation:
    return Evaluation(levels, "l", len(levels[0].outcome), greedy, tuple(recordings))


FOUR = evaluation(
    result("l/mjc_hopper", SOLVED, SOLVED, RED, TIME),
    result("l/mjc_walker", SOLVED, SOLVED, SOLVED, SOLVED),
    result("s/h0_weak", RED, RED, NAN, TIME),
    result("pr", SOLVED, TIME, TIME, TIME),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("l/mjc_half_cheetah", ("l", "mjc")),
        ("handmade/s/h10_thrust", ("s", "handmade")),
        ("h4_cartpole.permute3", ("m", "handmade")),
        ("r12_x", ("m", "random")),
        ("arm_up", ("m", "arm")),
        ("pr", ("m", "pr")),
        ("3_4", ("m", "")),
    ],
)
def test_names_are_grouped_by_size_and_prefix(name, expected):
    assert group_of(name, "m") == expected


def test_groups_are_means_over_their_levels():
    groups = FOUR.groups
    assert list(groups) == ["l_all", "l_mjc", "s_all"]
    assert groups["l_mjc"].solve_rate == 0.75
    assert groups["l_all"].solve_rate == pytest.approx((0.5 + 1 + 0.25) / 3)
    assert (groups["l_all"].best_of_k, groups["s_all"].best_of_k) == (3, 0)
    assert FOUR.solve_rate == pytest.approx(1.75 / 4)
    low, high = groups["l_mjc"].interval
    assert low < 0.75 < high


def test_the_table_says_how_attempts_failed():
    titles, rows = evaluation_table(FOUR)
    assert rows[0] == ["l/mjc_hopper", "2/4", "50.0 %", "15.0 to 85.0 %", "0.375", "15.0",
                       "1", "1", "0"]  # fmt: skip
    assert rows[2][-3:] == ["2", "1", "1"]
    assert len(titles) == len(rows[0])
    assert group_table(FOUR)[1][1][:3] == ["l_mjc", "2", "75.0 %"]


def test_plain_tables_line_up():
    text = text_table((["a", "long title"], [["x" * 5, "1"], ["y", "22"]]))
    assert text.splitlines() == [
        "a      long title",
        "-----  ----------",
        "xxxxx           1",
        "y              22",
    ]


def test_the_summary_names_the_mean_and_its_interval():
    (line,) = summary_lines([FOUR])
    assert line.startswith("mean over 4 levels: 43.8 % solved (95% interval of these attempts ")
    assert line.endswith("3 of 4 solved at least once in 4 attempts")


def test_greedy_rates_are_exact():
    greedy = evaluation(result("a", SOLVED, exact=True), greedy=True)
    assert evaluation_table(greedy)[1][0][3] == "exact"
    assert summary_lines([greedy]) == [
        "mean over 1 level: 100.0 % solved; 1 of 1 solved at least once in 1 attempt"
    ]


def test_seeds_are_shown_one_by_one_and_together():
    other = evaluation(*(result(r.name, SOLVED, SOLVED, SOLVED, SOLVED) for r in FOUR.levels))
    together = pooled([FOUR, other])
    assert together.levels[0].interval == wilson_interval(6, 8)
    assert summary_lines([FOUR, other])[1] == (
        "2 seeds: 43.8 %, 100.0 %; lowest 43.8 %, highest 100.0 %"
    )


def test_results_print_as_a_line_without_arrays():
    assert repr(FOUR) == "Evaluation(4 levels, 43.8 % solved, size l, 4 attempts each)"
    assert repr(FOUR.levels[0]) == "LevelResult(l/mjc_hopper: 2 of 4 solved)"
    assert repr(FOUR.groups["l_mjc"]) == "Group(l_mjc: 2 levels, 75.0 % solved)"
    one = evaluation(result("pr", SOLVED, exact=True), greedy=True)
    assert repr(one) == "Evaluation(1 level, 100.0 % solved, size l, 1 attempt each)"


def test_files_hold_the_same_numbers(tmp_path):
    recordings = [sample_recording(level.name) for level in FOUR.levels]
    shown = Evaluation(FOUR.levels, "l", 4, False, tuple(recordings))
    page = write_evaluation(tmp_path / "new", [shown], title="t", about={"run": "x", "seed": 3})
    assert page == tmp_path / "new" / "replay.html"
    assert "run x · seed 3" in page.read_text("utf-8")
    tree = json.loads((tmp_path / "new" / "evaluation.json").read_text("utf-8"))
    with (tmp_path / "new" / "evaluation.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (tree["run"], tree["seed"], tree["mean_solve_rate"]) == ("x", 3, 1.75 / 4)
    assert [row["level"] for row in rows] == [level["level"] for level in tree["levels"]]
    for row, level, found in zip(rows, tree["levels"], FOUR.levels, strict=True):
        assert (int(row["solved"]), float(row["low"])) == (level["solved"], level["low"])
        assert (level["solved"], level["low"]) == (found.solved, found.interval[0])
        assert level["returns"] == [found.returns.tolist()]
    assert tree["levels"][0]["outcomes"] == [
        ["solved", "solved", "failed (touched red)", "time limit"]
    ]
    assert tree["groups"]["l_mjc"]["solve_rate"] == 0.75


def test_a_level_whose_name_is_no_text_is_written_with_escapes(tmp_path):
    name = os.fsdecode(b"golf\xff")
    found = evaluation(result(name, SOLVED, RED), recordings=[sample_recording(name)])
    write_evaluation(tmp_path, [found], title=f"{name} on 1 level", about={"levels": name})
    assert r"golf\udcff,2," in (tmp_path / "evaluation.csv").read_text("utf-8")
    assert r"golf\udcff" in (tmp_path / "evaluation.json").read_text("utf-8")
    assert r"golf\udcff on 1 level" in (tmp_path / "replay.html").read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file: cannot be written \(File exists\)"):
        write_evaluation(tmp_path / "file", [FOUR], title="t", about={})
