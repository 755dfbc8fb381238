"""Many levels at once, in one size."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from typing import NamedTuple

from kinetix_core.errors import LevelError

from ._files import level_from_records
from ._library import Entry, find_levels, read_text
from ._records import decode
from ._scene import Scene, stack_scenes
from ._size import SceneSize
from ._slots import expand, permute

_WAY_OUT = (
    "; `kinetix levels validate` checks all files at once, and generator.skip_broken=true trains"
    " without those that cannot be used"
)


class LevelSet(NamedTuple):
    """Levels along a leading axis, their names, and why others were left out."""

    levels: Scene
    names: tuple[str, ...]
    skipped: tuple[str, ...] = ()


def _largest(sizes: Iterable[SceneSize]) -> SceneSize:
    """Room for all of them, count by count."""
    columns = zip(*(dataclasses.astuple(size) for size in sizes), strict=True)
    return SceneSize(*map(max, columns))


def load_levels(
    names: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    size: SceneSize | None = None,
    *,
    skip_broken: bool = False,
) -> LevelSet:
    """Levels by file, folder, pattern or set name, expanded to `size` and stacked, on the host.

    See `find_levels` for what `names` may be. Without a size: the smallest that holds them all.
    Of a whole set (`handmade`) those that fit are taken; anything else that does not fit, and
    any broken file, is a `LevelError` that names it, unless `skip_broken`: then the others are
    loaded and `skipped` has one line for each that was not. Contact memory is empty.
    Source: spec/level_format.md 5.
    """
    found: list[tuple[Entry, Scene]] = []
    skipped: list[str] = []
    too_large = 0
    entries = find_levels(names)
    for entry in entries:
        try:
            scene = level_from_records(decode(read_text(entry.path))).scene
            if size is not None and entry.only_if_fits and not size.holds(scene.size):
                too_large += 1
                continue
            found.append((entry, scene if size is None else expand(scene, size)))
        except LevelError as error:
            if not skip_broken:
                others = _WAY_OUT if len(entries) > 1 else ""
                raise LevelError(f"{entry.path}: {error}{others}") from None
            skipped.append(f"{entry.path}: {error}")
    if not found:
        broken = f", {len(skipped)} broken, such as {skipped[0]}" if skipped else ""
        large = f", {too_large} too large for size {size.name}" if size and too_large else ""
        raise LevelError(f"levels={names}: none can be used{large}{broken}")
    size = size or _largest(scene.size for _, scene in found)
    scenes = [_prepared(scene, size, entry.permutation) for entry, scene in found]
    return LevelSet(stack_scenes(scenes), tuple(e.name for e, _ in found), tuple(skipped))


def _prepared(scene: Scene, size: SceneSize, permutation: int | None) -> Scene:
    scene = expand(scene, size)
    return scene if permutation is None else permute(scene, permutation)
