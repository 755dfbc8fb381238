"""The runs of a sweep in processes of their own, some at once, each with a log file."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinetix_core.errors import KinetixError, RunError

if TYPE_CHECKING:
    from ._run import ComposedRun

_PATIENCE = 60.0
"""Seconds that a run has to save itself when the sweep is stopped."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One run of a sweep. `status` is what the run on its own would have ended with: 0 is good.

    settings: those that differ from run to run.
    """

    settings: tuple[str, ...]
    status: int
    folder: Path | None
    error: str = ""


@dataclass(frozen=True)
class Pending:
    """A run that is still to come, named and placed in the folder of the sweep."""

    name: str
    settings: tuple[str, ...]
    composed: ComposedRun


@dataclass(frozen=True)
class _Running:
    index: int
    process: Any
    answer: connection.Connection


def finished(pending: Pending, run: Callable[[ComposedRun], Path]) -> Job:
    """Run it here and now. What goes wrong is in the `Job`."""
    try:
        return Job(pending.settings, 0, run(pending.composed))
    except KinetixError as error:
        return Job(pending.settings, 2, None, str(error))
    except Exception as error:
        _log.exception("run %s of the sweep failed", pending.name)
        return Job(pending.settings, 1, None, f"{type(error).__name__}: {error}")


def run_in_processes(
    pending: Sequence[Pending], run: Callable[[ComposedRun], Path], folder: Path, at_once: int
) -> list[Job]:
    """Run them all, `at_once` side by side; what each writes goes to `folder/NAME.log`.

    A run that fails, crashes or is killed does not stop the others. Where this process is
    interrupted or told to end, the runs are told to, and have a minute to save themselves.
    Raises `RunError` where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder}: cannot be made: {error.strerror}") from error
    waiting = deque(range(len(pending)))
    running: dict[int, _Running] = {}
    jobs: dict[int, Job] = {}
    with _ended_by_sigterm():
        try:
            while waiting or running:
                while waiting and len(running) < at_once:
                    started = _start(waiting.popleft(), pending, run, folder)
                    running[started.process.sentinel] = started
                for sentinel in connection.wait(list(running)):
                    assert isinstance(sentinel, int)
                    ended = running.pop(sentinel)
                    one = pending[ended.index]
                    jobs[ended.index] = job = _answer(ended, one, _log_file(folder, one))
                    _log.info("%s: %s", one.name, job.error or "finished")
        finally:
            _stop(running.values())
    return [jobs[index] for index in range(len(pending))]


def _start(
    index: int, pending: Sequence[Pending], run: Callable[[ComposedRun], Path], folder: Path
) -> _Running:
    # a fresh process: JAX does not survive a fork
    context = get_context("spawn")
    one = pending[index]
    receiver, sender = context.Pipe(duplex=False)
    log = _log_file(folder, one)
    process = context.Process(target=_child, args=(sender, log, one, run), name=one.name)
    process.start()
    sender.close()
    _log.info("%s: begins (%d of %d), and writes to %s", one.name, index + 1, len(pending), log)
    return _Running(index, process, receiver)


def _child(
    sender: connection.Connection, log: Path, one: Pending, run: Callable[[ComposedRun], Path]
) -> None:
    """The life of the process of one run."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(file, 1)
    os.dup2(file, 2)
    try:
        job = finished(one, run)
    except KeyboardInterrupt as stop:
        job = Job(one.settings, 130, None, str(stop) or "interrupted")
    if job.error:
        sys.stderr.write(f"kinetix: error: {job.error}\n")
    sender.send(job)
    sender.close()


def _answer(ended: _Running, one: Pending, log: Path) -> Job:
    """What the run says of itself; of one that could not, what its process ended with."""
    try:
        return ended.answer.recv()
    except EOFError:
        ended.process.join()
        status = ended.process.exitcode
    finally:
        ended.answer.close()
    if status < 0:  # as a shell gives it
        return Job(one.settings, 128 - status, None, f"ended by {_signal(-status)}; see {log}")
    return Job(one.settings, status or 1, None, f"ended without a word; see {log}")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _log_file(folder: Path, one: Pending) -> Path:
    return folder / f"{one.name}.log"


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM as an exception, so that no run is left behind."""

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
        one.process.terminate()  # a run that is trained saves itself and ends
    for one in left:
        one.process.join(_PATIENCE)
        if one.process.exitcode is None:
            one.process.kill()
            one.process.join()
        one.answer.close()
