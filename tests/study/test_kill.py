"""A study of strangers by name: killed in the middle and begun again, the bytes are the same."""

import os
import signal
import subprocess
import sys

import pytest

from kinetix_core.study import read_study
from tests.study.stage import add_study

STUDY = """\
# Is long better than short?
settings:
  - levels=handmade/s/lift_off
  - observation=blind
  - network.depth=1
  - network.width=8
  - ppo.num_envs=8
  - ppo.num_steps=8
  - ppo.num_minibatches=2
  - ppo.epochs=1
  - env.max_timesteps=8
  - checkpoint.every_updates=2
  - logger=[jsonl,killer]
  - logger.killer.update=4
seeds: [0]
methods:
  short: [train.total_steps=256]
  long: [train.total_steps=320]
evaluate: {levels: [handmade/s/lift_off], attempts: 2}
"""


@pytest.fixture
def kinetix(packages, tmp_path):
    """The finished process of `kinetix study mine`, in a folder and a process group of its own."""
    add_study(packages, STUDY)

    def call(folder, **environment):
        folder.mkdir(exist_ok=True)
        cache = {"KINETIX_COMPILATION_CACHE": str(tmp_path / "xla")}
        cache |= {"JAX_ENABLE_COMPILATION_CACHE": "1", "PYTHONPATH": str(packages.path)}
        return subprocess.run(
            [sys.executable, "-m", "kinetix_core.cli", "study", "mine", "--jobs", "1"],
            cwd=folder,
            env=os.environ | cache | environment,
            capture_output=True,
            text=True,
            timeout=500,
            start_new_session=True,
        )

    return call


def results(folder):
    """What everything else is made of, and every file of the report but its costs."""
    study = folder / "studies" / "mine"
    files = [*study.glob("runs/*/parameters.safetensors"), *study.glob("runs/*/evaluation.json")]
    files += [study / "study.json", *study.glob("report*")]
    return {str(f.relative_to(study)): f.read_bytes() for f in files}


def test_killed_and_begun_again_gives_the_bytes_of_a_study_without_a_stop(kinetix, tmp_path):
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    done = kinetix(straight)
    assert done.returncode == 0, done.stderr
    assert "short-seed-0: begins (0 of 2 done)" in done.stderr
    stopped = kinetix(killed, KILLER=str(tmp_path / "mark"))
    assert stopped.returncode == -signal.SIGKILL
    assert len(read_study(killed / "studies/mine").missing) == 2
    again = kinetix(killed, KILLER=str(tmp_path / "mark"))
    assert again.returncode == 0, again.stderr
    log = (killed / "studies/mine/logs/short-seed-0.log").read_text()
    assert "going on after update 2 of 4" in log
    assert results(killed) == results(straight)
    names = {"report.html", "report.csv", "report-comparison.svg", "report-learning.csv"}
    assert names < set(results(straight))
