"""Methods compared over seeds: which runs are one method, which sets count, and every number."""

import csv
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from kinetix_core.cli import main
from kinetix_core.errors import RunError
from kinetix_core.evaluate import (
    bootstrap_interval,
    improvement_interval,
    interquartile_mean,
    probability_of_improvement,
)
from kinetix_core.figures import comparison_chart
from kinetix_core.report import (
    Canvas,
    compare_runs,
    comparison_text,
    methods,
    read_run,
    report_page,
)
from tests.report.sample import evaluate, evaluate_seeds, sample_run

SOLVED = {"dr": [[0, 1, 2, 0], [1, 1, 1, 0], [0, 2, 0, 0]], "sfl": [[2, 3, 4, 1]] * 2 + [[4] * 4]}
"""Attempts of 4 that each of three seeds solves, level by level."""
OTHER = [[1, 0]] * 3


def played(folder, curriculum, seed, **about):
    """A run of that curriculum and seed, evaluated on two sets."""
    strength = 0.5 + 0.1 * seed
    path = sample_run(
        folder / f"{curriculum}-{seed}",
        f"curriculum={curriculum}",
        f"seed={seed}",
        evaluated=False,
        strength=strength,
    )
    sets = {"random/s": [SOLVED[curriculum][seed]], "mine": [OTHER[seed]]}
    evaluate_seeds(path, sets, **about)
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    return [played(place, curriculum, seed) for curriculum in SOLVED for seed in range(3)]


@pytest.fixture
def fresh(tmp_path):
    """Two runs of one method, to be changed."""
    return [played(tmp_path, "dr", seed) for seed in range(2)]


def read(folders):
    return [read_run(folder) for folder in folders]


def names(found):
    return [method.name for method in found]


def test_runs_that_differ_in_their_seed_are_one_method(folders):
    found = methods(read(folders))
    assert names(found) == ["curriculum=dr", "curriculum=sfl"]
    assert [run.name for run in found[1].runs] == ["sfl-0", "sfl-1", "sfl-2"]
    assert [method.seeds for method in found] == [3, 3]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([[], ["seed=1"], ["num_seeds=2", "seed=2"]], ["curriculum=fixed"]),
        ([[], ["seed=1", "logger=[jsonl]", "checkpoint.keep=1"]], ["curriculum=fixed"]),
        ([[], ["ppo.gamma=0.9"]], ["ppo.gamma=0.995", "ppo.gamma=0.9"]),
        # what tells them apart is enough: buffer_size is one of plr's settings only
        ([["curriculum=dr"], ["curriculum=plr"]], ["curriculum=dr", "curriculum=plr"]),
        (
            [["curriculum=dr"], ["curriculum=plr"], ["curriculum=plr", "curriculum.buffer_size=9"]],
            [
                "curriculum=dr",
                "curriculum=plr, curriculum.buffer_size=4000",
                "curriculum=plr, curriculum.buffer_size=9",
            ],
        ),
        (
            [["mutation=[]"], ["mutation=[add_shape]"]],
            ["mutation=[]", "mutation=[add_shape]"],
        ),
    ],
)
def test_a_method_is_named_by_what_tells_it_apart(tmp_path, settings, expected):
    runs = [
        sample_run(tmp_path / str(i), *texts, evaluated=False, updates=2)
        for i, texts in enumerate(settings)
    ]
    assert names(methods(read(runs))) == expected


def test_a_seed_counts_once(folders, tmp_path):
    again = played(tmp_path, "dr", 1).rename(tmp_path / "again")
    found = compare_runs(read([*folders, again]))
    assert [method.seeds for method in found.methods] == [3, 3]
    assert found.notices == ("again has the settings and the seed of dr-1, which counts alone",)


def test_every_number_is_that_of_the_statistics(folders):
    found = compare_runs(read(folders))
    assert list(found.sets) == ["random/s", "mine"]
    assert (found.notices, found.commands) == ((), ())
    for score in found.sets["random/s"]:
        scores = np.array(SOLVED[score.method.partition("=")[2]]) / 4
        assert np.array_equal(score.scores, scores)
        assert score.mean == pytest.approx(scores.mean())
        assert score.iqm == pytest.approx(interquartile_mean(scores))
        assert score.mean_interval == bootstrap_interval(scores)
        assert score.iqm_interval == bootstrap_interval(scores, interquartile_mean)
        assert (score.untrained, score.steps) == (0.25, (50_000.0,) * 3)


