"""Loggers: nothing logged is lost, several seeds stay apart, terminals and files both read well."""

from __future__ import annotations

import importlib.util
import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from kinetix_core.errors import PluginError, RunError, SettingError
from kinetix_core.interfaces import RunInfo
from kinetix_core.record import ConsoleLogger, JsonlLogger
from kinetix_core.record._curves import PLAIN_BLOCKS, Curve
from kinetix_core.record.logger_config import ConsoleConfig, JsonlConfig

METRICS = {
    "time/steps_per_second": 12345.6,
    "episode/solved": 0.25,
    "episode/count": 40.0,
    "episode/return": -0.5,
    "ppo/entropy": 5.1,
    "nan/states": 0,
}


def info(directory: Path, updates: int = 10) -> RunInfo:
    return RunInfo(directory, {}, total_updates=updates, steps_per_update=1024)


def test_jsonl_is_on_disk_after_every_update(tmp_path):
    logger = JsonlLogger(JsonlConfig())
    logger.open(info(tmp_path))
    logger.log(1, {"b": 2.0, "a": [1.0, float("nan")]})
    text = (tmp_path / "metrics.jsonl").read_text()
    assert json.loads(text) == {"update": 1, "a": [1.0, None], "b": 2.0}
    logger.log(2, {"a": float("inf")})
    logger.close()
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert rows[1] == {"update": 2, "a": None}


def test_jsonl_in_a_missing_folder_names_it(tmp_path):
    with pytest.raises(RunError, match=r"gone.*cannot be written"):
        JsonlLogger(JsonlConfig()).open(info(tmp_path / "gone"))


@pytest.mark.parametrize("bad", ["", "a/b"])
def test_jsonl_file_names_are_plain(bad):
    with pytest.raises(SettingError, match=r"logger\.jsonl\.file"):
        JsonlConfig(file=bad)


def console(**options) -> tuple[ConsoleLogger, io.StringIO]:
    out = io.StringIO()
    return ConsoleLogger(ConsoleConfig(every=0.0), console=Console(file=out, **options)), out


def test_console_writes_plain_lines_where_there_is_no_terminal(tmp_path):
    logger, out = console(force_terminal=False)
    logger.open(info(tmp_path))
    logger.log(1, METRICS)
    logger.log(2, METRICS | {"nan/states": 3})
    logger.close()
    lines = out.getvalue().splitlines()
    assert "10 updates of 1,024" in lines[0]
    assert lines[1].startswith(
        "update 1/10  12,346 steps/s  solved 0.250 of 40 episodes  return -0.500"
    )
    assert "left" in lines[2]
    assert "NaN states 3.000" in lines[2]


def test_console_shows_every_seed(tmp_path):
    logger, out = console(force_terminal=False)
    logger.open(info(tmp_path))
    logger.log(1, METRICS | {"episode/solved": [0.25, 0.5]})
    assert "solved 0.250 0.500" in out.getvalue()


def test_console_has_no_rate_where_no_episode_ended(tmp_path):
    logger, out = console(force_terminal=False)
    logger.open(info(tmp_path))
    logger.log(1, METRICS | {"episode/solved": float("nan"), "episode/count": 0.0})
    assert "solved - of 0 episodes" in out.getvalue()


def test_console_draws_a_bar_on_a_terminal(tmp_path):
    logger, out = console(force_terminal=True, width=120)
    logger.open(info(tmp_path, updates=2))
    logger.log(1, METRICS)
    logger.log(2, METRICS)
    logger.close()
    assert "update 2/2" in out.getvalue()


def test_console_draws_a_curve_for_each_seed_and_averages_nothing(tmp_path):
    logger, out = console(force_terminal=True, width=120)
    logger.open(info(tmp_path, updates=3))
    for step, (a, b) in enumerate([(0.0, 0.9), (0.25, 0.8), (0.5, 0.7)], 1):
        logger.log(step, METRICS | {"episode/solved": [a, b]})
    logger.close()
    lines = [line.split() for line in out.getvalue().splitlines() if "/seed_" in line]
    assert lines[-2:] == [
        ["episode/solved/seed_0", "▁▅█", "0.500", "0.000", "0.500"],
        ["episode/solved/seed_1", "█▅▁", "0.700", "0.700", "0.900"],
    ]
    (entropy,) = [x.split() for x in out.getvalue().splitlines()[-3:] if "ppo/entropy" in x]
    assert entropy == ["ppo/entropy", "▁▁▁", "5.100", "5.100", "5.100"]


def test_console_draws_the_curves_that_are_asked_for(tmp_path):
    out = io.StringIO()
    config = ConsoleConfig(curves=("nan/states", "not/there"))
    logger = ConsoleLogger(config, console=Console(file=out, force_terminal=True, width=100))
    logger.open(info(tmp_path, updates=1))
    logger.log(1, METRICS)
    logger.close()
    assert "nan/states" in out.getvalue()
    assert "not/there" not in out.getvalue()
    assert "ppo/entropy" not in out.getvalue()


def test_a_long_run_fits_into_a_curve():
    curve = Curve(room=8)
    for value in range(100):
        curve.add(float(value))
    assert len(curve.points) < 8
    assert curve.points == sorted(curve.points)
    assert curve.points[0] == np.mean(range(16)), "each point is a mean of as many updates"
    assert curve.drawn(4) == "▁▃▆█"
    assert curve.drawn(4, PLAIN_BLOCKS) == "_-*#"


def test_what_is_not_a_number_is_a_gap_in_a_curve():
    curve = Curve()
    for value in (float("nan"), 1.0, float("nan"), 2.0):
        curve.add(value)
    assert curve.drawn(10) == " ▁ █"
    assert curve.drawn(2) == "▁█", "a mean leaves it out"
    assert Curve().drawn(10) == ""


@pytest.mark.parametrize(("name", "package"), [("tensorboard", "tensorboardX"), ("wandb", "wandb")])
def test_a_missing_extra_is_said_before_the_run_has_a_folder(name, package, monkeypatch, tmp_path):
    from kinetix_core.compose import build_loggers, compose_run

    run = compose_run([f"logger=[jsonl,{name}]", f"train.directory={tmp_path}"])
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == package else find(n))
    with pytest.raises(PluginError) as error:
        build_loggers(run)
    assert f"logger={name} needs the package {package}: pip install 'open-kinetix[{name}]'" in str(
        error.value
    )


def test_several_loggers_are_built_in_the_order_in_which_they_are_named():
    from kinetix_core.compose import build_loggers, compose_run

    built = build_loggers(compose_run(["logger=[csv,jsonl,console]", "logger.csv.file=a.csv"]))
    assert [type(logger).__name__ for logger in built] == [
        "CsvLogger",
        "JsonlLogger",
        "ConsoleLogger",
    ]
    assert [c.name for c in compose_run([]).loggers] == ["console", "jsonl"]
