"""Figures: the numbers of each by hand, figures of strangers, and what is missing said."""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest

from kinetix_core.cli import main
from kinetix_core.errors import PluginError
from kinetix_core.evaluate import interquartile_mean
from kinetix_core.figures import _finetune, area, first_steps, forgetting, forward_transfer
from kinetix_core.interfaces import Drawing, Missing
from kinetix_core.registry import registry
from kinetix_core.report import (
    Canvas,
    can_write_png,
    draw_figures,
    figure_svg,
    read_run,
    report_data,
    report_page,
    usual_figures,
)
from kinetix_core.testing import example_report
from tests.plugin_packages import component
from tests.report.sample import evaluate_seeds, sample_run

RATES = {"dr": [[0, 1, 2, 4]] * 2 + [[0, 0, 2, 4]], "sfl": [[4, 4, 2, 0]] * 3}
"""Attempts of 4 that each of three seeds solves, level by level."""


@pytest.fixture(scope="module")
def example():
    return example_report()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Two methods of three seeds on four levels."""
    folder = tmp_path_factory.mktemp("runs")
    runs = []
    for method, rates in RATES.items():
        for seed, counts in enumerate(rates):
            name = f"{method}-{seed}"
            run = sample_run(
                folder / name, f"curriculum={method}", f"seed={seed}", evaluated=False, updates=20
            )
            evaluate_seeds(run, {"mine": [counts]})
            runs.append(run)
    return runs


def drawn(data, name):
    found = draw_figures(data, [name])[name]
    assert isinstance(found, Drawing), found
    return found


def test_the_profile_by_hand(small):
    rows = drawn(report_data([read_run(run) for run in small]), "profile").table
    of = {(r["method"], r["solve_rate_of_at_least"]): r for r in rows}
    # dr solves, over three seeds and four levels, 12 of 12 pairs at all, 8 at 1/4, 6 at 2/4, ...
    shares = [of["curriculum=dr", n / 4]["share"] for n in range(5)]
    assert shares == pytest.approx([1, 8 / 12, 6 / 12, 3 / 12, 3 / 12])
    # of its seeds two reach 3/4 of the levels at 1/4, one half of them
    assert (of["curriculum=dr", 0.25]["low"], of["curriculum=dr", 0.25]["high"]) == (0.5, 0.75)
    shares = [of["curriculum=sfl", n / 4]["share"] for n in range(5)]
    assert shares == pytest.approx([1, 3 / 4, 3 / 4, 2 / 4, 2 / 4])


def test_the_heat_map_has_the_mean_over_seeds_of_every_level(small):
    found = drawn(report_data([read_run(run) for run in small]), "heat_map")
    dr = [row["solve_rate"] for row in found.table if row["method"] == "curriculum=dr"]
    assert dr == pytest.approx([0, 1 / 6, 1 / 2, 1])
    content = found.charts[0].draw(Canvas(380)).content
    texts = re.findall(r">([^<]*)</text>", content)
    assert texts[-12:] == [
        "001",
        "17",
        "100",
        "000",
        "0",
        "100",
        "002",
        "50",
        "50",
        "003",
        "100",
        "0",
    ]


def test_a_large_set_is_binned_by_difficulty(example):
    content = drawn(example, "heat_map").charts[1].draw(Canvas(900)).content
    bins = re.findall(r">(\d+ to \d+ %) \((\d+)\)<", content)
    assert sum(int(count) for _, count in bins) == 70
    assert [name for name, _ in bins] == sorted(
        (name for name, _ in bins), key=lambda n: -int(n.split()[0])
    )


def test_iqm_curves_are_over_seeds_and_levels(example):
    rows = drawn(example, "iqm_curves").table
    (last,) = [
        row
        for row in rows
        if (row["set"], row["method"], row["environment_steps"]) == ("few/s", "sfl", "40000")
    ]
    runs = [run.record for run in example.runs if (run.method, run.part) == ("sfl", "agents")]
    scores = np.array([run.level_curves("few/s")[-1][1][0] for run in runs])
    assert last["value"] == pytest.approx(interquartile_mean(scores))
    assert last["low"] <= last["value"] <= last["high"]


def test_an_evaluation_that_was_done_twice_counts_once(tmp_path):
    run = sample_run(tmp_path / "run", evaluated=False)
    line = '{"update": %d, "set": "mine", "hash": "0", "solve_rates": [[%s]]}\n'
    (run / "evaluations.jsonl").write_text(line % (10, 0.1) + line % (20, 0.2) + line % (20, 0.3))
    found = read_run(run).level_curves("mine")
    assert found == [(10_000.0, [[0.1]]), (20_000.0, [[0.3]])]


@pytest.mark.parametrize(
    ("curve", "mark", "steps"),
    [
        ([(10, 0.2), (20, 0.5), (30, 0.4)], 0.5, 20),
        ([(10, 0.2), (20, 0.5)], 0.9, None),
        ([(10, 0.9)], 0.9, 10),
        ([], 0.5, None),
    ],
)
def test_steps_to_a_solve_rate(curve, mark, steps):
    assert first_steps(curve, mark) == steps


def test_fine_tuning_says_who_solves_what_and_never(example):
    found = drawn(example, "finetune")
    rows = {(r["level"], r["method"], r["start"]): r for r in found.table}
    scratch = rows["few/s/2", "dr", "from scratch"]
    assert (scratch["steps_to_50_percent"], scratch["seeds_at_50_percent"]) == ("never", 0)
    # 0.9 n / 40 is at 0.5 first at n = 23, and at 0.9 at the end
    tuned = rows["few/s/0", "dr", "fine-tuned"]
    assert (tuned["steps_to_50_percent"], tuned["steps_to_90_percent"]) == (23_000, 40_000)
    steps, only = found.shown
    assert ["few/s/2", "dr", "from scratch", "never", "never", "10.0 %"] in list(steps.rows)
    assert only.rows[0] == ["dr", "few/s/2", "none", "few/s/0, few/s/1", "none"]


def without(data, *names):
    """The data as if these runs were not finished."""
    return replace(data, runs=tuple(run for run in data.runs if run.record.name not in names))


def test_fine_tuning_pools_what_every_seed_and_side_has(example):
    lost = "dr-seed-0-finetune-few-s-0"
    curves = _finetune._curves(without(example, lost))
    pooled = _finetune._pooled(curves, ("dr", "finetune"), ["few/s/0", "few/s/1"])
    assert len(pooled) == 2, "seed 0 has one of the levels only"
    assert pooled[0][-1] == (40_000, pytest.approx((0.9 + 0.7) / 2))

    gone = [f"dr-seed-{seed}-scratch-few-s-2" for seed in range(3)]
    found = drawn(without(example, *gone), "finetune")
    assert found.charts[0].title == "2 levels that all sides have"
    _, only = found.shown
    assert only.rows[0] == ["dr", "none", "none", "few/s/0, few/s/1", "none"]
    of_scratch = [run.record.name for run in example.runs if run.part == "scratch"]
    (steps,) = drawn(without(example, *of_scratch), "finetune").shown
    assert steps.title == "Steps to a solve rate"


def test_fine_tuning_without_a_training_episode_shows_the_evaluations(example):
    def idle(run, evaluation):
        rows = [{**row, "episode/solved": None, "episode/count": 0.0} for row in run.record.rows]
        return replace(run, record=replace(run.record, rows=rows, evaluation=evaluation))

    def report(evaluation):
        runs = [idle(r, evaluation) if r.levels.startswith("few/") else r for r in example.runs]
        return draw_figures(replace(example, runs=tuple(runs)), ["finetune"])["finetune"]

    alone = report(None)
    assert isinstance(alone, Missing)
    assert alone.why.startswith("no training episode of the fine-tuned agents ended")
    found = report({"sets": [{"set": "few/s", "solve_rate": 0.25}]})
    assert isinstance(found, Drawing)
    assert found.shown[0].rows[0] == ["few/s/0", "dr", "fine-tuned", "few/s", "3", "25.0 %"]
    assert found.notices == [alone.why.partition(", and")[0]]


def test_a_sequence_that_no_seed_has_finished_is_missing(example):
    first = [f"{m}-seed-{seed}-sequence-0" for m in ("dr", "sfl") for seed in range(3)]
    found = draw_figures(without(example, *first), ["lifelong"])["lifelong"]
    assert isinstance(found, Missing)


def test_a_set_whose_levels_differ_has_no_curve_and_a_notice(example):
    record = example.methods[0].runs[0]
    other = [row | {"hash": "another"} for row in record.evaluations if row["set"] == "few/s"]
    changed = replace(record, evaluations=[*record.evaluations, *other])
    method = replace(example.methods[0], runs=(changed, *example.methods[0].runs[1:]))
    found = drawn(replace(example, methods=(method, *example.methods[1:])), "iqm_curves")
    assert [chart.title for chart in found.charts] == ["many/s"]
    assert found.notices == ["few/s is left out: its levels differ from run to run"]


def test_forgetting_and_transfer_by_hand():
    assert forgetting([0.8, 0.9, 0.5]) == pytest.approx(0.4)
    assert forgetting([0.2, 0.6, 0.7]) == pytest.approx(-0.1), "later stages may help"
    assert forgetting([0.8]) is None, "the last stage has no later one"
    assert forgetting([0.8, None]) is None
    assert area([(0, 0.0), (10, 1.0), (30, 1.0)]) == pytest.approx((5 + 20) / 30)
    assert forward_transfer(0.7, 0.4) == pytest.approx(0.5)
    assert forward_transfer(0.2, 0.4) == pytest.approx(-1 / 3)
    assert forward_transfer(1.0, 1.0) is None


def test_lifelong_learning_keeps_less_than_it_learnt(example):
    found = drawn(example, "lifelong")
    rows = {(r["method"], r["set"]): r for r in found.table}
    first = rows["dr", "first"]
    # 0.8 and 0.4 on the two levels of the set of a stage, 0.4 on others
    assert (first["after"], first["at_the_end"]) == pytest.approx((0.6, 0.4))
    assert first["forgetting"] == pytest.approx(0.2)
    assert rows["dr", "third"]["forgetting"] == ""
    # training curves rise to 0.6, 0.7 and 0.8, of fresh networks to 0.6; from 1/40 on
    half = 0.5 * (1 + 1 / 40)
    wanted = (0.7 * half - 0.6 * half) / (1 - 0.6 * half)
    assert rows["dr", "second"]["forward_transfer"] == pytest.approx(wanted)
    content = found.charts[0].draw(Canvas(900)).content
    assert content.count("stroke-dasharray:3 3") == 3, "where a stage begins"
    assert [c.title for c in found.charts if c.small] == [
        "Dormant units",
        "Effective rank",
        "Weight norm",
        "Gradient norm",
    ]


def test_learnability_is_drawn_where_it_is_logged(example):
    found = drawn(example, "learnability")
    last = [row for row in found.table if row["environment_steps"] == "40000"]
    assert [(r["levels"], r["solve_rate"]) for r in last] == [
        ("dr, selected", pytest.approx(0.6)),
        ("sfl, selected", pytest.approx(0.6)),
    ]
    assert all(row["learnability"] == pytest.approx(0.15) for row in last)


def test_failures_are_attempts_that_were_not_solved(tmp_path):
    found = drawn(report_data([read_run(sample_run(tmp_path / "alpha"))]), "failures")
    assert len(found.table) == 4
    assert {row["outcome"] for row in found.table} == {"time limit"}
    wide, narrow = (found.charts[0].draw(Canvas(width)) for width in (900, 380))
    assert wide.content.count("<image") == 4 * 2, "light and dark"
    assert narrow.height / 380 > 1.5 * wide.height / 900, "fewer pictures beside each other"


def test_the_usual_figures_fit_the_runs(small, example):
    data = report_data([read_run(small[0])])
    assert "comparison" not in usual_figures(data)
    assert "finetune" not in usual_figures(data)
    assert set(usual_figures(example)) == set(registry().names("figure"))


def test_a_figure_without_anything_to_show_says_why_where_it_is_asked_for(small):
    run = read_run(small[0])
    page = report_page([run], ["lifelong", "learning"])
    assert re.findall(r'<section id="([^"]+)">', page)[:2] == ["lifelong", "learning"]
    assert "Nothing to show: there is no sequence of sets among these runs" in page
    assert '<section id="lifelong">' not in report_page([run])


def test_below_three_seeds_there_are_curves_and_the_reason():
    data = example_report(seeds=2)
    for name in ("profile", "iqm_curves", "learning", "finetune", "lifelong"):
        found = drawn(data, name)
        assert "No interval: 2 seeds, of 3 at least." in found.note
        content = [chart.draw(Canvas(900)).content for chart in found.charts]
        assert all('class="band"' not in c for c in content)
        if name in ("learning", "finetune", "lifelong"):
            assert all("seed 0</title>" in c and "seed 1</title>" in c for c in content)


@pytest.mark.skipif(not can_write_png(), reason="needs the extra png")
def test_files_are_whole_pictures(small, tmp_path, monkeypatch, capsys):
    from PIL import Image

    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    out = tmp_path / "both.html"
    assert main(["report", *map(str, small), "--figures", "profile", "--out", str(out)]) == 0
    names = {file.name for file in tmp_path.iterdir()}
    ends = ("svg", "png", "csv")
    assert names == {"both.html", "both.csv", *(f"both-profile.{end}" for end in ends)}
    image = Image.open(tmp_path / "both-profile.png")
    svg = (tmp_path / "both-profile.svg").read_text()
    width, height = re.findall(r'width="(\d+)" height="(\d+)" viewBox', svg)[0]
    assert image.size == (2 * int(width), 2 * int(height))
    # the title is written: the row of pixels through it has dark ones
    title = np.asarray(image.convert("L"))[30:60, 20:400]
    assert (title < 100).sum() > 200
    with open(tmp_path / "both-profile.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2 * 5
    assert "PNG" not in capsys.readouterr().err


def test_without_the_extra_a_line_says_how_to_get_pngs(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    out = tmp_path / "one.html"
    assert main(["report", str(small[0]), "--figures", "learning", "--out", str(out)]) == 0
    assert "pip install 'open-kinetix[png]'" in capsys.readouterr().err
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".csv", ".html", ".svg"]


STRANGER = """
from dataclasses import dataclass
from kinetix_core.interfaces import Drawing, Figure, Missing
from kinetix_core.report import Line, line_chart

