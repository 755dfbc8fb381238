"""The main job: `kinetix train`, then `kinetix evaluate`, as commands, on levels of the wheel."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import equinox as eqx
import numpy as np
import pytest

from kinetix_core.cli import main
from kinetix_core.learn import TrainState
from kinetix_core.learn import _train as module
from kinetix_core.record import load_run

TINY = [
    "levels=handmade/s/lift_off",
    "ppo.num_envs=8",
    "ppo.num_steps=8",
    "ppo.num_minibatches=2",
    "ppo.epochs=1",
    "network.depth=1",
    "network.width=8",
    "env.max_timesteps=16",
]


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """Starts `kinetix`; programs are compiled once for all of these processes."""
    cache = str(tmp_path_factory.mktemp("xla"))
    environment = os.environ | {"KINETIX_COMPILATION_CACHE": cache}
    environment.pop("JAX_ENABLE_COMPILATION_CACHE", None)

    def start(*words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "kinetix_core.cli", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    return start


def stop_after_an_update(process: subprocess.Popen, folder: Path, number: int) -> str:
    """Send the signal once something was logged; what was written to standard error."""
    metrics = folder / "metrics.jsonl"
    deadline = time.monotonic() + 300
    while not (metrics.exists() and metrics.read_text()):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(number)
    return process.communicate(timeout=60)[1]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, command) -> tuple[Path, str, str]:
    """A finished run of three updates: its folder, and what was written to both streams."""
    directory = tmp_path_factory.mktemp("runs")
    words = [*TINY, f"train.directory={directory}", "train.total_steps=150", "train.name=tiny"]
    process = command("train", *words)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return directory / "tiny", out, err


def test_a_run_folder_holds_what_is_needed_to_read_it_again(finished):
    folder, out, err = finished
    assert out.strip().splitlines()[-1] == str(folder)
    assert "update 3/3" in err, "150 steps are three updates of 64"
    assert "(rollout 39.5 kB: 8 steps of 8 environments, " in err, "what it needs of memory"
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == [1, 2, 3]
    assert rows[-1]["time/env_steps"] == 192
    assert all(np.isfinite(row["ppo/loss"]) for row in rows)
    status = json.loads((folder / "run.json").read_text())
    assert status["status"] == "finished"
    assert status["parameters_of_update"] == 3
    versions = json.loads((folder / "versions.json").read_text())
    assert {"python", "jax", "jaxlib", "open-kinetix"} <= set(versions)


def test_the_run_reads_back_as_it_was_composed(finished):
    run = load_run(finished[0])
    assert run.update == 3
    assert run.composed.ppo.num_envs == 8
    assert run.params["encoder"]["kernel"].shape == (140, 8)


def test_evaluate_prints_a_table_and_writes_a_page(finished, capsys):
    folder = finished[0]
    assert main(["evaluate", f"run={folder}", "levels=handmade/s/lift_off", "attempts=3"]) == 0
    out = capsys.readouterr().out
    assert "lift_off" in out
    assert out.strip().splitlines()[-1] == str(folder / "replay.html")
    assert "lift_off" in (folder / "replay.html").read_text()
    written = json.loads((folder / "evaluation.json").read_text())
    assert "lift_off" in json.dumps(written)


def test_without_levels_those_of_the_training_are_played(finished, capsys, tmp_path):
    assert main(["evaluate", f"run={finished[0]}", "attempts=1", f"out={tmp_path / 'out'}"]) == 0
    assert "lift_off" in capsys.readouterr().out
    assert (tmp_path / "out" / "replay.html").exists()


def test_a_folder_that_cannot_be_written_is_said_before_playing(finished, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    words = [f"run={finished[0]}", "attempts=1", f"out={tmp_path / 'file' / 'x'}"]
    assert main(["evaluate", *words]) == 2
    captured = capsys.readouterr()
    assert "cannot be written" in captured.err
    assert captured.out == ""


def test_the_same_seed_trains_the_same_parameters(finished, tmp_path, command):
    words = [*TINY, f"train.directory={tmp_path}", "train.total_steps=150", "train.name=again"]
    process = command("train", *words)
    process.communicate(timeout=300)
    folders = (finished[0], tmp_path / "again")
    first, second = ((folder / "parameters.safetensors").read_bytes() for folder in folders)
    assert first == second


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_saves_everything(tmp_path, command, number):
    """A person says SIGINT; a cluster's scheduler says SIGTERM."""
    words = [*TINY, f"train.directory={tmp_path}", "train.name=long"]
    folder = tmp_path / "long"
    process = command("train", *words, "train.total_steps=1000000000")
    err = stop_after_an_update(process, folder, number)
    assert process.returncode == 130, err
    assert "everything is saved in" in err
    assert "Traceback" not in err
    status = json.loads((folder / "run.json").read_text())
    assert status["status"] == "stopped on request"
    logged = len((folder / "metrics.jsonl").read_text().splitlines())
    assert load_run(folder).update == logged == status["parameters_of_update"]


