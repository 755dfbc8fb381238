"""Two kernels side by side: every kind of difference is counted, and told per level."""

import numpy as np
import pytest

from kinetix_core.bench._kernel_parity import add_kernels, compare_kernels, kernels_agree
from kinetix_core.bench.report import Report, render
from kinetix_core.cli import main
from kinetix_core.scene import S, empty_scene, stack_scenes

from .fakes import Falling

STEPS = 40


def levels():
    """A ball that falls, and nothing that could."""
    scenes = [empty_scene(S), empty_scene(S)]
    ball = scenes[0].circles
    ball.active[0], ball.radius[0], ball.inverse_mass[0] = True, 0.2, 1.0
    ball.position[0] = 2.5, 3
    return stack_scenes(scenes)


def compare(second):
    return compare_kernels(Falling(), second, levels(), ["ball", "room"], "s", STEPS)


def test_a_kernel_agrees_with_itself():
    found = compare(Falling())
    assert kernels_agree(found)
    assert [each.parted for each in found] == [None, None]
    assert all(each.steps_within == each.steps == STEPS for each in found)
    assert all(d == 0 for each in found for d in each.distance.values())


def test_other_gravity_parts_the_runs_where_something_falls():
    ball, room = compare(Falling(gravity_error=0.01))
    apart = 0.01 * 9.81 / 60**2 * np.cumsum(np.arange(1, STEPS + 1))
    assert ball.parted == np.argmax(apart > 1e-4) + 1 > 1
    assert ball.distance[1] == pytest.approx(apart[0], rel=0.05)
    assert ball.distance[10] == pytest.approx(apart[9], rel=0.01)
    assert ball.steps_within == 0, "each velocity differs by more than its tolerance"
    assert ball.single_distance == pytest.approx(apart[0], rel=0.05)
    assert room.parted is None
    assert room.steps_within == STEPS
    assert not kernels_agree([ball, room])


def test_flags_that_differ_are_counted():
    found = compare(Falling(touches=True))
    assert {each.flags_differing for each in found} == {STEPS * len(S.pairs)}
    assert {each.flags_differing_before for each in found} == {STEPS * len(S.pairs)}


def test_what_is_not_finite_has_parted():
    ball, _ = compare(Falling(gravity_error=float("nan")))
    assert ball.parted == 1
    assert ball.steps_within == 0


def test_the_report_has_a_row_per_level_and_every_number():
    report = Report("kernels", "kinetix bench parity --kernels")
    add_kernels(report, compare(Falling(gravity_error=0.01)))
    text = render(report)
    assert "DO NOT agree: 40 of 80 single steps" in text
    assert [row[1] for row in report.tables[1].rows] == ["ball", "room"]
    assert report.data["kernels"][1]["parted"] is None


def test_an_engine_without_kernels_is_named(capsys, packages):
    packages.add("kinetix-plain", "plain", PLAIN)
    assert main(["bench", "parity", "--kernels", "--engine", "plain", "--sizes", "s"]) == 2
    assert "engine=plain: it has no setting kernel" in capsys.readouterr().err


PLAIN = """
from kinetix_core.registry import Component, hookimpl

@hookimpl
def kinetix_components():
    config = "kinetix_core.env.action_config:DiscreteConfig"
    yield Component("engine", "plain", config, "kinetix_core.testing:FreeFlight", "")
"""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--levels", "x"], "levels: they are played with --kernels only"),
        (["--kernels", "--against", "jax2d"], "against: with --kernels"),
        (["--kernels", "--levels", "no/where"], "no/where: no such level file"),
    ],
)
def test_mistakes_are_named(arguments, message, capsys, monkeypatch):
    monkeypatch.setattr("kinetix_core.bench.require_published", lambda: None)
    assert main(["bench", "parity", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_the_command_plays_levels_on_both_kernels(monkeypatch, tmp_path, capsys):
    """Without the physics: what is asked of it, and the status."""
    asked = []

    def run(name, sizes, levels, progress):
        asked.append((name, tuple(sizes), levels))
        return compare(Falling())

    monkeypatch.setattr("kinetix_core.bench.run_kernels", run)
    assert main(["bench", "parity", "--kernels", "--sizes", "s", "--out", str(tmp_path)]) == 0
    assert asked == [("jax2d", ("s",), None)]
    assert "the kernels agree" in capsys.readouterr().out
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".md"}
