"""Errors that a user can mend: each names the thing, the value found and the way out.

The command line prints such an error as one line and ends with exit status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class KinetixError(Exception):
    """Root of every error that a user can mend. Its text is one line."""


class SettingError(KinetixError):
    """A setting is unknown, has the wrong type, or a value that is not allowed."""


class LevelError(KinetixError):
    """A level file or scene is broken, or does not fit the size it is asked to have."""


class PluginError(KinetixError):
    """A plugin is missing, broken, or offers a component that somebody else offers too."""


class EngineError(KinetixError):
    """The physics engine cannot be built or cannot take what it is given."""


class RunError(KinetixError):
    """A run folder cannot be written or read, or a run had to stop."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names most like `name`, best first (case is ignored)."""
    by_lower = {k.lower(): k for k in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=count, cutoff=0.5)
    return [by_lower[c] for c in close]


def printable(text: str) -> str:
    """The text with what a terminal would act on (control characters, escapes) as `\\x1b`.

    Names of files may hold such characters.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean a, b?`, or the list of what is known, or nothing."""
    names = sorted(known)
    if close := nearest(name, names):
        return f"; did you mean {', '.join(close)}?"
    return f"; known: {', '.join(names)}" if names else ""
