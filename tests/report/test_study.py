"""The report of a study: its question, what is missing, and the same bytes after every kill."""

import json
import re
import shutil

import pytest

from kinetix_core.cli import main
from kinetix_core.report import study_data, write_study_report
from tests.report.study import LEVELS, SUMMARY, sample_study
from tests.report.test_figures import add_stranger

CUT = ("sfl-seed-2", "dr-seed-1-scratch-handmade-s-lift_off")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sample_study(tmp_path_factory.mktemp("studies") / "transfer", without=CUT)


@pytest.fixture(scope="module")
def files(folder):
    """By name, what the report of the study consists of."""
    assert write_study_report(folder)
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def sections(page):
    return re.findall(r'<section id="([^"]+)">', page)


def test_runs_are_read_back_by_their_part(folder):
    data = study_data(folder)
    assert [m.name for m in data.methods] == ["dr", "sfl"]
    assert [m.seeds for m in data.methods] == [3, 2]
    assert (data.title, data.summary) == ("transfer", SUMMARY)
    counts = {part: len(data.part(part)) for part in ("agents", "finetune", "scratch", "fresh")}
    assert counts == {"agents": 5, "finetune": 12, "scratch": 11, "fresh": 12}
    assert {run.levels for run in data.part("finetune")} == set(LEVELS)
    assert set(data.missing) == {f"{name}: not begun" for name in CUT}


def test_the_page_says_question_methods_and_what_is_missing(files):
    page = files["report.html"].decode()
    assert sections(page)[0] == "study"
    assert sections(page)[-1] == "provenance"
    assert {"finetune", "lifelong", "comparison", "profile", "iqm_curves"} <= set(sections(page))
    assert SUMMARY in page
    for name in CUT:
        assert f'<p class="notice">Missing: {name}: not begun.</p>' in page
    for method in ("dr", "sfl"):
        assert f"<code>curriculum={method}</code></td><td>26 of 27</td>" in page
    assert "kinetix study transfer ppo.epochs=1 --seeds 0,1,2" in page


def test_a_part_that_is_not_whole_is_compared_as_far_as_it_goes(files):
    page = files["report.html"].decode()
    assert "no interval: 2 seeds, of 3 at least" in page
    assert "(3 of 3)" in page
    assert "never" in page


def test_costs_are_on_a_page_of_their_own(files):
    costs = files["cost.html"].decode()
    assert sections(costs) == ["cost"]
    assert files["cost.csv"].decode().startswith("run,environment_steps,seconds,")
    assert "cost" not in sections(files["report.html"].decode())


def test_other_clocks_and_another_place_give_the_same_bytes(folder, files, tmp_path):
    other = tmp_path / "elsewhere" / "transfer"
    shutil.copytree(folder / "runs", other / "runs")
    shutil.copy(folder / "study.json", other)
    for file in other.glob("runs/*/metrics.jsonl"):
        file.write_text(file.read_text().replace('"time/seconds": ', '"time/seconds": 1'))
    assert write_study_report(other)
    for name, content in files.items():
        if not name.startswith("cost."):
            assert (other / name).read_bytes() == content, name
            assert str(folder).encode() not in content
    assert (other / "cost.csv").read_bytes() != files["cost.csv"]


def test_the_command_takes_a_study(folder, files, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    assert main(["report", str(folder)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == str(folder / "report.html")
    assert "sfl-seed-2: not begun" in said.err
    assert (folder / "report.html").read_bytes() == files["report.html"]
    assert main(["report", str(folder.parent)]) == 2
    assert f"a folder of studies: {folder}; give one of them" in capsys.readouterr().err
    assert main(["report", str(folder), str(folder)]) == 2
    assert "a study has a report of its own; give it alone" in capsys.readouterr().err


def test_a_study_names_figures_those_of_strangers_too(packages, folder, tmp_path):
    add_stranger(packages)
    shutil.copytree(folder, tmp_path / "transfer")
    file = tmp_path / "transfer" / "study.json"
    definition = json.loads(file.read_text()) | {"figures": ["updates", "finetune"]}
    file.write_text(json.dumps(definition))
    assert set(write_study_report(tmp_path / "transfer")) == {"updates", "finetune"}
    page = (tmp_path / "transfer" / "report.html").read_text()
    assert sections(page) == ["study", "updates", "finetune", "provenance"]


def test_a_study_of_which_nothing_is_done_has_no_report(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    folder = sample_study(tmp_path / "transfer", runs=False)
    assert write_study_report(folder) == {}
    assert main(["report", str(folder)]) == 2
    assert "no run of this study is done; `kinetix study` runs it" in capsys.readouterr().err
