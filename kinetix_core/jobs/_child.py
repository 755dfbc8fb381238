"""The life of a process that does one piece of work."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import connection
from pathlib import Path
from typing import Any

from ._outcome import MISTAKEN, STOPPED, Outcome, attempt

_PATIENCE = 60.0
"""Seconds that an earlier process has to end, and this one where nobody waits for it any more."""


def live(sender: connection.Connection, log: Path, name: str, call: Callable[[], Any]) -> None:
    """Do the work, with everything that is printed in `log`, and send what became of it."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(file, 1)
    os.dup2(file, 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        outcome = attempt(name, call) if _alone(file) else _taken(log)
    except KeyboardInterrupt as stop:
        outcome = Outcome(STOPPED, None, str(stop) or "interrupted")
    if outcome.error:
        sys.stderr.write(f"kinetix: error: {outcome.error}\n")
    try:
        sender.send(outcome)
        sender.close()
    except BrokenPipeError:
        pass  # whoever has started this is gone


def _end_with_parent() -> None:
    """Where the process that started this one is killed: as if this one was told to end."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)


def _alone(log: int) -> bool:
    """Whether no other process does this work; one that has lost its parent is waited for.

    The lock is gone with the process, however it ends.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.2)
        except OSError:
            return True  # a disk that has no locks
        else:
            return True


def _taken(log: Path) -> Outcome:
    error = f"another process still does this and writes to {log}; stop it, or wait for it"
    return Outcome(MISTAKEN, None, error)
