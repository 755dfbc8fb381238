"""A figure that goes wrong is a line of its own, and the page is written all the same."""

import json
import re

import pytest

from kinetix_core.cli import main
from kinetix_core.interfaces import Missing
from kinetix_core.report import write_study_report
from tests.plugin_packages import component
from tests.report.sample import sample_run
from tests.report.study import sample_study

BROKEN = """
from dataclasses import dataclass
from kinetix_core.interfaces import Chart, Drawing, Figure, Picture

@dataclass(frozen=True)
class Config:
    pass

@dataclass(frozen=True)
class Odd(Figure):
    config: object
    task: object

    def draw(self, data):
        return {wrong}
"""
WRONG = {
    "1 / 0": "figure/odd from kinetix-u 1.0 raised ZeroDivisionError: division by zero",
    "'text'": "figure/odd from kinetix-u 1.0 returned str, which is neither Drawing nor Missing",
    "Drawing('Odd', charts=[Chart('A', lambda canvas: 1 / 0)])": "raised ZeroDivisionError",
    "Drawing('Odd', charts=[Chart('A', lambda canvas: Picture(9, '<g>'))])": "raised ParseError",
    "Drawing('Odd', html=3)": "raised TypeError",
    "Drawing('Odd', 'note', table=[{'a': 1}, {'b': 2}])": "raised ValueError",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return sample_run(tmp_path_factory.mktemp("runs") / "alpha", evaluated=False, updates=20)


def add_odd(packages, wrong, factory="u:Odd"):
    packages.add("kinetix-u", "u_plugin", component("figure", "odd", "u:Config", factory))
    packages.add("u-code", "u", BROKEN.format(wrong=wrong))


def reported(run, out, capsys):
    """The page, and what was said about the figure `odd`."""
    assert main(["report", str(run), "--figures", "odd,learning", "--out", str(out)]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "odd" in line]
    return out.read_text(), said


@pytest.mark.parametrize("wrong", WRONG)
def test_a_figure_that_goes_wrong_takes_no_other_with_it(
    packages, run, tmp_path, monkeypatch, capsys, wrong
):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    add_odd(packages, wrong)
    page, (said,) = reported(run, tmp_path / "page.html", capsys)
    panel = re.findall(r'<section id="odd">.*?Nothing to show: (.*?)\.</p>', page)
    assert len(panel) == 1
    assert WRONG[wrong] in panel[0]
    assert said == f"kinetix: warning: odd: {panel[0]}".replace("&#x27;", "'")
    assert '<section id="learning">' in page
    assert (tmp_path / "page-learning.csv").is_file()
    assert not (tmp_path / "page-odd.csv").exists()


def test_a_figure_that_cannot_be_imported_is_a_line_too(
    packages, run, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    add_odd(packages, "None", "u:Gone")
    page, (said,) = reported(run, tmp_path / "page.html", capsys)
    assert "figure/odd from kinetix-u 1.0: factory u:Gone cannot be imported" in said
    assert "figure/odd from kinetix-u 1.0: factory u:Gone cannot be imported" in page
    assert '<section id="learning">' in page


def test_files_of_figures_that_are_no_more_on_the_page_go(run, tmp_path, monkeypatch):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    mine = ("page-mine.svg", "page-learning.txt", "page-health.csv", "page-health.html")
    for name in mine:
        (tmp_path / name).write_text("mine")
    out = tmp_path / "page.html"
    for figures, gone in (("learning", "replays"), ("replays", "learning")):
        assert main(["report", str(run), "--figures", figures, "--out", str(out)]) == 0
        names = {file.name for file in tmp_path.iterdir()}
        assert {"page.html", *mine} <= names
        assert not {f"page-{gone}.{end}" for end in ("csv", "svg", "png")} & names
        assert ("page-learning.svg" in names) == (figures == "learning")


def test_a_study_whose_figure_is_gone_has_the_others(tmp_path, caplog):
    folder = sample_study(tmp_path / "transfer")
    file = folder / "study.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"figures": ["gone", "finetune"]}))
    drawn = write_study_report(folder)
    assert list(drawn) == ["gone", "finetune"]
    assert isinstance(drawn["gone"], Missing)
    assert drawn["gone"].why.startswith("figure=gone: unknown")
    assert "the study asks for this figure, and --figures chooses others" in drawn["gone"].why
    assert drawn["gone"].why in caplog.text
    assert '<section id="finetune">' in (folder / "report.html").read_text()