@dataclass(frozen=True)
class Config:
    least: int = 1

@dataclass(frozen=True)
class Updates(Figure):
    config: object
    task: object

    def draw(self, data):
        if len(data.runs) < self.config.least:
            return Missing("too few runs")
        lines = [
            Line(run.record.name, run.record.column("ppo/entropy") and [(0, 1), (2, 3)], i)
            for i, run in enumerate(data.runs)
        ]
        rows = [{"run": run.record.name, "updates": len(run.record.rows)} for run in data.runs]
        return Drawing("Updates of strangers", charts=[line_chart(lines, title="U")], table=rows)
"""


def add_stranger(packages):
    packages.add("kinetix-u", "u_plugin", component("figure", "updates", "u:Config", "u:Updates"))
    packages.add("u-code", "u", STRANGER)


def test_a_figure_of_a_stranger_s_package_is_drawn_by_name(packages, small, tmp_path, monkeypatch):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    add_stranger(packages)
    out = tmp_path / "page.html"
    words = ["report", str(small[0]), "--figures", "updates,learning", "--out", str(out)]
    assert main(words) == 0
    page = out.read_text()
    assert "<h2>Updates of strangers</h2>" in page
    assert (tmp_path / "page-updates.csv").read_text() == "run,updates\ndr-0,20\n"
    assert (tmp_path / "page-updates.svg").is_file()


def test_an_unknown_figure_is_named(small, capsys):
    assert main(["report", str(small[0]), "--figures", "profle"]) == 2
    error = capsys.readouterr().err
    assert re.search(r"error: figure=profle: unknown; did you mean .*profile", error)
    with pytest.raises(PluginError, match="figure=profle: unknown"):
        report_page([read_run(small[0])], ["profle"])


def test_a_figure_is_a_file_with_titles_and_legends(example):
    svg = figure_svg(drawn(example, "learning"))
    assert "var(--" not in svg
    for text in ("Learning", "training episodes", "few/s", ">dr<", ">sfl<"):
        assert text in svg
    assert isinstance(draw_figures(example, ["replays"])["replays"], Missing)
