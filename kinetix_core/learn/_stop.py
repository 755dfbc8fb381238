"""Requests to stop a run: Ctrl-C, or the signal of a scheduler."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STOPPED = "stopped on request"
"""Status of a run that was asked to stop."""

_log = logging.getLogger(__name__)


class Interrupted(KeyboardInterrupt):
    """The run was asked to stop; what was done is saved in `folder`."""

    def __init__(self, folder: Path, nothing_done: bool = False):
        saved = (
            "nothing was computed yet; the same command begins again"
            if nothing_done
            else f"everything is saved in {folder}; kinetix train resume={folder} goes on"
        )
        super().__init__(f"{STOPPED}; {saved}")
        self.folder = folder


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """SIGINT and SIGTERM are remembered, for whoever asks for them between two steps.

    A second SIGINT is a KeyboardInterrupt at once.
    """
    seen: list[int] = []

    def remember(number: int, frame: Any) -> None:
        if seen and number == signal.SIGINT:
            raise KeyboardInterrupt
        seen.append(number)
        _log.warning("stopping as soon as nothing is lost by it")

    before = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, remember)
    except ValueError:  # not in the main thread: whoever runs us there stops us their own way
        pass
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
