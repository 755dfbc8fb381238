"""Environment, training and latency: small runs that really work, and programs that do not."""

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest

from kinetix_core.bench import train_speed
from kinetix_core.bench._clock import Sample, Work
from kinetix_core.bench._env_program import STAGES, EnvProgram
from kinetix_core.bench._parts import build_engine, build_env_task
from kinetix_core.bench.env_speed import EnvSpeed, EnvSpeedOptions, run_env, share
from kinetix_core.bench.latency import Caller, LatencyOptions, run_latency
from kinetix_core.bench.report import Report
from kinetix_core.errors import RunError, SettingError
from kinetix_core.scene import S
from kinetix_core.testing import Places, example_task

from .fakes import Broken, Falling, Idle, falling_levels

SLOW = Falling(gravity_error=-0.99)  # stays where the observation is not clipped


@dataclasses.dataclass(frozen=True)
class LooksBack(Places):
    """Shows what it showed before."""

    def encode_next(self, scene, previous):
        return previous


NOTHING = Work(lambda: None, 1)


def program(stage=STAGES[-1], **parts):
    task = example_task(S, **({"engine": SLOW} | parts))
    return EnvProgram(task, falling_levels(4), 4, stage, steps=3)


@pytest.mark.parametrize("stage", [STAGES[0], STAGES[-1]])
def test_every_stage_does_its_work(stage):
    found = program(stage)
    found.prove(stage, afresh=stage == STAGES[-1])
    assert found.work.steps == 12


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"engine": Idle()}, "it: 0% of the scenes changed"),
        ({"engine": Broken()}, "all finite: False"),
        ({"observation": LooksBack()}, "it: observations are not those of the scenes"),
    ],
)
def test_a_program_that_does_not_is_refused(parts, message):
    stage = STAGES[0] if "engine" in parts else STAGES[-1]
    with pytest.raises(RunError, match=message):
        program(stage, **parts).prove("it")


def test_the_table_of_environment_steps(monkeypatch):
    task = example_task(S, engine=Falling())
    where = "kinetix_core.bench.env_speed"
    monkeypatch.setattr(f"{where}.build_env_task", lambda *_: task)
    monkeypatch.setattr(f"{where}.levels_for", lambda *_: falling_levels(4))
    options = EnvSpeedOptions(
        sizes=("s",), observations=("places",), batches=(4,), repeats=1, seconds=0.0, steps=2
    )
    report = Report("env", "kinetix bench env")
    run_env(options, report)
    rates, parts = report.tables
    row = dict(zip(rates.columns, rates.rows[0], strict=True))
    assert row["published"] == "3,034 to 5,185"
    assert row["times"] == pytest.approx(row["per CPU s"] / 5185)
    times = dict(zip(parts.columns, parts.rows[0], strict=True))
    # the parts add up to the whole
    assert sum(times[stage] for stage in STAGES) == pytest.approx(times["whole step"], abs=0.01)


def test_the_share_is_of_the_engines_rate():
    slow, fast = Sample(10, cpu=4.0, wall=1.0), Sample(10, cpu=1.0, wall=1.0)
    speed = EnvSpeed("s", 4, 1, 2, [], 0, {"engine": [fast]}, {"places": [slow]})
    assert share(speed, "places") == "0.25 [0.25..0.25]"


def test_shares_of_an_update():
    seconds = {"update": 10, "rollout": 4, "engine": 1, STAGES[2]: 2, STAGES[3]: 2.5, STAGES[4]: 3}
    samples = {name: [Sample(1, cpu=float(t), wall=1.0)] for name, t in seconds.items()}
    found = train_speed.shares(samples)
    # reset 2, encoder 0.5 on top of the random numbers
    np.testing.assert_allclose(list(found.values()), [0.1, 0.1, 0.05, 0.15, 0.6])
    assert tuple(found) == train_speed.SHARES


def test_an_update_that_changes_nothing_is_refused():
    @dataclasses.dataclass
    class State:
        params: dict
        update: int

    before = {"w": np.ones(2)}
    with pytest.raises(RunError, match=r"update: 1 of 1 made, .* changed: False"):
        train_speed._prove_update(before, State({"w": np.ones(2)}, 1), 1)
    with pytest.raises(RunError, match="update: 1 of 2 made"):
        train_speed._prove_update(before, State({"w": np.zeros(2)}, 1), 2)
    train_speed._prove_update(before, State({"w": np.zeros(2)}, 2), 2)


def test_training_is_measured_and_adds_up(monkeypatch):
    """With the parts stood in for, as they are compiled in other tests."""
    monkeypatch.setattr(train_speed, "_rollout_work", lambda setup, state: NOTHING)
    works = dict.fromkeys((STAGES[0], *STAGES[2:]), NOTHING)
    monkeypatch.setattr(train_speed, "_environment_works", lambda setup: works)
    settings = (
        "experiment=laptop",
        "levels=handmade/s",
        "ppo.num_envs=8",
        "ppo.num_steps=4",
        "ppo.num_minibatches=2",
        "ppo.epochs=1",
        "network.depth=1",
        "network.width=8",
    )
    report = Report("train", "kinetix bench train")
    options = train_speed.TrainSpeedOptions(settings, repeats=1, seconds=0.0)
    train_speed.run_train(options, report)
    found = report.data["train"]
    assert sum(found["shares"].values()) == pytest.approx(1.0)
    assert found["first update"].wall > 0.01
    assert found["peak GiB"] > 0.05
    rows = {row[0]: row[1] for row in report.tables[0].rows}
    learning = rows["10^9 operations in learning per CPU second"]
    peak = rows["the same in a large matrix product, per CPU second"]
    assert 0 < learning < peak


def test_a_call_that_forgets_the_state_is_refused():
    level = jax.tree.map(lambda x: x[0], falling_levels(1))
    caller = Caller(example_task(S), level)
    caller.prove("it")
    begin, step = caller._begin, caller.step
    caller.step = lambda state, seen, action: step(begin, seen, action)  # pyright: ignore
    with pytest.raises(RunError, match="it, jitted step: 1 of 100 steps"):
        caller.prove("it")


def test_latency_of_each_variant(monkeypatch):
    where = "kinetix_core.bench.latency"
    seen = []

    def build(size, observation, threads, settings):
        seen.append((size, observation, threads, settings))
        return example_task(S)

    monkeypatch.setattr(f"{where}.build_env_task", build)
    monkeypatch.setattr(f"{where}.levels_for", lambda *_: falling_levels(2))
    report = Report("latency", "kinetix bench latency")
    run_latency(
        LatencyOptions(("s",), ("places",), ("engine.kernel=jax",), repeats=1, seconds=0.0), report
    )
    assert seen == [("s", "places", 1, ("engine.kernel=jax",))]
    rows = [row[:4] for row in report.tables[0].rows]
    first = "s", "places", "engine.kernel=jax"
    assert rows == [(*first, "jitted step"), (*first, "InteractiveEnvironment")]


def test_settings_reach_the_engine():
    engine: Any = build_engine("jax2d", S, threads=2, settings=("engine.kernel=jax",))
    assert (engine.config.kernel, engine.config.threads) == ("jax", 2)
    task: Any = build_env_task("s", "symbolic", 1, ("engine.kernel=jax", "env.frame_skip=3"))
    assert (task.engine.config.kernel, task.engine.config.threads) == ("jax", 1)
    assert task.env.frame_skip == 3
    with pytest.raises(SettingError, match=r"engine\.kernl"):
        build_engine("jax2d", S, settings=("engine.kernl=jax",))
