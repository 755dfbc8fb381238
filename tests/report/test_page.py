"""The report of a run: what is on the page, and that the same run gives the same bytes."""

import html
import json
import re
import shutil

import pytest

from kinetix_core.cli import main
from kinetix_core.errors import RunError
from kinetix_core.figures import KeptLevel, gallery
from kinetix_core.figures._solve_rates import _bins
from kinetix_core.interfaces import Drawing, Missing
from kinetix_core.report import Canvas, read_run, report_page
from tests.render.sample import sample_level
from tests.report.sample import evaluate, sample_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sample_run(tmp_path_factory.mktemp("runs") / "alpha")


@pytest.fixture(scope="module")
def page(folder):
    return report_page([read_run(folder)])


def sections(page):
    return re.findall(r'<section id="([^"]+)">', page)


def test_the_page_has_every_part(page):
    assert sections(page) == [
        "learning",
        "solve_rates",
        "replays",
        "failures",
        "health",
        "cost",
        "provenance",
    ]
    for text in ("training episodes", "random/s", "Entropy", "KL divergence", "Value loss"):
        assert text in page


def test_the_page_needs_nothing_else(page):
    outside = set(re.findall(r"https?://[^\"'\s&)<]+", page))
    assert outside == set()
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(?!data:)", page)


def test_the_same_run_gives_the_same_bytes(folder, page, tmp_path):
    shutil.copytree(folder, tmp_path / "alpha")
    assert report_page([read_run(tmp_path / "alpha")]) == page


def test_names_are_no_markup(page):
    assert "&lt;b&gt;run" in page
    assert "<b>run" not in page


def test_rates_stand_beside_those_of_the_untrained_network(page):
    bars = re.findall(r'<li><span class="name">([^<]*)</span>(.*?)</li>', page)
    shown = {name: bar for name, bar in bars if "levels" not in name}
    assert list(shown)[:3] == ["hop", "swim", "&lt;b&gt;run"], "most often solved first"
    assert 'style="width:100.0%"' in shown["hop"]
    assert '<s style="left:50.0%">' in shown["hop"]
    assert "100.0 % <small>4/4</small>" in shown["hop"]
    # 70 levels become a histogram: 14 each of 0 to 4 attempts in 4, untrained 35 each of 0 and 1
    found = {name: re.findall(r"<b>(\d+)</b>", bar) for name, bar in shown.items()}
    assert [found[f"{n} of 4"] for n in range(5)] == [
        ["14", "35"],
        ["14", "35"],
        *[["14", "0"]] * 3,
    ]


def test_replays_of_some_levels_have_the_numbers_of_all(page, folder):
    part = page.partition('<section id="replays">')[2].partition("</section>")[0]
    assert "27 levels, those with a solved attempt first (of 73; " in part
    for inner in (html.unescape(part), (folder / "replay.html").read_text("utf-8")):
        sets = json.loads(re.findall(r'"sets":(\[.*?\])', inner)[0])
        assert [(s["set"], s["levels"], s["solve_rate"]) for s in sets] == [
            ("mine", 3, 0.5),
            ("random/s", 70, 0.5),
        ]


def test_many_attempts_are_counted_by_the_tenth():
    rates = [(0, 0), (1, 0), (9, 3), (10, 20), (19, 20), (20, 20)]
    rows = [{"solved": a, "attempts": 20, "solve_rate": a / 20} for a, _ in rates]
    assert _bins(rows, [row["solve_rate"] for row in rows]) == {
        "never": 1,
        "0 to 10 %": 1,
        **{f"{10 * i} to {10 * i + 10} %": int(i in (4, 5, 9)) for i in range(1, 10)},
        "always": 1,
    }


def test_curves_are_those_of_the_metrics(page):
    wide = page.partition('<div class="wide">')[2].partition("</svg>")[0]
    found = re.findall(r"<title>([^<]*)</title><path d=\"M([^\"]*)\"", wide)
    untrained, training, random = found
    # of each untrained level 0 or 1 of 4 attempts: 12.5 %
    assert untrained == ("random/s, untrained", "52.0 248.0L888.0 248.0")
    assert training[0] == "training episodes"
    assert random[0] == "random/s"
    places = [tuple(map(float, p.split())) for p in random[1].split("L")]
    assert len(places) == 5
    # 900 x 320 with margins of 52, 12, 10 and 38 pixels: the last point is (50 k, 50 %)
    assert places[-1] == (888.0, 10 + 272 * 0.5)
    assert places[0] == (pytest.approx(52 + 836 * 0.2, abs=0.1), pytest.approx(282 - 27.2, abs=0.1))


def test_what_was_not_logged_leaves_no_empty_panel(page):
    assert "Dormant units" not in page
    assert "<figure></figure>" not in page
    assert '<path d="M"' not in page


def test_cpu_time_of_a_run_that_was_taken_up_is_added(tmp_path):
    folder = sample_run(tmp_path / "alpha", updates=4, evaluated=False)
    assert ">38<" in report_page([read_run(folder)])
    file = folder / "metrics.jsonl"
    key, text = '"time/seconds_of_cpu": ', file.read_text()
    file.write_text(text.replace(f"{key}36.0", f"{key}5").replace(f"{key}38.0", f"{key}9"))
    assert ">43<" in report_page([read_run(folder)]), "34 of the first process, 9 of the second"


def test_a_run_that_was_not_evaluated_says_how(tmp_path):
    folder = sample_run(tmp_path / "alpha", evaluated=False)
    page = report_page([read_run(folder)])
    assert "replays" not in sections(page)
    command = f"kinetix evaluate run={folder} levels=handmade/s,random/s baseline=untrained"
    assert command in page


