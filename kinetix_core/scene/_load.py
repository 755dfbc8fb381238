"""Many levels at once, in one size."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from typing import NamedTuple

import jax
import numpy as np

from kinetix_core.errors import LevelError, did_you_mean

from ._files import level_from_records
from ._library import Entry, read_text
from ._records import decode
from ._scene import Scene, stack_scenes
from ._size import SceneSize
from ._slots import expand, permute
from ._sources import Part, find_sources, level_source

_WAY_OUT = (
    "; `kinetix levels validate` checks all files at once, and generator.skip_broken=true trains"
    " without those that cannot be used"
)


class LevelSet(NamedTuple):
    """Levels along a leading axis, their names, and why others were left out."""

    levels: Scene
    names: tuple[str, ...]
    skipped: tuple[str, ...] = ()


@dataclasses.dataclass
class _Found:
    """What was loaded so far. size: wanted; None: the smallest that holds all."""

    size: SceneSize | None
    skip_broken: bool
    way_out: str
    scenes: list[tuple[str, Scene, int | None]] = dataclasses.field(default_factory=list)
    skipped: list[str] = dataclasses.field(default_factory=list)
    too_large: int = 0

    def is_too_large(self, size: SceneSize, count: int = 1) -> bool:
        """Of a whole set the levels that do not fit are left out."""
        if self.size is None or self.size.holds(size):
            return False
        self.too_large += count
        return True

    def add(self, name: str, where: str, scene: Scene, permutation: int | None = None) -> None:
        """Raises `LevelError` for what does not fit, unless that is to be skipped."""
        try:
            self.scenes.append((name, _grown(scene, self.size or scene.size), permutation))
        except LevelError as error:
            self.refuse(where, error)

    def refuse(self, where: str, error: LevelError) -> None:
        if not self.skip_broken:
            raise LevelError(f"{where}: {error}{self.way_out}") from None
        self.skipped.append(f"{where}: {error}")


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

    See `find_sources` for what `names` may be. Without a size: the smallest that holds them all.
    Of a whole set (`handmade`) those that fit are taken; anything else that does not fit, and
    any broken file, is a `LevelError` that names it, unless `skip_broken`: then the others are
    loaded and `skipped` has one line for each that was not. Contact memory is empty.
    Source: spec/level_format.md 5.
    """
    names = [names] if isinstance(names, str | os.PathLike) else list(names)
    sources = find_sources(names)
    found = _Found(size, skip_broken, _WAY_OUT if len(sources) > 1 else "")
    for source in sources:
        if isinstance(source, Part):
            _load_part(source, found)
        else:
            _load_file(source, found)
    skipped = found.skipped
    if not found.scenes:
        broken = f", {len(skipped)} broken, such as {skipped[0]}" if skipped else ""
        large = f", {found.too_large} too large for size {size.name}" if size else ""
        asked = ",".join(os.fspath(name) for name in names)
        raise LevelError(f"levels={asked}: none can be used{large * bool(found.too_large)}{broken}")
    size = size or _largest(scene.size for _, scene, _ in found.scenes)
    scenes = [_grown(scene, size) for _, scene, _ in found.scenes]
    for place, (_, _, permutation) in enumerate(found.scenes):
        if permutation is not None:
            scenes[place] = permute(scenes[place], permutation)
    shown = tuple(name for name, _, _ in found.scenes)
    return LevelSet(stack_scenes(scenes), shown, tuple(skipped))


def _load_file(entry: Entry, found: _Found) -> None:
    where = str(entry.path)
    try:
        scene = level_from_records(decode(read_text(entry.path))).scene
    except LevelError as error:
        found.refuse(where, error)
        return
    if not (entry.only_if_fits and found.is_too_large(scene.size)):
        found.add(entry.name, where, scene, entry.permutation)


def _load_part(part: Part, found: _Found) -> None:
    if part.only_if_fits and found.is_too_large(part.size):
        return
    levels = level_source(part.name).load(part.part, part.argument)
    known = {name for name, _, _ in found.scenes}
    if part.level and part.level not in levels.names:
        raise LevelError(f"{part.level}: no such level{did_you_mean(part.level, levels.names)}")
    for number, name in enumerate(levels.names):
        if name in known or part.level not in ("", name):
            continue
        found.add(name, name, jax.tree.map(lambda x, i=number: np.asarray(x[i]), levels.levels))
    found.skipped += levels.skipped


def _grown(scene: Scene, size: SceneSize) -> Scene:
    return scene if scene.size == size else expand(scene, size)
