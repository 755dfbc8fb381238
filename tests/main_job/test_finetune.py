"""An agent goes on on another level: from its parameters, and without its folder once begun."""

import json
import shutil

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file

from kinetix_core.cli import main

TINY = [
    *("network.depth=1", "network.width=16", "logger=[jsonl]", "env.max_timesteps=12"),
    *("ppo.num_envs=8", "ppo.num_steps=8", "ppo.num_minibatches=2", "ppo.epochs=1"),
    *("ppo.normalise_observations=true", "ppo.schedule=linear"),
]
TWO = ["train.total_steps=128", "logger=[jsonl]"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory, compiler):
    """An agent of two updates, and two more of it on another level with its optimiser."""
    jax.config.update("jax_disable_most_optimizations", True)
    runs = tmp_path_factory.mktemp("runs")
    place = f"train.directory={runs}"
    first = ["levels=handmade/s/lift_off", place, "train.name=first", *TINY, *TWO]
    assert main(["train", *first]) == 0
    again = ["levels=handmade/s/roll_right", place, "train.name=second", *TWO]
    agent = [f"run={runs / 'first'}", "init_optimiser=true", "checkpoint.every_updates=1"]
    assert main(["finetune", *agent, "checkpoint.keep=9", *again]) == 0
    return runs


def rows(folder):
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if not k.startswith("time/s")} for row in found]


def arrays(folder, update):
    return load_file(folder / "checkpoints" / f"update_{update:08d}" / "arrays.safetensors")


def test_it_begins_with_what_was_learnt(runs):
    before, after = arrays(runs / "first", 2), arrays(runs / "second", 1)
    assert before["opt_state/1/0/count"] == 4, "two gradient steps in each of two updates"
    assert after["opt_state/1/0/count"] == 6, "Adam goes on"
    assert after["opt_state/1/1/count"] == 2, "the schedule begins anew"
    counts = [name for name in before if name.startswith("params/") and name.endswith("count")]
    assert counts
    for name in counts:
        np.testing.assert_allclose(after[name], before[name] * 1.5, rtol=1e-3, err_msg=name)
    rates = [row["ppo/learning_rate"] for row in rows(runs / "second")]
    np.testing.assert_allclose(rates, [3e-4, 1.5e-4], rtol=1e-5)
    note = json.loads((runs / "second" / "start.json").read_text())
    assert (note["run"], note["update"], note["optimiser"]) == (str(runs / "first"), 2, True)
    config = json.loads((runs / "second" / "config.json").read_text())
    assert (config["init_from"], config["ppo"]["num_envs"]) == (str(runs / "first"), 8)


def test_it_is_taken_up_again_without_the_run_that_it_began_from(runs, tmp_path, monkeypatch):
    second = tmp_path / "second"
    shutil.copytree(runs / "second", second)
    shutil.rmtree(second / "checkpoints" / "update_00000002")
    (runs / "first").rename(runs / "gone")
    try:
        assert main(["train", f"resume={second}"]) == 0
    finally:
        (runs / "gone").rename(runs / "first")
    assert rows(second) == rows(runs / "second")
    for name in ("parameters.safetensors", "start.json"):
        assert (second / name).read_bytes() == (runs / "second" / name).read_bytes()


def test_what_begins_nowhere_is_said_before_anything_is_made(runs, tmp_path, capsys):
    def refused(*arguments):
        assert main([*arguments, f"train.directory={tmp_path}"]) == 2
        return capsys.readouterr().err.strip().splitlines()[-1]

    said = refused("finetune", f"run={runs / 'frist'}", "levels=handmade/s")
    assert said.endswith(f"did you mean run={runs / 'first'}?")
    assert "run=: the folder of a training run is expected" in refused("finetune", "levels=x")
    said = refused("train", "levels=handmade/s", f"init_from={runs}")
    assert f"init_from={runs}: not a run, but a folder of runs: init_from=" in said
    said = refused("train", f"resume={runs / 'first'}", f"init_from={runs / 'second'}")
    assert "goes on from that run's own checkpoint; leave one of them out" in said
    said = refused("train", *TINY, "levels=handmade/s", "size=m", f"init_from={runs / 'first'}")
    assert "takes the size that it was trained in only, size s, not size=m" in said
    assert list(tmp_path.iterdir()) == []
