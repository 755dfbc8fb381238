"""What the names of levels stand for: files, or parts of sets that plugins make. No JAX."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kinetix_core.errors import LevelError, PluginError, did_you_mean

from ._library import Entry, find_entries, is_on_disk, mistakes_named, with_path
from ._size import SceneSize

if TYPE_CHECKING:
    from kinetix_core.interfaces import LevelSource

_MANY = 20
Names = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@dataclass(frozen=True)
class Part:
    """One part of a set of kind `level_set`, or one level of it.

    name: of the component. part: "" where the set has none. argument: behind the colon.
    level: its name; "" for the whole part. size: of its levels. only_if_fits: the whole set was
    asked for, which holds levels of several sizes.
    """

    name: str
    part: str
    argument: str
    level: str
    size: SceneSize
    only_if_fits: bool

    @property
    def written(self) -> str:
        """As one asks for it: `random/s`, `random/s/007`, `run:runs/NAME`."""
        name = f"{self.name}:{self.argument}" if self.argument else self.name
        return self.level or "/".join(filter(None, (name, self.part)))


def made_sets() -> dict[str, str]:
    """The sets that plugins make, as they are written (`random`, `run:DIR`), with a summary."""
    from kinetix_core.registry import registry

    found = {}
    for component in registry().components("level_set"):
        try:
            behind = level_source(component.name).argument
        except PluginError:  # said when it is asked for
            continue
        found[f"{component.name}:{behind}" if behind else component.name] = component.summary
    return found


def level_source(name: str) -> LevelSource:
    """The component `level_set/NAME`, built. Raises `PluginError`."""
    from kinetix_core.interfaces import Task
    from kinetix_core.registry import registry

    config = registry().config_class("level_set", name)()
    return registry().build("level_set", name, config, Task(size=SceneSize(4, 0, 0, 0)))


def find_sources(names: Names) -> list[Entry | Part]:
    """Every file and every part of a made set that `names` stand for, in their order.

    Files as `find_levels` says; sets of kind `level_set` as `random`, `random/s`,
    `random/s/0003` and `run:runs/NAME`. What is on disk comes first. Raises `LevelError` for a
    name that means nothing, with the nearest that do.
    """
    texts = [names] if isinstance(names, str | os.PathLike) else list(names)
    if not texts:
        raise LevelError("levels: none are asked for; files, folders or set names are expected")
    files: dict[tuple[Path, int | None], Entry] = {}
    places: list[tuple[Path, int | None] | Part] = []
    for name in texts:
        text = os.fspath(name)
        with mistakes_named(text):
            made = None if is_on_disk(text) else _parts(text)
            number, entries = (None, []) if made is not None else find_entries(text)
        places += [part for part in made or () if part not in places]
        for entry in entries:
            shown = entry.name if number is None else f"{entry.name}.permute{number}"
            key = (entry.path.resolve(), number)
            if key not in files:
                files[key] = Entry(shown, entry.path, number, entry.only_if_fits)
                places.append(key)
    counts: dict[str, int] = {}
    for entry in files.values():
        counts[entry.name] = counts.get(entry.name, 0) + 1
    return [
        place if isinstance(place, Part) else _told_apart(files[place], counts) for place in places
    ]


def _told_apart(entry: Entry, counts: dict[str, int]) -> Entry:
    return entry if counts[entry.name] == 1 else with_path(entry)


def _parts(text: str) -> list[Part] | None:
    """What a name of a made set stands for; None where it is none."""
    from kinetix_core.registry import registry

    head, colon, argument = text.partition(":")
    name, _, below = (head if colon else text.rstrip("/")).partition("/")
    if reason := registry().disabled.get(("level_set", name)):
        raise PluginError(reason)
    if name not in registry().names("level_set"):
        return None
    source = level_source(name)
    if bool(argument) != bool(source.argument) or (colon and below):
        way = f"{name}:{source.argument}" if source.argument else name
        raise LevelError(f"{text}: this set is written {way}")
    sizes = source.sizes(argument)
    if not below:
        several = len(sizes) > 1
        return [Part(name, part, argument, "", size, several) for part, size in sizes.items()]
    part, _, level = below.partition("/")
    if part not in sizes:
        if "" not in sizes or level:
            raise LevelError(f"{text}: no such part of {name}{did_you_mean(part, sizes)}")
        part, level = "", below
    shown = f"{name}/{below}" if level else ""
    known = source.names(part, argument) if level else None
    if known is not None and shown not in known:
        raise LevelError(f"{shown}: no such level{_near(shown, known)}")
    return [Part(name, part, argument, shown, sizes[part], False)]


def _near(level: str, known: Sequence[str]) -> str:
    """Those with a name like it; of many the first and the last, since numbers are alike."""
    if len(known) > _MANY:
        return f"; there are {known[0]} to {known[-1]}"
    return did_you_mean(level, known)


def find_levels(names: Names) -> list[Entry]:
    """Every level file that `names` stand for: files (`.json` may be left out), folders and what
    is below them, patterns, sets that are folders (`handmade`) and parts of them (`handmade/s`,
    `handmade/s/roll_right`), each with `.permute<number>` if wanted; `files:` in front means
    what is on disk and never a set.

    The same level is listed once. Where two have one name, the whole path becomes the name.
    Raises `LevelError` for a name that means nothing, with the nearest that do, for one that
    no path can have or that may not be read, and for sets that have no files.
    """
    found = find_sources(names)
    files = [entry for entry in found if isinstance(entry, Entry)]
    for part in found:
        if isinstance(part, Part):
            raise LevelError(
                f"{part.written}: the levels of this set are made when they are used; there are no"
                " files of them"
            )
    return files


def level_names(names: Names) -> list[str]:
    """The name of each level that `names` stand for, by which it alone is asked for again.

    Raises `LevelError` as `find_sources` does, and for a part of a made set that says its levels
    only when it is made.
    """
    found: dict[str, None] = {}
    for source in find_sources(names):
        if isinstance(source, Entry) or source.level:
            found[source.name if isinstance(source, Entry) else source.level] = None
            continue
        known = level_source(source.name).names(source.part, source.argument)
        if known is None:
            raise LevelError(
                f"{source.written}: the levels of this set have names only when it is made; name"
                f" each, as {source.written}/NAME"
            )
        found |= dict.fromkeys(known)
    return list(found)


class SizedLevel(NamedTuple):
    """A level, or part of a made set, that was looked up.

    only_if_fits: it came from a whole set, which holds levels of several sizes.
    """

    name: str
    size: SceneSize
    only_if_fits: bool


def sized_levels(names: Names) -> Iterator[SizedLevel]:
    """What `names` stand for, with sizes. Raises `LevelError` for a file that cannot be read."""
    from ._summary import summarise_level

    for source in find_sources(names):
        if isinstance(source, Part):
            yield SizedLevel(source.written, source.size, source.only_if_fits)
        else:
            size = summarise_level(source).size
            yield SizedLevel(str(source.path), size, source.only_if_fits)


def find_level(name: str | os.PathLike[str]) -> Entry:
    """The one level that `name` stands for. Raises `LevelError` otherwise."""
    text = os.fspath(name)
    with mistakes_named(text):
        if Path(text).is_dir():
            raise LevelError(f"{text}: a folder; a level file is expected")
    entries = find_levels(text)
    if len(entries) > 1:
        raise LevelError(f"{text}: {len(entries)} levels have this name; one is expected")
    return entries[0]
