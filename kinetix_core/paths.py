"""Paths as users write them. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path

from kinetix_core.errors import SettingError


def user_path(text: str | os.PathLike[str], setting: str = "") -> Path:
    """A path in which a leading `~` or `~name` is a home folder. `setting`: where it was given.

    Raises `SettingError` where there is no such user, so that no folder named `~name` is made.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        user = os.fspath(text).partition("/")[0]
        shown = f"{setting}={os.fspath(text)}" if setting else os.fspath(text)
        raise SettingError(
            f"{shown}: {user} is no user's home folder; write the path in full, or ./{user} for a"
            " folder of that name"
        ) from None