def test_seeds_of_one_program_count_each(tmp_path):
    both = sample_run(tmp_path / "both", "curriculum=dr", "num_seeds=2", evaluated=False)
    evaluate_seeds(both, {"random/s": SOLVED["dr"][:2]})
    one = sample_run(tmp_path / "one", "curriculum=dr", "seed=5", evaluated=False)
    evaluate_seeds(one, {"random/s": SOLVED["dr"][2:]})
    (score,) = compare_runs(read([both, one])).sets["random/s"]
    assert np.array_equal(score.scores, np.array(SOLVED["dr"]) / 4)
    alone = report_page([read_run(both)])
    assert "no interval: 2 seeds, of 3 at least" in alone
    assert "<h2>Over seeds</h2>" in alone


def test_other_levels_under_the_same_name_are_named(fresh):
    evaluate_seeds(fresh[1], {"random/s": [[1] * 4]}, digest="fedcba9876543210")
    found = compare_runs(read(fresh))
    assert not found.sets
    assert found.notices == (
        "random/s is not compared, since the levels differ: dr-0: hash 0123456789abcdef, "
        "dr-1: hash fedcba9876543210",
        "mine is not compared: not evaluated on it: dr-1",
    )
    assert found.commands == (
        f"kinetix evaluate run={fresh[1]} levels=random/s,mine attempts=4 baseline=untrained",
    )


def test_attempts_of_another_kind_are_named(fresh):
    evaluate_seeds(fresh[1], {"random/s": [[1] * 4], "mine": [[1, 1]]}, actions="greedy")
    (notice, _) = compare_runs(read(fresh)).notices
    assert notice == (
        "random/s is not compared, since it was played differently: "
        "dr-0: 4 attempts, sampled actions, dr-1: 4 attempts, greedy actions"
    )


def test_levels_without_a_hash_are_not_compared(fresh):
    for folder in fresh:
        evaluate_seeds(folder, {"random/s": [[1] * 4]}, digest="")
    (notice,) = compare_runs(read(fresh)).notices
    assert notice == "random/s is not compared: its levels have no hash in dr-0, dr-1"


def test_other_numbers_of_steps_are_said(fresh):
    evaluate_seeds(fresh[1], {"random/s": [[1] * 4], "mine": [[1, 1]]}, update=40)
    found = compare_runs(read(fresh))
    assert list(found.sets) == ["random/s", "mine"]
    assert found.notices == (
        "the runs were not evaluated after equally many environment steps: "
        "dr-1 after 40 k, dr-0 after 50 k",
    )


def test_runs_that_were_not_evaluated_get_the_command(tmp_path):
    runs = [
        sample_run(tmp_path / f"run {i}", f"seed={i}", evaluated=False, updates=2) for i in range(2)
    ]
    page = report_page(read(runs))
    for run in runs:
        words = f"&#x27;run={run}&#x27; levels=handmade/s,random/s baseline=untrained"
        assert f"kinetix evaluate {words}" in page
    assert page.count("kinetix evaluate") == 2, "and nowhere else again"


def test_an_evaluation_without_its_attempts_is_an_error(fresh):
    file = fresh[0] / "evaluation.json"
    tree = json.loads(file.read_text())
    del tree["levels"][0]["outcomes"]
    file.write_text(json.dumps(tree))
    with pytest.raises(RunError, match="dr-0: its evaluation does not hold the attempts"):
        compare_runs(read(fresh))


def section(page, name):
    return page.partition(f'<section id="{name}">')[2].partition("</section>")[0]


def interval(statistic):
    low, high = bootstrap_interval(np.array(SOLVED["dr"]) / 4, statistic)
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def test_the_page_compares_methods(folders):
    page = report_page(read(folders))
    found = section(page, "comparison")
    cells = re.findall(r"<tr><td>curriculum=(\w+)</td><td>([^<]*)</td>", found)
    assert cells == [("dr", "random/s"), ("sfl", "random/s"), ("dr", "mine"), ("sfl", "mine")]
    mean, iqm = interval(np.mean), interval(interquartile_mean)
    assert f"<td>3</td><td>16.7 %</td><td>{mean}</td><td>12.5 %</td><td>{iqm}</td>" in found
    assert mean == "12.5 to 18.8 %", "from the worst seed to the best"
    ours, theirs = (np.array(SOLVED[name]) / 4 for name in ("sfl", "dr"))
    low, high = improvement_interval(ours, theirs)
    chance = probability_of_improvement(ours, theirs)
    matrix = section(page, "improvement")
    assert f">{100 * chance:.0f} %</text>" in matrix
    assert f">{100 * low:.0f} to {100 * high:.0f}</text>" in matrix
    assert "<h1>curriculum=dr, curriculum=sfl</h1>" in page
    assert "6 runs, 2 methods; levels and replays are of one run for each: dr-0, sfl-0" in page
    rates = section(page, "solve_rates")
    assert "<h3>dr-0</h3>" in rates
    assert "<h3>dr-1</h3>" not in rates


