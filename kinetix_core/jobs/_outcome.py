"""What became of a piece of work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kinetix_core.errors import KinetixError

FAILED, MISTAKEN, STOPPED = 1, 2, 130
SKIPPED = 3
"""It was not begun, since something that it waits for failed."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """`status` is what the work as a command would have ended with: 0 is good.

    result: what it returned; None where it failed. seconds: how long it took.
    """

    status: int
    result: Any = None
    error: str = ""
    seconds: float = 0.0


def attempt(name: str, call: Callable[[], Any]) -> Outcome:
    """Do it here and now. What goes wrong is in the `Outcome`, and what is a bug in the log."""
    try:
        return Outcome(0, call())
    except KinetixError as error:
        return Outcome(MISTAKEN, None, str(error))
    except Exception as error:
        _log.exception("%s failed", name)
        return Outcome(FAILED, None, f"{type(error).__name__}: {error}")
