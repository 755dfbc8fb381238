"""The 74 published levels, which lie beside the golden data and are not part of the repository."""

import functools
import os
from pathlib import Path

import pytest

from kinetix_core.scene import Level, read_level
from tests.golden import golden_folder


def published_levels() -> list[Path]:
    """All 74 files; skips where they are absent, fails there under continuous integration."""
    folder = golden_folder().parent / "paper_levels"
    files = sorted(folder.rglob("*.json"))
    if not files:
        reason = f"no published levels in {folder} (set KINETIX_GOLDEN)"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    assert len(files) == 74
    return files


def read_published() -> dict[str, Level]:
    """Each level by its name, as in `s/h4_thrust_aim`; read once per process."""
    return _read(tuple(published_levels()))


@functools.cache
def _read(files: tuple[Path, ...]) -> dict[str, Level]:
    return {f"{file.parent.name}/{file.stem}": read_level(file) for file in files}
