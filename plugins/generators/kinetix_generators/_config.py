"""Settings of the built-in generators. Standard library only."""

from dataclasses import dataclass
from typing import Any

from kinetix_core.errors import SettingError


@dataclass(frozen=True)
class FilesConfig:
    """Levels that exist already."""

    levels: Any = "handmade"
    """A file, folder, pattern or set (`handmade`, `handmade/s`), or several of them as a list.
    Of a whole set the levels that fit the run's size are taken; all else has to fit."""
    skip_broken: bool = False
    """Leave out files that are broken or do not fit, instead of stopping at the first."""

    def __post_init__(self) -> None:
        names = (self.levels,) if isinstance(self.levels, str) else self.levels
        if not isinstance(names, list | tuple) or not names or not all(map(_is_name, names)):
            raise SettingError(
                f"generator.levels={self.levels!r}: files, folders, patterns or set names are"
                " expected, such as handmade or [handmade/s,my_levels/*.json]"
            )


@dataclass(frozen=True)
class EmptyConfig:
    """The empty room: for editing, and to see what a program costs without levels."""


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and bool(name.strip())
