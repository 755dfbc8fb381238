"""Which levels a run will use, before anything heavy is imported."""

from __future__ import annotations

from kinetix_core.errors import LevelError
from kinetix_core.scene import SceneSize

from ._run import Chosen

FILES = "files"
"""The generator that `levels=` is short for."""


def levels_note(generator: Chosen, size: SceneSize) -> str:
    """One line: where the levels of a run come from. Files are looked up, and read in sets only.

    Raises `LevelError` for names that mean nothing.
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
    from kinetix_core.scene import Part, find_sources, summarise_level

    count, made = 0, False
    for entry in find_sources(names):
        if isinstance(entry, Part):
            made = True
            continue
        try:
            # of a whole set the levels that do not fit are left out
            count += not entry.only_if_fits or size.holds(summarise_level(entry).size)
        except LevelError:
            if not skip_broken:
                raise
    return count, made
