"""Paths as users write them. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path

from kinetix_core.errors import RunError, SettingError


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


def check_writable(file: Path) -> None:
    """Make the folder of a file that is written later, and see whether the file can be opened.

    Raises `RunError` where it cannot. The file is as it was afterwards.
    """
    there = file.exists()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.open("ab").close()
        if not there:
            file.unlink()
    except OSError as error:
        raise RunError(f"{file}: cannot be written ({error.strerror})") from error
