"""One job of a study, in a process of its own: train or go on, then evaluate."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kinetix_core.record import FINISHED, is_run, summarise_run

from ._folder import EVALUATION
from ._graph import StudyJob, compose_job
from ._parts import AGENTS

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun

Train = Callable[["ComposedRun", Path | None], Path]
"""Trains a run; goes on with the one in a folder."""
Evaluate = Callable[[Sequence[str]], None]
"""Evaluates, with settings as `kinetix evaluate` takes them."""


@dataclass(frozen=True)
class JobWork:
    """What a job does when it is called. agent: that of its method and seed. levels: to play."""

    runs: Path
    job: StudyJob
    agent: StudyJob
    levels: tuple[str, ...]
    attempts: int
    train: Train
    evaluate: Evaluate

    def __call__(self) -> Path:
        """Does what is not done yet, and returns the run folder."""
        run = self.runs / self.job.run
        if not (is_run(run) and summarise_run(run).state == FINISHED):
            self._train(run)
        if self.levels and not (run / EVALUATION).is_file():
            self.evaluate(self._examination(run))
        return run

    def _train(self, run: Path) -> None:
        from kinetix_core.record import has_checkpoint

        composed = compose_job(self.job, self.agent, str(self.runs))
        if run.exists() and not has_checkpoint(run):
            shutil.rmtree(run)  # killed before there was anything to keep
        self.train(composed, run if run.exists() else None)

    def _examination(self, run: Path) -> list[str]:
        levels = f"levels=[{','.join(self.levels)}]"
        settings = [f"run={run}", levels, f"attempts={self.attempts}"]
        return [*settings, "baseline=untrained"] if self.job.part == AGENTS else settings
