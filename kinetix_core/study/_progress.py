"""What is said while a study runs: a line when a job begins or ends, and how long it will take."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from kinetix_core.errors import printable
from kinetix_core.jobs import Outcome, Watcher, Work

from ._folder import failure_file
from ._graph import StudyJob

_log = logging.getLogger(__name__)


class Progress(Watcher):
    """Says in the log how far a study is, and keeps why a job failed beside its log."""

    def __init__(
        self, folder: Path, jobs: Sequence[StudyJob], done: Collection[str], at_once: int
    ) -> None:
        self._folder, self._at_once, self._total = folder, at_once, len(jobs)
        self._parts = {job.run: job.part for job in jobs if job.run not in done}
        self._left = set(self._parts)
        self._seconds: dict[str, list[float]] = {}  # of jobs that were done, by part
        self._done = len(done)
        if done:
            _log.info("%d of %d runs are done already", self._done, self._total)

    def begins(self, work: Work, log: Path) -> None:
        failure_file(self._folder, work.name).unlink(missing_ok=True)
        _log.info("%s: begins (%d of %d done)", work.name, self._done, self._total)

    def ended(self, work: Work, outcome: Outcome) -> None:
        self._left.discard(work.name)
        if outcome.status:
            self._keep(work.name, outcome.error)
            _log.error("%s: failed: %s (%s)", work.name, outcome.error, self._how_far())
            return
        self._done += 1
        self._seconds.setdefault(self._parts[work.name], []).append(outcome.seconds)
        took = duration(outcome.seconds)
        _log.info("%s: done in %s (%s)", work.name, took, self._how_far())

    def stopping(self, works: Sequence[Work]) -> None:
        super().stopping(works)
        _log.warning("the same command goes on from there")

    def _keep(self, run: str, error: str) -> None:
        with suppress(OSError):  # a full disk; it was said in the log
            failure_file(self._folder, run).write_text(
                f"{printable(' '.join(error.split()))}\n", encoding="utf-8"
            )

    def _how_far(self) -> str:
        said = f"{self._done} of {self._total} done"
        left = self.seconds_left()
        return f"{said}, about {duration(left)} left" if left else said

    def seconds_left(self) -> float:
        """As long as jobs of the same part took so far, or any where none was done; 0: unknown."""
        every = [seconds for found in self._seconds.values() for seconds in found]
        if not every or not self._left:
            return 0.0
        total = 0.0
        for run in self._left:
            found = self._seconds.get(self._parts[run], every)
            total += sum(found) / len(found)
        return total / min(self._at_once, len(self._left))


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 05 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
