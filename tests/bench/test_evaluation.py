"""`kinetix bench evaluate`: shares that add up, of a policy that did something."""

import pytest

from kinetix_core.bench import evaluation_speed
from kinetix_core.bench.evaluation_speed import EvaluationSpeedOptions, run_evaluation
from kinetix_core.bench.report import Report
from kinetix_core.errors import RunError

TINY = (
    *("size=s", "observation=symbolic", "network=mlp", "network.depth=1", "network.width=8"),
    "env.max_timesteps=8",
)


def test_what_is_left_of_an_evaluation_is_the_environment(monkeypatch):
    report, said = Report("evaluate", "kinetix bench evaluate"), []
    options = EvaluationSpeedOptions(TINY, "handmade/s", attempts=3, repeats=1)
    run_evaluation(options, report, said.append)
    (table,) = report.tables
    whole, network, rest, share = (row[1] for row in table.rows)
    assert rest == pytest.approx(whole - network)
    assert share == f"{100 * rest / whole:.1f} %"
    assert said == ["30 attempts of up to 8 steps"]
    assert "10 levels x 3 attempts, 8 steps" in table.note
    assert report.notes == ["levels: handmade/s"]
    samples = report.data["evaluate"]["samples"]
    assert {steps % (30 * 8) for found in samples.values() for steps, *_ in found} == {0}


def test_a_network_that_gave_nothing_finite_is_an_error():
    with pytest.raises(RunError, match="its actions are not finite"):
        evaluation_speed._prove((float("nan") * 2, 0.0), 1)
