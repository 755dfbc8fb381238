"""What libraries log, as plain lines on standard error while a command runs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kinetix_core.errors import printable


@contextmanager
def shown_log() -> Iterator[None]:
    """Show what loggers named `kinetix_...` say from INFO on, and others from WARNING on."""
    root = logging.getLogger()
    if any(isinstance(handler, _Lines) for handler in root.handlers):
        yield  # a command within a command
        return
    handler, level = _Lines(), root.level
    root.addHandler(handler)
    root.setLevel(min(level, logging.INFO))
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


class _Lines(logging.Handler):
    """One line per record, on what standard error is at the time."""

    def filter(self, record: logging.LogRecord) -> bool:
        ours = record.name.startswith("kinetix_")
        return record.levelno >= (logging.INFO if ours else logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
            lines = "\n".join(map(printable, self.format(record).split("\n")))
            sys.stderr.write(f"kinetix: {level}{lines}\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)