def test_the_command_that_evaluates_is_one_for_a_shell(tmp_path):
    size = "size={polygons: 8, circles: 3, joints: 4, thrusters: 2}"
    folder = sample_run(tmp_path / "my run", size, evaluated=False)
    command = f"kinetix evaluate 'run={folder}' levels=handmade,random baseline=untrained"
    assert html.escape(command) in report_page([read_run(folder)])


def test_an_evaluation_of_older_parameters_is_said(tmp_path):
    folder = sample_run(tmp_path / "alpha")
    evaluate(folder, update=40)
    assert "The run has gone on since then, to update 50" in report_page([read_run(folder)])


def test_several_runs_are_compared(folder, tmp_path):
    other = sample_run(tmp_path / "beta", "ppo.learning_rate=1e-4", "curriculum=dr")
    page = report_page([read_run(folder), read_run(other)])
    assert "differences" in sections(page)
    table = page.partition('<section id="differences">')[2].partition("</section>")[0]
    assert re.findall(r"<td><code>([^<]*)</code></td><td>([^<]*)</td><td>([^<]*)</td>", table) == [
        ("curriculum", "fixed", "dr"),
        ("ppo.learning_rate", "0.0003", "0.0001"),
        ("curriculum.pool", "0", "-"),
    ]
    charts = page.partition('<section id="learning">')[2].partition("</section>")[0]
    assert charts.count('<div class="wide">') == 2, "one of the training and one of random/s"


def test_each_seed_has_a_curve_behind_their_mean(tmp_path):
    folder = sample_run(tmp_path / "alpha", "num_seeds=3", evaluated=False)
    page = report_page([read_run(folder)])
    wide = page.partition('<div class="wide">')[2].partition("</svg>")[0]
    names = re.findall(r"<title>([^<]*)</title>", wide)
    assert names[-2:] == ["training episodes, mean of 3 seeds", "random/s, mean of 3 seeds"]
    assert names[:3] == [f"training episodes, seed {i}" for i in range(3)]


def test_the_gallery_shows_the_extremes():
    kept = [KeptLevel(sample_level(), score, p) for score, p in ((3, 0.5), (2, 1.0), (1, 0.0))]
    found = gallery({"alpha": kept})
    assert isinstance(found, Drawing)
    first = {row["gallery"]: row["solve_rate"] for row in reversed(found.table)}
    assert first == {"easiest": 1.0, "most learnable": 0.5, "hardest": 0.0}
    pictures = [chart.draw(Canvas(900)).content for chart in found.charts]
    assert [content.count("<image") for content in pictures] == [2, 2, 2], "light and dark"
    assert isinstance(gallery({"alpha": []}), Missing)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "parameters.safetensors").unlink(), "no parameters were saved in this run"),
        (lambda f: (f / "metrics.jsonl").unlink(), "a report needs logger=jsonl"),
        (lambda f: (f / "metrics.jsonl").write_text(""), "no update was logged there"),
        (lambda f: (f / "evaluation.json").write_text("{"), "damaged, cannot be read"),
        (lambda f: (f / "evaluation.json").write_text("{}"), "run `kinetix evaluate` again"),
    ],
)
def test_a_run_without_what_is_needed_is_one_line(folder, tmp_path, damage, message):
    shutil.copytree(folder, tmp_path / "alpha")
    damage(tmp_path / "alpha")
    with pytest.raises(RunError, match=message):
        read_run(tmp_path / "alpha")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "error: nowhere: no such run folder; `kinetix runs"),
        (["run=nowhere"], "error: run=nowhere: no such run folder; `kinetix runs"),
        (["alpa"], r"error: alpa: no such run folder; did you mean alpha\?"),
        (["run=alpa"], r"error: run=alpa: no such run folder; did you mean run=alpha\?"),
        (["copy"], "error: copy: not a run, but a folder of runs: copy/alpha$"),
        (["~nobody_has_this_name/x"], "error: ~nobody_has_this_name/x: ~nobody_has_this_name is"),
        (["alpha", "--out", "x.pdf"], "--out x.pdf: a file that ends with .html is expected"),
        (["alpha", "copy/alpha"], "error: alpha: two of the runs have this name"),
    ],
)
def test_mistakes_of_the_command(folder, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    shutil.copytree(folder, tmp_path / "alpha")
    shutil.copytree(folder, tmp_path / "copy" / "alpha")
    monkeypatch.chdir(tmp_path)
    assert main(["report", *words]) == 2
    error = capsys.readouterr().err
    assert re.search(message, error.strip())
    assert error.count("\n") == 1


def test_the_command_prints_the_path_of_the_page(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    out = tmp_path / "new" / "page.html"
    assert main(["report", f"run={folder}", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert out.read_text("utf-8") == report_page([read_run(folder)])


def test_a_curriculum_that_is_gone_is_named(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    shutil.copytree(folder, tmp_path / "alpha")
    file = tmp_path / "alpha" / "config.json"
    file.write_text(file.read_text().replace('"name": "fixed"', '"name": "gone"'))
    assert main(["report", str(tmp_path / "alpha")]) == 0
    said = "galleries: the levels that alpha keeps are left out: curriculum=gone: unknown"
    assert said in capsys.readouterr().err


def test_a_long_training_curve_is_a_mean_of_the_last_updates(tmp_path):
    folder = sample_run(tmp_path / "alpha", updates=200, evaluated=False)
    page = report_page([read_run(folder)])
    assert "mean over the episodes of the last 5 updates" in page
    wide = page.partition('<div class="wide">')[2].partition("</svg>")[0]
    path = re.findall(r"<title>training episodes</title><path d=\"M([^\"]*)\"", wide)[0]
    last = float(path.split("L")[-1].split()[1])
    mean = sum(0.8 * update / 200 for update in range(196, 201)) / 5
    assert last == pytest.approx(10 + 272 * (1 - mean), abs=0.06)
