"""A study of a package of strangers, and a training that only pretends."""

import json
from pathlib import Path

from kinetix_core.errors import RunError

PLUGIN = """\
from kinetix_core.registry import Component, hookimpl

@hookimpl
def kinetix_config_folders():
    yield "pkg://askers/configs"

@hookimpl
def kinetix_components():
    yield Component("logger", "killer", "askers.killer:Config", "askers.killer:Killer", "kills")
"""
KILLER = '''\
"""Kills everything, once, at an update."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from kinetix_core.interfaces import Logger


@dataclass(frozen=True)
class Config:
    update: int = 0


@dataclass
class Killer(Logger):
    config: Config
    task: object = None

    def open(self, run):
        """Nothing."""

    def log(self, step, metrics):
        mark = os.environ.get("KILLER")
        if step == self.config.update and mark and not Path(mark).exists():
            Path(mark).touch()
            os.killpg(0, signal.SIGKILL)

    def close(self):
        """Nothing."""
'''
GOOD = """\
# Is long better
# than short?
settings: [levels=handmade/s/lift_off, ppo.epochs=1]
seeds: [0, 1]
methods:
  short: []
  long: [train.total_steps=192]
evaluate: {levels: [handmade/s/lift_off], attempts: 2}
finetune:
  levels: [handmade/s/lift_off, handmade/s/roll_right]
  settings: [train.total_steps=128]
sequence:
  stages: [handmade/s/lift_off, [handmade/s/roll_right, handmade/s/climb_left]]
  settings: [train.total_steps=64]
  fresh: false
"""


def add_study(packages, text=GOOD, name="mine"):
    """A package with one study; the file that it is in."""
    place = f"askers/configs/study/{name}.yaml"
    files = {place: text, "askers/killer.py": KILLER}
    packages.add("kinetix-askers", "askers", PLUGIN, files=files)
    return packages.path / place


def train(composed, resume):
    """Leaves what a finished run leaves, or fails where its entropy bonus says so."""
    folder = resume or Path(composed.train.directory) / composed.train.name
    if composed.ppo.entropy_coef == 13.0:
        raise RunError("thirteen is refused")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(dict(composed.config)))
    (folder / "run.json").write_text(json.dumps({"status": "finished"}))
    (folder / "metrics.jsonl").write_text('{"update": 1, "time/env_steps": 128}\n')
    return folder


def evaluate(settings):
    """Leaves what it was told."""
    run = Path(settings[0].removeprefix("run="))
    (run / "evaluation.json").write_text(json.dumps(settings[1:]))