def test_curves_are_means_with_a_band_over_seeds(folders):
    charts = section(report_page(read(folders)), "learning")
    wide = charts.partition('<div class="wide">')[2].partition("</svg>")[0]
    lines = re.findall(r"<title>([^<]*)</title><path d=\"M([^\"]*)\"", wide)
    assert [name for name, _ in lines] == [
        "curriculum=dr, mean of 3 seeds",
        "curriculum=sfl, mean of 3 seeds",
    ]
    bands = re.findall(r'<g class="band"[^>]*><path d="M([^"]*)Z"', wide)
    assert len(bands) == 2
    # the last updates solve 0.5, 0.6 and 0.7: a chart of 320 with margins of 10 and 38 pixels
    places = [tuple(map(float, p.split())) for p in bands[0].split("L")]
    assert len(places) == 100
    assert places[49] == (888.0, pytest.approx(10 + 272 * 0.5, abs=0.06))
    assert places[50] == (888.0, pytest.approx(10 + 272 * 0.3, abs=0.06))
    assert lines[0][1].split("L")[-1] == f"888.0 {10 + 272 * 0.4:.1f}"


def test_the_figure_shows_every_seed_and_interval(folders):
    found = compare_runs(read(folders))
    content = comparison_chart(found).draw(Canvas(720, alone=True)).content
    drawn = ET.fromstring(f"<svg>{content}</svg>")
    circles = [float(c.get("r", 0)) for c in drawn.iter("circle")]
    assert circles.count(2.5) == 3 * 2 * 2 + 1, "each seed of each method and set, and the key"
    assert circles.count(5.0) == 2 * 2 + 1
    whiskers = [p for p in drawn.iter("path") if "stroke-width:2;" in p.get("style", "")]
    assert len(whiskers) == 2 * 2 * 2
    # of sfl's seeds two solve 62.5 % and one all: of the room between two sides of 16
    first = whiskers[2].get("d", "")
    assert first.startswith(f"M{16 + 688 * 0.625:.1f} ")
    assert "H704.0M" in first
    assert "var(" not in content


def test_the_command_writes_table_and_figure_beside_the_page(
    folders, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    out = tmp_path / "both.html"
    assert main(["report", *map(str, folders), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == str(out)
    files = [tmp_path / name for name in ("both.csv", "both-comparison.svg", "both.html")]
    assert comparison_text(compare_runs(read(folders))) in said.out
    rows = list(csv.DictReader(files[0].read_text().splitlines()))
    assert [(row["method"], row["set"], row["seeds"]) for row in rows] == [
        ("curriculum=dr", "random/s", "3"),
        ("curriculum=sfl", "random/s", "3"),
        ("curriculum=dr", "mine", "3"),
        ("curriculum=sfl", "mine", "3"),
    ]
    assert float(rows[1]["mean"]) == pytest.approx(np.mean(SOLVED["sfl"]) / 4)
    assert float(rows[1]["iqm_high"]) == 1.0
    assert (rows[0]["levels"], rows[0]["environment_steps"]) == ("4", "50000")
    before = [file.read_bytes() for file in files]
    assert main(["report", *map(str, folders), "--out", str(out)]) == 0
    assert [file.read_bytes() for file in files] == before


def test_two_seeds_have_points_and_no_interval(fresh, tmp_path):
    found = compare_runs(read(fresh))
    assert "no interval: 2 seeds, of 3 at least" in comparison_text(found)
    content = comparison_chart(found).draw(Canvas(720)).content
    assert "stroke-width:2;" not in content
    assert content.count('r="2.5"') == 2 * 2 + 1
    page = report_page(read(fresh))
    assert "fewer say nothing about how far other seeds could be off" in page
    assert 'class="band"' not in page


def test_a_run_of_one_seed_is_not_compared(tmp_path):
    run = sample_run(tmp_path / "alpha")
    evaluate(run)
    assert '<section id="comparison">' not in report_page([read_run(run)])
