"""Evaluation while a run goes on: logged, repeatable, and without any trace in the training."""

import json
from pathlib import Path

import jax
import pytest

import kinetix_core.learn
from kinetix_core.cli import main
from kinetix_core.compose import build_task, compose_run
from kinetix_core.errors import LevelError, SettingError
from kinetix_core.evaluate import untrained_params
from kinetix_core.learn._evaluation import evaluator_of
from kinetix_core.scene import M, S

TINY = [
    *("levels=handmade/s/lift_off", "network.depth=1", "network.width=16", "logger=[jsonl,csv]"),
    *("ppo.num_envs=8", "ppo.num_steps=8", "ppo.num_minibatches=2", "ppo.epochs=1", "seed=3"),
    *("env.max_timesteps=12", "train.total_steps=320"),
    *("checkpoint.every_updates=2", "checkpoint.every_seconds=0"),
]
EVALUATED = ["evaluation.levels=[handmade/s,handmade/s/lift_off]", "evaluation.every_updates=2"]
KINDS = ("engine", "action", "observation", "network")


def train(folder, *settings):
    assert main(["train", *TINY, *settings, f"train.directory={folder}", "train.name=run"]) == 0
    return folder / "run"


def rows(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return [{k: v for k, v in row.items() if not k.startswith("time/s")} for row in found]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """Five updates, evaluated after the second, the fourth and the last."""
    return train(tmp_path_factory.mktemp("runs"), *EVALUATED)


def test_the_training_is_the_same_bit_for_bit(evaluated, tmp_path):
    plain = train(tmp_path)
    for file in ("parameters.safetensors", "checkpoints/update_00000005/arrays.safetensors"):
        assert (evaluated / file).read_bytes() == (plain / file).read_bytes()
    kept = [{k: v for k, v in r.items() if not k.startswith("eval/")} for r in rows(evaluated)]
    assert kept == rows(plain)


def test_every_set_is_logged_when_it_is_due(evaluated):
    found = rows(evaluated)
    due = [any(k.startswith("eval/") for k in row) for row in found]
    assert due == [False, True, False, True, True]
    names = {k for k in found[1] if k.startswith("eval/")}
    of_set = ("solve_rate", "best_of_k", "return", "length", "touched_red", "time_limit", "nan")
    assert names == {f"eval/{s}/{k}" for s in ("handmade/s", "handmade/s/lift_off") for k in of_set}
    row = found[-1]
    ends = ("solve_rate", "touched_red", "time_limit", "nan")
    assert sum(row[f"eval/handmade/s/{k}"] for k in ends) == pytest.approx(1)
    assert 0 < row["eval/handmade/s/length"] <= 12
    head = (evaluated / "metrics.csv").read_text().splitlines()[0].split(",")
    assert "eval/handmade/s/solve_rate" in head


def test_a_run_that_is_taken_up_evaluates_as_one_without_a_stop(evaluated, tmp_path):
    first = train(tmp_path, *EVALUATED, "train.total_steps=192")
    assert main(["train", f"resume={first}", "train.total_steps=320"]) == 0
    straight = [row for row in rows(evaluated) if row["update"] != 3]
    resumed = [row for row in rows(first) if row["update"] != 3]  # the last of the short one
    assert resumed == straight


def evaluator(*settings):
    composed = compose_run([*settings, "evaluation.every_updates=1"])
    task = build_task(composed, KINDS)
    return evaluator_of(composed, task, untrained_params(task, jax.random.key(0)))


def test_networks_over_entities_are_evaluated_in_other_sizes():
    over_entities = ["network=deep_sets", "observation=entity", "network.width=8"]
    sets = "evaluation.levels=[handmade/s/lift_off,handmade/m]"
    found = evaluator(*over_entities, sets, "evaluation.sizes=[s,m]")
    assert found is not None
    assert [(task.size, [one.name for one in sets]) for task, sets in found.parts] == [
        (S, ["handmade/s/lift_off"]),
        (M, ["handmade/s/lift_off@m", "handmade/m@m"]),
    ]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            ["evaluation.levels=handmade/l"],
            LevelError,
            "levels=handmade/l: .*do not fit",
        ),
        (["evaluation.levels=x"], LevelError, "evaluation.levels=x: x: no such level"),
        (
            ["evaluation.levels=handmade/s", "evaluation.sizes=[m]"],
            SettingError,
            "evaluation.sizes=m: network=mlp with observation=symbolic takes the size that it was",
        ),
        ([], SettingError, r"evaluation.every_updates=1: evaluation.levels says what is played"),
        (["evaluation.sizes=[xl]"], SettingError, "evaluation.sizes=xl: xl is none of s, m, l"),
        (["evaluation.attempts=0"], SettingError, "evaluation.attempts=0: at least 1"),
        (["evaluation.levels=3"], SettingError, "evaluation.levels=3: files, folders"),
    ],
)
def test_mistakes_are_said_before_anything_is_trained(settings, error, message):
    with pytest.raises(error, match=message):
        evaluator(*settings)


def test_nothing_is_evaluated_unless_it_is_asked_for(monkeypatch, capsys):
    composed = compose_run(["evaluation.levels=handmade/s"])
    assert evaluator_of(composed, build_task(composed, ("engine",)), {}) is None
    monkeypatch.setattr(kinetix_core.learn, "train", lambda run, *_: Path("here"))
    assert main(["train", "evaluation.levels=[handmade/s,random/s]"]) == 0
    said = "evaluation.levels=handmade/s,random/s: not played, since evaluation.every_updates=0\n"
    assert said in capsys.readouterr().err
    assert main(["train"]) == 0
    assert "evaluation" not in capsys.readouterr().err


def test_a_name_that_means_nothing_is_said_at_once(capsys):
    settings = ["evaluation.levels=handmad", "evaluation.every_updates=1", "levels=handmade/s"]
    assert main(["train", *settings]) == 2
    assert "handmad: no such level file" in capsys.readouterr().err
