"""Which levels a run will use, before anything heavy is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinetix_core.errors import LevelError
from kinetix_core.scene import SceneSize, smallest

from ._run import Chosen

if TYPE_CHECKING:
    from kinetix_core.scene import Entry

FILES = "files"
"""The generator that `levels=` is short for."""
_LOOKED_AT = 1000
"""Files whose slots are counted here; those after them are when they are loaded."""


def levels_note(generator: Chosen, size: SceneSize) -> str:
    """One line: where the levels of a run come from. Files are looked up and their slots counted.

    Raises `LevelError` for names that mean nothing and for a level that does not fit.
    """
    if generator.name != FILES:
        return f"levels: from generator={generator.name}"
    config = generator.config
    names = config.levels if isinstance(config.levels, str) else ",".join(config.levels)
    count, made = _count(config.levels, size, config.skip_broken)
    files = f"{count:,} of " if count or not made else ""
    note = f"levels: {files}{names} in size {size.name}"
    default = config.levels == type(config)().levels
    return f"{note} (the default; levels=FOLDER takes others)" if default else note


def _count(names: str | tuple[str, ...], size: SceneSize, skip_broken: bool) -> tuple[int, bool]:
    """How many files there are, and whether there are levels besides that have none."""
    from kinetix_core.scene import Entry, find_sources

    sources = find_sources(names)
    for source in sources:
        if not isinstance(source, Entry) and not (source.only_if_fits or skip_broken):
            _check_fits(source.written, source.size, size)
    entries = [source for source in sources if isinstance(source, Entry)]
    sets_aside = sum(not _is_taken(entry, size, skip_broken) for entry in entries[:_LOOKED_AT])
    return len(entries) - sets_aside, len(entries) < len(sources)


def _is_taken(entry: Entry, size: SceneSize, skip_broken: bool) -> bool:
    """False for one that is left out. Raises `LevelError` for one that must fit and does not."""
    from kinetix_core.scene import summarise_level

    try:
        own = summarise_level(entry).size
    except LevelError:
        if not skip_broken:
            raise
        return False
    if entry.only_if_fits or skip_broken:
        return size.holds(own)
    _check_fits(str(entry.path), own, size)
    return True


def _check_fits(where: str, own: SceneSize, size: SceneSize) -> None:
    if not size.holds(own):
        raise LevelError(
            f"{where}: a level of size {own.name} does not fit size {size.name}; the smallest "
            f"size that fits is size={smallest(own).written}, and generator.skip_broken=true "
            "trains without levels that do not fit"
        )