def test_a_run_folder_that_cannot_be_written_is_said_before_training(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["train", *TINY, f"train.directory={tmp_path / 'file'}"]) == 2
    levels, err = capsys.readouterr().err.splitlines()
    assert levels.startswith("levels: ")
    assert "train.directory=" in err
    assert "cannot be written" in err


class Nobody(eqx.Module):
    """No players."""

    observation: tuple = ()


@pytest.fixture
def broken_update(monkeypatch):
    """An update that reports what it is told to, without training."""

    def install(**changes):
        def compiled(setup, seeds=1):
            import jax
            import jax.numpy as jnp

            from kinetix_core.learn._update import Incident

            levels = setup.task.generator.sample(jax.random.key(0), 1)
            begun = jax.vmap(setup.environment.reset)(levels)
            begun = jax.tree.map(lambda x: x[0], begun)
            state = TrainState({"w": jnp.ones(1)}, (), Nobody(), (), (), (), jnp.int32(0))
            metrics = {"ppo/loss": 0.1, "nan/states": 0, "episode/solved": 0.0}
            metrics |= {"episode/return": 0.0, "ppo/entropy": 1.0} | changes

            def init(seed):
                return state

            init.shapes = init  # what its result looks like
            return init, lambda state: (state, metrics, Incident(1, begun))

        monkeypatch.setattr(module, "compiled", compiled)
        monkeypatch.setattr(module, "check_memory", lambda *_: None)  # nothing is compiled

    return install


def test_states_that_are_not_finite_stop_the_run_and_keep_the_level(
    broken_update, tmp_path, capsys
):
    broken_update(**{"nan/states": 2})
    words = [*TINY, f"train.directory={tmp_path}", "train.name=nan", "logger=jsonl"]
    assert main(["train", *words]) == 2
    err = capsys.readouterr().err
    assert "2 states were not finite in update 1" in err
    level = tmp_path / "nan" / "nan_level_update_1.json"
    assert str(level) in err
    assert main(["levels", "validate", str(level)]) == 0, "the level can be read again"
    assert json.loads((tmp_path / "nan" / "run.json").read_text())["status"].startswith("failed")
    report = json.loads((tmp_path / "nan" / "nan_report.json").read_text())
    assert (report["update"], report["component"]) == (1, "engine=jax2d")
    assert report["level"] == level.name
    assert report["metrics"]["nan/states"] == 2
    assert report["parameters_of_update"] == 1, "what was learnt from the others is kept"


def test_a_request_to_stop_while_the_update_is_compiled_says_that_nothing_is_lost(
    broken_update, monkeypatch, tmp_path, capsys
):
    def stopped(*_):
        raise KeyboardInterrupt

    broken_update()
    monkeypatch.setattr(module, "check_memory", stopped)
    assert main(["train", *TINY, f"train.directory={tmp_path}", "train.name=soon"]) == 130
    err = capsys.readouterr().err
    assert "stopped on request; nothing was computed yet; the same command begins again" in err
    status = json.loads((tmp_path / "soon" / "run.json").read_text())
    assert status["status"] == "stopped on request"
    assert not (tmp_path / "soon" / "metrics.jsonl").exists()


def test_they_are_left_behind_where_that_is_asked_for(broken_update, tmp_path):
    broken_update(**{"nan/states": 2})
    words = [*TINY, f"train.directory={tmp_path}", "train.name=on", "logger=jsonl"]
    assert main(["train", *words, "train.on_nan=continue", "train.total_steps=128"]) == 0


