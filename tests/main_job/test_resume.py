"""A run that is stopped, or killed, goes on from its last checkpoint as if nothing had been."""

import json
import os
import shutil
import signal
import subprocess
import sys

import jax
import numpy as np
import pytest

from kinetix_core.cli import main
from kinetix_core.learn._compiled import Step
from kinetix_core.record import load_run, load_run_at

TINY = [
    *("levels=handmade/s/lift_off", "network.depth=1", "network.width=16", "logger=[jsonl,csv]"),
    *("ppo.num_envs=8", "ppo.num_steps=8", "ppo.num_minibatches=2", "ppo.epochs=1", "seed=3"),
    *("env.max_timesteps=12", "train.total_steps=640"),
    *("checkpoint.every_updates=2", "checkpoint.every_seconds=0"),
]


def rows(folder):
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if not k.startswith("time/s")} for row in found]


def updates(path):
    return [line.partition(",")[0] for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Ten updates without a stop."""
    runs = tmp_path_factory.mktemp("runs")
    assert main(["train", *TINY, f"train.directory={runs}", "train.name=straight"]) == 0
    return runs / "straight"


KILLED = """
import os, signal, sys
from kinetix_core.cli import main
from kinetix_core.record import JsonlLogger

log = JsonlLogger.log

def log_or_die(self, step, metrics):
    if step == 8:
        self._file.write('{"update": 8, "ppo/lo')  # in the middle of a line
        self._file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    log(self, step, metrics)

JsonlLogger.log = log_or_die
main(["train", *sys.argv[1:]])
"""


def test_killed_and_taken_up_again_gives_the_bits_of_a_run_without_a_stop(straight, tmp_path):
    where = [f"train.directory={tmp_path}", "train.name=killed", "checkpoint.keep=4"]
    command = [sys.executable, "-c", KILLED, *TINY, *where]
    found = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert found.returncode == -signal.SIGKILL, found.stderr
    folder = tmp_path / "killed"
    saved = [f"update_{number:08d}" for number in (1, 2, 4, 6)]
    assert names(folder / "checkpoints") == saved, "the first update, and every second one"
    assert main(["train", f"resume={folder}", "checkpoint.keep=1"]) == 0
    assert parameters(folder) == parameters(straight)
    assert rows(folder) == rows(straight), "update 7 is logged once, and no line is torn"
    assert updates(folder / "metrics.csv") == updates(straight / "metrics.csv")
    assert names(folder / "checkpoints") == ["update_00000010"]
    assert json.loads((folder / "config.json").read_text())["checkpoint"]["keep"] == 1


def test_a_checkpoint_is_read_as_a_run(straight, tmp_path, capsys):
    newest, before = sorted((straight / "checkpoints").iterdir())[-1:-3:-1]
    run, last = load_run(straight), load_run_at(newest)
    assert (last.path, last.update) == (straight, 10)
    assert all(map(np.array_equal, jax.tree.leaves(run.params), jax.tree.leaves(last.params)))
    earlier = load_run_at(before)
    assert earlier.update == 8
    assert not all(map(np.array_equal, *map(jax.tree.leaves, (run.params, earlier.params))))
    for wrong in (straight, newest.with_name("update_00000009")):
        assert main(["evaluate", f"checkpoint={wrong}", "levels=handmade/s"]) == 2
        assert f"checkpoint={wrong}: no such checkpoint; " in (said := capsys.readouterr().err)
        assert f"has {before.name}, {newest.name}" in said
    assert main(["evaluate", f"checkpoint={newest}", f"run={straight}"]) == 2
    assert "belongs to a run already; leave out run=" in capsys.readouterr().err
    damaged = shutil.copytree(straight, tmp_path / "damaged") / "checkpoints" / newest.name
    (damaged / "arrays.safetensors").write_bytes(b"cut")
    assert main(["evaluate", f"checkpoint={damaged}", "levels=handmade/s"]) == 2
    assert "damaged: arrays.safetensors is not what was written" in capsys.readouterr().err


def parameters(folder):
    return (folder / "parameters.safetensors").read_bytes()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def refused(capsys, *settings):
    assert main(["train", *settings]) == 2
    text = capsys.readouterr().err.strip().splitlines()[-1]
    assert text.startswith("kinetix: error: ")
    return text


def test_what_cannot_be_taken_up_again_says_why(straight, tmp_path, capsys):
    before = (straight / "run.json").read_text()
    text = refused(capsys, f"resume={straight}")
    assert "finished: 10 of 10 updates are done; train.total_steps above 640 goes on" in text
    assert text.endswith(", as train.total_steps=1280")
    text = refused(capsys, f"resume={straight}", "train.total_steps=64")
    assert "finished: 10 updates are done, and train.total_steps asks for 1; " in text
    more = [f"resume={straight}", "train.total_steps=1280"]
    text = refused(capsys, *more, "ppo.num_envs=16", "checkpoint.keep=3")
    assert ": ppo.num_envs=16 (it was 8): the saved state has other arrays" in text
    assert "learning rates" in text, "and what can be changed"
    text = refused(capsys, *more, "ppo.normalise_observations=true")
    assert "ppo.normalise_observations=true (it was false): the saved state has" in text
    text = refused(capsys, *more, "network.width=32", "observation=blind")
    assert "observation=blind (it was symbolic), network.width=32 (it was 16): " in text
    assert (straight / "run.json").read_text() == before, "the run stays as it was"
    assert "no such run folder" in refused(capsys, f"resume={tmp_path / 'nothing'}")
    assert "resume=: the folder of a run is expected" in refused(capsys, "resume=")
    assert "leave -m out" in refused(capsys, "-m", f"resume={straight}", "seed=0,1")


def test_a_request_to_stop_while_it_is_compiled_again_leaves_the_run_as_it_was(
    straight, monkeypatch, capsys
):
    def compile_and_stop(self, state, stop_requested):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop_requested()
        raise KeyboardInterrupt

    monkeypatch.setattr(Step, "compile", compile_and_stop)
    files = [straight / name for name in ("run.json", "config.json", "versions.json")]
    before = [file.read_bytes() for file in files]
    assert main(["train", f"resume={straight}", "train.total_steps=1280"]) == 130
    assert "nothing was computed yet; the same command begins again" in capsys.readouterr().err
    assert [file.read_bytes() for file in files] == before


def test_killed_between_the_last_checkpoint_and_the_end(straight, tmp_path):
    folder = tmp_path / "late"
    shutil.copytree(straight, folder)
    status = json.loads((folder / "run.json").read_text())
    dead = {**status["process"], "started": 1}  # another process has its number
    (folder / "run.json").write_text(json.dumps(status | {"status": "running", "process": dead}))
    assert main(["train", f"resume={folder}"]) == 0
    assert json.loads((folder / "run.json").read_text())["status"] == "finished"
    assert parameters(folder) == parameters(straight)
    assert rows(folder) == rows(straight)


def test_a_run_that_is_still_going_on_is_left_alone(straight, tmp_path, capsys):
    status = json.loads((straight / "run.json").read_text())
    folder = tmp_path / "going_on"
    folder.mkdir()
    (folder / "config.json").write_text((straight / "config.json").read_text())
    (folder / "run.json").write_text(json.dumps(status | {"status": "running"}))
    assert "this run is still going on" in refused(capsys, f"resume={folder}")


def test_without_room_for_checkpoints_nothing_is_trained(tmp_path, capsys, monkeypatch):
    class Disk:
        f_bavail, f_frsize = 60, 1_000_000

    monkeypatch.setattr(os, "statvfs", lambda path: Disk)
    many = ["checkpoint.keep=100000", f"train.directory={tmp_path}", "train.name=full"]
    text = refused(capsys, *TINY, *many)
    assert "60 MB are free there and the checkpoints of this run take" in text
    assert json.loads((tmp_path / "full" / "run.json").read_text())["status"].startswith("failed")
