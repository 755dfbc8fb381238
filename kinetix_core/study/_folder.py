"""The folder of a study: what it was begun as, and how each of its runs stands. No JAX."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError
from kinetix_core.record import (
    EVALUATION,
    FINISHED,
    RUNNING,
    is_run,
    summarise_run,
)

from ._definition import Study
from ._graph import StudyJob, examined
from ._parts import FINETUNE, SCRATCH

DEFINITION = "study.json"
RUNS, LOGS = "runs", "logs"
DONE, FAILED, MISSING = "done", "failed", "missing"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobState:
    """How a job stands: `done`, `running`, `failed` or `missing`, and why where there is a why."""

    job: StudyJob
    path: Path
    state: str
    reason: str = ""


@dataclass(frozen=True)
class StudyRecord:
    """A study, read back. definition: what `study.json` holds."""

    path: Path
    definition: Mapping[str, Any]
    jobs: tuple[JobState, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """A line for each job that is not done, with why."""
        return tuple(
            f"{one.job.run}: {one.reason or one.state}" for one in self.jobs if one.state != DONE
        )


def read_study(folder: Path) -> StudyRecord:
    """Raises `RunError` for a folder that holds no study."""
    definition = read_definition(folder)
    try:
        jobs = tuple(
            StudyJob(**{**job, "settings": tuple(job["settings"])}) for job in definition["jobs"]
        )
        plays = definition["evaluate"] is not None
    except (KeyError, TypeError) as error:
        raise RunError(_damaged(folder, str(error))) from error
    return StudyRecord(folder, definition, tuple(job_state(folder, j, plays) for j in jobs))


def read_definition(folder: Path) -> dict[str, Any]:
    """What `study.json` holds. Raises `RunError`."""
    try:
        found = json.loads((folder / DEFINITION).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(
            f"{folder}: not the folder of a study: it has no {DEFINITION};"
            " `kinetix study NAME` makes one"
        ) from None
    except (OSError, ValueError) as error:
        raise RunError(_damaged(folder, str(error))) from error
    if not isinstance(found, dict):
        raise RunError(_damaged(folder, "it holds no study"))
    return found


def _damaged(folder: Path, why: str) -> str:
    return (
        f"{folder / DEFINITION}: damaged: {why}; restore it, or move {folder} away and run"
        f" `kinetix study {folder.name}` again"
    )


def job_state(folder: Path, job: StudyJob, plays: bool) -> JobState:
    """From what the run and its last attempt have left behind. plays: agents are evaluated."""
    path = folder / RUNS / job.run
    if not is_run(path):
        reason = _failure(folder, job.run)
        return JobState(job, path, FAILED if reason else MISSING, reason or "not begun")
    summary = summarise_run(path)
    if summary.state == FINISHED and (not plays or (path / EVALUATION).is_file()):
        return JobState(job, path, DONE)
    if summary.state == RUNNING:
        return JobState(job, path, RUNNING, "still running")
    said = summary.reason.removeprefix("failed: ")
    if reason := _failure(folder, job.run) or (said if said != summary.reason else ""):
        return JobState(job, path, FAILED, reason)
    waits = "trained, not evaluated yet" if summary.state == FINISHED else summary.reason
    return JobState(job, path, MISSING, waits)


def _failure(folder: Path, run: str) -> str:
    try:
        return failure_file(folder, run).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def failure_file(folder: Path, run: str) -> Path:
    """What says why a job failed when it was last tried; it is not there otherwise."""
    return folder / LOGS / f"{run}.failed"


def examination(study: Study, job: StudyJob) -> tuple[str, ...]:
    """The sets of levels that a job plays when it is trained.

    Runs on one level play that one; agents and what learns sets in turn play all that there are.
    """
    if not study.evaluate:
        return ()
    if job.part in (FINETUNE, SCRATCH):
        return (job.levels,)
    return tuple(dict.fromkeys(name for names in examined(study).values() for name in names))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Held by the one process that runs the study. Raises `RunError` where another does.

    It is gone with the process, however that ends.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror}") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                f"{folder}: another process runs this study; wait for it, or stop it"
                " (--status shows how far it is)"
            ) from None
        except OSError as error:
            _log.warning("%s: two processes at once would not be noticed: %s", folder, error)
        yield
    finally:
        os.close(file)
