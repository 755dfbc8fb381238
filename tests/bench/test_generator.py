"""`kinetix bench generator`: turns, tables, and the published generator in its own environment."""

import sys
from types import SimpleNamespace

import jax
import pytest

from kinetix_core.bench import _reference_python, generator_speed, reference_levels
from kinetix_core.bench.generator_speed import GeneratorOptions, run_generator
from kinetix_core.bench.report import Report, render
from kinetix_core.cli import main
from kinetix_core.errors import RunError


@pytest.fixture
def turns(monkeypatch):
    """Commands in the order in which they were run; the reference takes ten times as long."""
    seen = []

    def process(command, name):
        seen.append(command)
        slow = 10.0 if command[1] == "-I" else 1.0
        return {"cold": slow, "cold_cpu": 2 * slow, "per_cpu_second": 500 / slow}

    monkeypatch.setattr(generator_speed, "timed_process", process)
    return seen


def test_both_take_turns_and_the_ratio_is_reported(turns):
    report = Report("generator", "kinetix bench generator")
    run_generator(GeneratorOptions(sizes=("s", "m"), repeats=2, reference_python="old"), report)
    assert [command[0] == "old" for command in turns] == [False, True] * 4
    assert turns[1][-5:] == ["5", "2", "1", "1", "1024"], "slots of size s, and levels"
    ours, reference, times = report.tables
    assert ours.rows[0] == ("s", "1 [1..1]", "2 [2..2]", "500 [500..500]")
    assert reference.rows[1] == ("m", "10 [10..10]", "20 [20..20]", "50 [50..50]")
    assert times.rows[0] == ("s", *["10 [10..10]"] * 3)
    assert len(report.data["reference"]["m"]) == 2
    assert "published generator" in render(report)


def test_nobody_else_is_measured_unless_asked_for(turns):
    report = Report("generator", "kinetix bench generator")
    run_generator(GeneratorOptions(sizes=("s",), repeats=2), report)
    assert len(turns) == 2
    assert len(report.tables) == 1


def test_the_script_for_the_other_python_makes_levels_of_the_size(monkeypatch):
    made = []

    class Size:
        def replace(self, **slots):
            made.append(slots)
            return slots["num_joints"]

    generators = SimpleNamespace(
        make_reset_fn_sample_kinetix_level=lambda params, joints: (
            lambda key: jax.random.normal(key, (joints,))
        )
    )
    states = SimpleNamespace(StaticEnvParams=Size, EnvParams=lambda: None)
    monkeypatch.setitem(sys.modules, "kinetix.environment.env_state", states)
    monkeypatch.setitem(sys.modules, "kinetix.environment.ued.ued", generators)
    monkeypatch.setattr(reference_levels, "SECONDS", 0.01)
    cache = jax.config.jax_enable_compilation_cache
    try:
        found = reference_levels.probe(5, 2, 1, 1, 8)
    finally:
        jax.config.update("jax_enable_compilation_cache", cache)
    assert set(found) == {"cold_cpu", "per_cpu_second", "after"}
    assert found["per_cpu_second"] > 0
    (slots,) = made
    assert [slots[f"num_{kind}"] for kind in ("polygons", "circles", "joints", "thrusters")] == [
        *(5, 2, 1, 1)
    ]


def test_a_process_tells_its_time_or_its_last_words():
    code = "import json; print('first'); print(json.dumps({'after': 0.0, 'cold_cpu': 1.0}))"
    found = _reference_python.timed_process([sys.executable, "-c", code], "it")
    assert found["cold_cpu"] == 1.0
    assert 0 < found["cold"] < 60
    with pytest.raises(RunError, match=r"^it: the reason$"):
        _reference_python.timed_process(
            [sys.executable, "-c", "raise SystemExit('the reason')"], "it"
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--against", "jax2d"], "against=jax2d: unknown"),
        (["--against", "refrence"], "against=refrence: unknown; did you mean reference?"),
        (["--against", "reference"], "reference-python=: the Python of an environment"),
        (["--reference-python", "x"], "reference-python: it is for --against reference only"),
        (
            ["--against", "reference", "--reference-python", "no/python"],
            "reference-python=no/python: it does not run",
        ),
        (
            ["--against", "reference", "--reference-python", sys.executable],
            "kinetix-env is not installed there",
        ),
        (
            ["--against", "reference", "--generator", "empty"],
            "generator=empty: with --against the generator is random",
        ),
        (["--count", "0"], "count=0: at least 1"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_measured(capsys, monkeypatch, arguments, message):
    monkeypatch.setattr(generator_speed, "timed_process", None)
    assert main(["bench", "generator", *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert err.count("kinetix: error: ") == 1
    assert out == ""
