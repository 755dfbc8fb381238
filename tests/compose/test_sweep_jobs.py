"""The runs of a sweep in processes of their own, and through Hydra's launchers."""

import importlib.util
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from kinetix_core.compose import run_sweep
from kinetix_core.errors import RunError, SettingError


def work(run):
    """What a run does, by its seed."""
    folder = Path(run.train.directory)
    sys.stdout.write(f"output of seed {run.seed}\n")
    sys.stdout.flush()
    if run.seed == 7:
        raise RunError("seven is refused")
    if run.seed == 8:
        raise ValueError("eight is a bug")
    if run.seed == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    if run.seed == 5:
        (folder.parent / "pid").write_text(str(os.getpid()))
        time.sleep(60)
    if run.seed in (1, 2):  # each waits for the other
        (folder / f"here-{run.seed}").touch()
        until = time.monotonic() + 60
        while not (folder / f"here-{3 - run.seed}").exists():
            if time.monotonic() > until:
                raise RunError("alone")
            time.sleep(0.02)
    return folder / f"{run.train.name}-{os.getpid() != run.ppo.epochs}"


@pytest.fixture
def base(packages, tmp_path):
    packages.add_toy()
    return [
        "engine=toy",
        "engine.needed=x",
        "generator=toy",
        f"train.directory={tmp_path}",
        "train.name=study",
        f"ppo.epochs={os.getpid()}",  # by which a run knows whether it is in another process
    ]


def test_runs_at_once_and_what_became_of_each(base, tmp_path):
    jobs = run_sweep([*base, "seed=1,7,8,9,2"], work, at_once=4)
    study = tmp_path / "study"
    assert [(job.settings, job.status, job.error) for job in jobs] == [
        (("seed=1",), 0, ""),
        (("seed=7",), 2, "seven is refused"),
        (("seed=8",), 1, "ValueError: eight is a bug"),
        (("seed=9",), 137, f"ended by SIGKILL; see {study / '003-seed-9.log'}"),
        (("seed=2",), 0, ""),
    ]
    assert jobs[4].folder == study / "004-seed-2-True"
    log = (study / "002-seed-8.log").read_text()
    assert "output of seed 8" in log
    assert "Traceback" in log
    assert log.endswith("kinetix: error: ValueError: eight is a bug\n")


def test_one_at_once_is_one_after_the_other(base, tmp_path):
    jobs = run_sweep([*base, "seed=3,4"], work, at_once=1)
    ends = [(tmp_path / "study" / f"00{i}-seed-{i + 3}.log").stat().st_mtime for i in (0, 1)]
    assert [job.status for job in jobs] == [0, 0]
    assert ends[0] < ends[1]


def test_who_stops_the_sweep_stops_its_runs(base, tmp_path):
    mark = tmp_path / "pid"

    def stop():
        while not (mark.exists() and mark.read_text()):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    watch = threading.Thread(target=stop)
    watch.start()
    with pytest.raises(KeyboardInterrupt, match="told to end"):
        run_sweep([*base, "seed=5,6"], work, at_once=1)
    watch.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
    assert [log.name for log in (tmp_path / "study").iterdir()] == ["000-seed-5.log"]


@pytest.mark.parametrize(
    ("more", "at_once", "words"),
    [
        ([], 0, "--jobs 0: at least 1 is expected"),
        (["hydra/launcher=basic"], 2, "leave hydra/launcher=basic out, or --jobs"),
    ],
)
def test_what_cannot_be_is_one_line(base, more, at_once, words):
    with pytest.raises(SettingError) as caught:
        run_sweep([*base, "seed=1,2", *more], work, at_once=at_once)
    assert words in str(caught.value)


def test_a_launcher_that_is_not_there(base):
    with pytest.raises(SettingError, match=r"^hydra/launcher=ray: .*hydra-ray-launcher") as caught:
        run_sweep([*base, "seed=1,2", "hydra/launcher=ray"], work)
    assert "\n" not in str(caught.value)


def launcher(name):
    package = f"hydra_plugins.hydra_{name}_launcher"
    try:
        found = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        found = None
    return pytest.mark.skipif(found is None, reason=f"the extra {name} is not installed")


@launcher("joblib")
@pytest.mark.filterwarnings("ignore")  # of the launcher and its package
def test_joblib_runs_them_at_once_in_processes(base, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    (tmp_path / "study").mkdir()
    settings = [*base, "seed=1,7,2", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    jobs = run_sweep(settings, work)
    assert [(job.status, job.error) for job in jobs] == [(0, ""), (2, "seven is refused"), (0, "")]
    assert jobs[2].folder == tmp_path / "study" / "002-seed-2-True"


@launcher("submitit")
def test_submitit_is_given_what_slurm_needs(base, tmp_path, monkeypatch):
    from hydra_plugins.hydra_submitit_launcher.submitit_launcher import SlurmLauncher

    asked = {}

    def launch(self, job_overrides, initial_job_idx):
        asked.update(self.params, jobs=[list(texts) for texts in job_overrides])
        return []

    monkeypatch.setattr(SlurmLauncher, "launch", launch)
    options = ["hydra/launcher=submitit_slurm", "hydra.launcher.partition=gpu"]
    options += ["hydra.launcher.gpus_per_node=1", "hydra.launcher.timeout_min=240"]
    options += ["+hydra.launcher.additional_parameters.account=lab"]
    run_sweep([*base, "seed=1,2", *options], work)
    assert dict(asked["additional_parameters"]) == {"account": "lab"}
    assert (asked["partition"], asked["gpus_per_node"], asked["timeout_min"]) == ("gpu", 1, 240)
    assert Path(asked["submitit_folder"]).parent.parent == tmp_path / "study"
    assert [texts[-1] for texts in asked["jobs"]] == [f"+number_in_sweep={i}" for i in range(2)]
