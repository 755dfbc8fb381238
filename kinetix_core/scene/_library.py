"""Where levels are found: files, folders, patterns and named sets. Standard library only."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kinetix_core.errors import LevelError, PluginError, SettingError, did_you_mean
from kinetix_core.paths import user_path

from ._published import PUBLISHED

_SUFFIX = ".json"
FILES = "files:"
"""In front of a file, folder or pattern: no set is meant."""
_PERMUTE = re.compile(r"(?P<name>.+?)(\.json)?\.permute(?P<number>\d+)(\.json)?")


@dataclass(frozen=True)
class Entry:
    """One level that was asked for.

    name: for tables. path: of the file. permutation: the number of `.permute<number>`.
    only_if_fits: it came from a whole set, which holds levels of several sizes.
    """

    name: str
    path: Path
    permutation: int | None = None
    only_if_fits: bool = False


def level_sets() -> dict[str, Path]:
    """The folders of the named sets that plugins offer and that are on this machine, by name."""
    return {name: folder for name, folder in _offered_sets().items() if folder.is_dir()}


def _offered_sets() -> dict[str, Path]:
    from kinetix_core.registry import registry

    return registry().level_sets()


def _made() -> tuple[str, ...]:
    from kinetix_core.registry import registry

    return registry().names("level_set")


def _disabled_set(name: str) -> str | None:
    from kinetix_core.registry import registry

    return registry().disabled.get(("level_set", name))


def read_text(path: Path) -> str:
    """The text of a level file. Raises `LevelError` (which does not repeat the path)."""
    try:
        return path.read_text(encoding="utf-8")
    except IsADirectoryError:
        raise LevelError("a folder; a level file is expected") from None
    except FileNotFoundError:
        raise LevelError("no such file") from None
    except UnicodeDecodeError:
        raise LevelError("not JSON: the file is not text") from None
    except OSError as error:
        raise LevelError(f"cannot be read: {error.strerror or error}") from None


def _levels_in(folder: Path) -> list[Path]:
    """Level files below a folder, in the order of their relative paths; hidden ones are not."""
    found = [
        path.relative_to(folder)
        for path in folder.rglob(f"*{_SUFFIX}")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return [folder / path for path in sorted(found, key=lambda p: p.as_posix())]


def _named(path: Path, root: Path | None, prefix: str = "") -> str:
    name = path.relative_to(root).as_posix() if root else path.name
    return prefix + name.removesuffix(_SUFFIX)


def _folder_entries(folder: Path, prefix: str = "", only_if_fits: bool = False) -> list[Entry]:
    files = _levels_in(folder)
    if not files:
        raise LevelError(f"{folder}: this folder holds no level files (*{_SUFFIX})")
    return [Entry(_named(f, folder, prefix), f, None, only_if_fits) for f in files]


def _file(path: Path) -> Path | None:
    """The file of a name that may lack its suffix."""
    for candidate in (path, path.with_name(path.name + _SUFFIX)):
        if candidate.is_file():
            return candidate
    return None


def _set_entries(text: str) -> list[Entry]:
    """The levels of `set`, `set/folder` or `set/folder/level`."""
    name, _, below = text.rstrip("/").partition("/")
    if reason := _disabled_set(name):
        raise PluginError(reason)
    folder = _offered_sets().get(name)
    if folder is None or ".." in Path(below).parts:
        return []
    if not folder.is_dir():
        way = "`kinetix levels fetch` brings it" if name == PUBLISHED else f"{folder} is missing"
        raise LevelError(f"{text}: the level set {name} is not on this machine; {way}")
    if (place := folder / below).is_dir():
        prefix = f"{name}/{below}/" if below else f"{name}/"
        return _folder_entries(place, prefix, only_if_fits=not below)
    if found := _file(place):
        return [Entry(_named(found, folder, f"{name}/"), found)]
    return []


def _unknown(text: str) -> LevelError:
    """Nothing has this name: say what is near it."""
    path = Path(text)
    near: list[str] = []
    if path.parent.is_dir():
        siblings = sorted(s for s in path.parent.iterdir() if s.suffix == _SUFFIX or s.is_dir())
        near = [str(path.parent / _named(s, None)) for s in siblings if not s.name.startswith(".")]
    for name, folder in level_sets().items():
        near += [name, *(_named(f, folder, f"{name}/") for f in _levels_in(folder))]
    made = _made()
    if not (hint := did_you_mean(text, [*near, *made])).startswith("; did"):
        sets = ", ".join([*level_sets(), *made])
        hint = f"; level sets: {sets}; `kinetix levels list` shows their levels"
    return LevelError(f"{text}: no such level file, folder, pattern or level set{hint}")


def _find(text: str) -> list[Entry]:
    """What one name means: a path on disk first, then a pattern, then a set."""
    only_files = text.startswith(FILES)
    text = text.removeprefix(FILES)
    path = user_path(text)
    if path.is_dir():
        return _folder_entries(path)
    if found := _file(path):
        return [Entry(_named(found, None), found)]
    if any(c in text for c in "*?["):
        matches = sorted(_glob(path), key=lambda p: p.as_posix())
        if not matches:
            raise LevelError(f"{text}: no level file matches this pattern")
        return [Entry(_named(match, None), match) for match in matches]
    if only_files or path.is_absolute() or text.startswith("."):
        raise _unknown(text)
    if entries := _set_entries(text):
        return entries
    raise _unknown(text)


def _glob(pattern: Path) -> Iterator[Path]:
    """Level files that match a pattern; a folder that matches stands for what is in it.

    Hidden files and folders do not match, unless the pattern itself has their name.
    """
    root = Path(pattern.anchor or ".")
    below = pattern.relative_to(pattern.anchor) if pattern.anchor else pattern
    for match in root.glob(str(below)):
        if any(part.startswith(".") for part in set(match.parts) - set(pattern.parts)):
            continue
        if match.is_dir():
            yield from _levels_in(match)
        elif match.suffix == _SUFFIX:
            yield match


@contextlib.contextmanager
def mistakes_named(text: str) -> Iterator[None]:
    """What paths refuse (too long, not allowed, no such user, no pattern) as a `LevelError`."""
    try:
        yield
    except (OSError, ValueError, SettingError) as error:
        reason = getattr(error, "strerror", None) or error
        shown = text if len(text) <= 400 else f"{text[:397]}..."
        raise LevelError(f"{shown}: cannot be looked up: {reason}") from None


def is_on_disk(text: str) -> bool:
    """Whether a name is that of a folder or file here, which then hides a set of that name."""
    path = user_path(text)
    return path.is_dir() or _file(path) is not None


def find_entries(text: str) -> tuple[int | None, list[Entry]]:
    """The number of `.permute<number>`, if any, and what the name before it stands for."""
    if match := _PERMUTE.fullmatch(text):
        return int(match["number"]), _find(match["name"])
    return None, _find(text)


def with_path(entry: Entry) -> Entry:
    """With its path as its name."""
    suffix = "" if entry.permutation is None else f".permute{entry.permutation}"
    name = entry.path.as_posix().removesuffix(_SUFFIX) + suffix
    return Entry(name, entry.path, entry.permutation, entry.only_if_fits)