@pytest.mark.parametrize("metric", ["ppo/loss", "ppo/gradient_norm"])
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_what_was_saved(
    broken_update, tmp_path, capsys, metric
):
    broken_update(**{metric: float("nan")})
    words = [*TINY, f"train.directory={tmp_path}", "train.name=loss", "logger=jsonl"]
    assert main(["train", *words]) == 2
    error = capsys.readouterr().err
    assert f"{metric}=nan after update 1: the learner diverged (network=mlp)" in error
    assert "no parameters were saved yet" in error
    assert not (tmp_path / "loss" / "parameters.safetensors").exists()
    assert not (tmp_path / "loss" / "checkpoints").exists()
    report = json.loads((tmp_path / "loss" / "nan_report.json").read_text())
    assert (report["component"], report["metrics"][metric]) == ("network=mlp", "nan")


def test_a_logger_that_fails_costs_no_learning(broken_update, tmp_path, monkeypatch, capsys):
    broken_update()
    from kinetix_core.errors import RunError
    from kinetix_core.record import JsonlLogger

    def full(self, step, metrics):
        if step == 3:
            raise RunError("metrics cannot be written: No space left on device")

    monkeypatch.setattr(JsonlLogger, "log", full)
    words = [*TINY, f"train.directory={tmp_path}", "train.name=full", "logger=jsonl"]
    assert main(["train", *words]) == 2
    assert "No space left" in capsys.readouterr().err
    status = json.loads((tmp_path / "full" / "run.json").read_text())
    assert status["parameters_of_update"] == 3
    assert status["status"].startswith("failed: RunError: metrics cannot be written")


def test_a_start_that_fails_leaves_no_run_folder(tmp_path):
    assert main(["train", "levels=nope", f"train.directory={tmp_path}"]) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_evaluated_without_the_levels_that_it_was_trained_on(finished, tmp_path, capsys):
    folder = tmp_path / "copied"
    shutil.copytree(finished[0], folder)
    config = folder / "config.json"
    config.write_text(config.read_text().replace("handmade/s/lift_off", "levels/that/are/gone"))
    assert main(["evaluate", f"run={folder}", "levels=handmade/s/lift_off", "attempts=1"]) == 0


def test_the_largest_seed_is_a_seed():
    from kinetix_core.compose import build_task, compose_run
    from kinetix_core.learn import Setup, compiled

    run = compose_run([*TINY, "seed=4294967295"])
    for seeds in (1, 2):
        init, _ = compiled(Setup(build_task(run), run.ppo, run.train), seeds)
        assert int(np.max(init(run.seed).update)) == 0


def test_an_action_of_the_wrong_shape_is_named():
    from kinetix_core.compose import build_task, compose_run
    from kinetix_core.env import Environment
    from kinetix_core.errors import SettingError
    from kinetix_core.scene import S, empty_scene

    environment = Environment(build_task(compose_run(["levels=handmade/s"])))
    state = environment.reset(empty_scene(S))
    with pytest.raises(SettingError, match=r"action of shape \(3,\): \(6,\) is expected"):
        environment.step(state, np.zeros(3, np.int32))


@pytest.mark.parametrize("what", ["train", "evaluate"])
def test_a_level_that_does_not_fit_is_named_before_it_is_counted(finished, capsys, what):
    run = [f"run={finished[0]}"] if what == "evaluate" else ["size=s"]
    assert main([what, *run, "levels=handmade/m"]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert "a level of size m does not fit size s" in error
    way_out = {
        "train": "the smallest size that fits is size=m",
        "evaluate": "in which",  # a run keeps the size that it was trained in
    }
    assert way_out[what] in error
    assert ("; evaluate on smaller levels, or train with size=m" in error) == (what != "train")


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ("random/l", "random/l: a level of size l does not fit size s, in which"),
        ("handmade/m/waiter", "; size=m plays it, if the network can"),
    ],
)
def test_levels_that_are_made_have_to_fit_as_well(finished, capsys, levels, said):
    assert main(["evaluate", f"run={finished[0]}", f"levels={levels}"]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert said in error
    assert main(["evaluate", f"run={finished[0]}", f"levels={levels}", "size=s"]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert f"does not fit size s; the smallest size that fits is {levels.split('/')[1]}" in error


def test_without_a_logger_for_people_a_line_says_where_the_run_is(broken_update, tmp_path, capsys):
    broken_update()
    words = [*TINY, f"train.directory={tmp_path}", "train.total_steps=128"]
    for loggers, said in (("csv", True), ("[console,csv]", False)):
        assert main(["train", *words, f"logger={loggers}", f"train.name=quiet_{said}"]) == 0
        line = f"training in {tmp_path / f'quiet_{said}'}, 2 updates of 64 environment steps"
        assert (line in capsys.readouterr().err) == said
