"""Work in processes of its own, some at once, each with a log file; what waits for what."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError

from ._child import live
from ._outcome import FAILED, SKIPPED, Outcome

_PATIENCE = 60.0
"""Seconds that work has to save itself when all is stopped."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """Something to do. call: can be sent to another process. after: names of what comes first."""

    name: str
    call: Callable[[], Any]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Running:
    work: Work
    process: Any
    answer: connection.Connection
    begun: float


class Watcher:
    """Told what happens. The one that nobody replaced says it in the log."""

    def begins(self, work: Work, log: Path) -> None:
        """It starts, and writes to `log`."""
        _log.info("%s: begins, and writes to %s", work.name, log)

    def ended(self, work: Work, outcome: Outcome) -> None:
        """It ended, or will not begin."""
        _log.info("%s: %s", work.name, outcome.error or "finished")

    def stopping(self, works: Sequence[Work]) -> None:
        """All is told to end, and these have a minute to save themselves."""
        names = ", ".join(work.name for work in works)
        _log.warning("stopping: what runs saves itself, which takes up to a minute: %s", names)


def run_in_processes(
    works: Sequence[Work], logs: Path, at_once: int, watcher: Watcher | None = None
) -> dict[str, Outcome]:
    """Do them all, `at_once` side by side; what each writes is added to `logs/NAME.log`.

    What fails, crashes or is killed does not stop the others, but what comes after it is not
    begun. Where this process is interrupted or told to end, all that runs is told to, and has a
    minute to save itself; where it is killed, they notice, and save themselves too.
    Raises `RunError` where the folder cannot be written.
    """
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{logs}: cannot be made: {error.strerror}") from error
    with _ended_by_sigterm():
        return _Pool(works, logs, at_once, watcher or Watcher()).run()


class _Pool:
    def __init__(self, works: Sequence[Work], logs: Path, at_once: int, watcher: Watcher):
        self.waiting = list(works)
        self.logs, self.at_once, self.watcher = logs, at_once, watcher
        self.running: dict[int, _Running] = {}
        self.outcomes: dict[str, Outcome] = {}

    def run(self) -> dict[str, Outcome]:
        order = [work.name for work in self.waiting]
        try:
            while self.waiting or self.running:
                self._skip()
                while len(self.running) < self.at_once and (work := self._next()):
                    self._start(work)
                for sentinel in connection.wait(list(self.running)) if self.running else ():
                    assert isinstance(sentinel, int)
                    self._end(self.running.pop(sentinel))
        except KeyboardInterrupt:
            if self.running:
                self.watcher.stopping([one.work for one in self.running.values()])
            raise
        finally:
            _stop(self.running.values())
        return {name: self.outcomes[name] for name in order}

    def _skip(self) -> None:
        """What waits for something that failed will not begin, nor what waits for that."""
        for work in list(self.waiting):
            bad = [name for name in work.after if self._status(name)]
            if bad:
                self.waiting.remove(work)
                said = "failed" if self._status(bad[0]) != SKIPPED else "was not begun"
                error = f"not begun: it comes after {bad[0]}, which {said}"
                self._note(work, Outcome(SKIPPED, None, error))

    def _status(self, name: str) -> int:
        """0 also of what has not ended yet, and of what need not be done."""
        return self.outcomes[name].status if name in self.outcomes else 0

    def _next(self) -> Work | None:
        ahead = {work.name for work in self.waiting}
        ahead |= {running.work.name for running in self.running.values()}
        for work in self.waiting:
            if not ahead.intersection(work.after):
                self.waiting.remove(work)
                return work
        if self.waiting and not self.running:
            raise ValueError(f"{self.waiting[0].name} comes after itself")
        return None

    def _start(self, work: Work) -> None:
        # a fresh process: JAX does not survive a fork
        context = get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        log = self.logs / f"{work.name}.log"
        arguments = (sender, log, work.name, work.call)
        process = context.Process(target=live, args=arguments, name=work.name)
        process.start()
        sender.close()
        self.watcher.begins(work, log)
        self.running[process.sentinel] = _Running(work, process, receiver, time.monotonic())

    def _end(self, ended: _Running) -> None:
        outcome = _answer(ended, self.logs / f"{ended.work.name}.log")
        self._note(ended.work, replace(outcome, seconds=time.monotonic() - ended.begun))

    def _note(self, work: Work, outcome: Outcome) -> None:
        self.outcomes[work.name] = outcome
        self.watcher.ended(work, outcome)


def _answer(ended: _Running, log: Path) -> Outcome:
    """What the work says of itself; of one that could not, what its process ended with."""
    try:
        return ended.answer.recv()
    except EOFError:
        ended.process.join()
        status = ended.process.exitcode
    finally:
        ended.answer.close()
    if status < 0:  # as a shell gives it
        return Outcome(128 - status, None, f"ended by {_signal(-status)}; see {log}")
    return Outcome(status or FAILED, None, f"ended without a word; see {log}")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM as an exception, so that nothing is left behind."""

    def end(number: int, frame: Any) -> None:
        raise KeyboardInterrupt("told to end")

    before = None
    with suppress(ValueError):  # not in the main thread, where nobody gets signals
        before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _stop(running: Iterable[_Running]) -> None:
    left = list(running)
    for one in left:
        one.process.terminate()  # what is trained saves itself and ends
    for one in left:
        one.process.join(_PATIENCE)
        if one.process.exitcode is None:
            one.process.kill()
            one.process.join()
        one.answer.close()
