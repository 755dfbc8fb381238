"""Running a study: what is not done yet, some at once, then the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinetix_core.errors import SettingError
from kinetix_core.jobs import Work, run_in_processes

from ._definition import Study
from ._folder import DONE, LOGS, RUNS, StudyRecord, examination, locked, read_study
from ._graph import StudyJob, agents_of, study_jobs
from ._progress import Progress
from ._take_over import take_over
from ._work import Evaluate, JobWork, Train


def run_study(
    study: Study, folder: Path, at_once: int, train: Train, evaluate: Evaluate
) -> StudyRecord:
    """Run the jobs that are not done, `at_once` side by side, and return how all of them stand.

    A job that fails does not stop the others; those that begin from it are not begun. What was
    trained before this process or the one before was killed is not lost: a run goes on from its
    newest checkpoint. `train` and `evaluate` must be functions of a module, as they are sent to
    other processes. Raises `RunError` where the folder was made for another study, or where
    another process is running it.
    """
    if at_once < 1:
        raise SettingError(f"--jobs {at_once}: at least 1 is expected")
    jobs = study_jobs(study)
    with locked(folder):
        take_over(folder, study, jobs)
        done = {one.job.run for one in read_study(folder).jobs if one.state == DONE}
        works = [
            work for work in _works(study, folder, jobs, train, evaluate) if work.name not in done
        ]
        progress = Progress(folder, jobs, done, at_once)
        run_in_processes(works, folder / LOGS, at_once, progress)
        return read_study(folder)


def _works(
    study: Study, folder: Path, jobs: Sequence[StudyJob], train: Train, evaluate: Evaluate
) -> list[Work]:
    agents = agents_of(jobs)
    attempts = study.evaluate.attempts if study.evaluate else 0
    return [
        Work(
            job.run,
            JobWork(
                folder / RUNS,
                job,
                agents[job.method, job.seed],
                examination(study, job),
                attempts,
                train,
                evaluate,
            ),
            after=(job.start,) if job.start else (),
        )
        for job in jobs
    ]
