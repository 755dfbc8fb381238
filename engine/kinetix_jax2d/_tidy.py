"""Old kernels and what killed compilations left behind, removed from the cache folder.

Other processes may be at work in the folder: nothing is removed that one of them could still need.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

KEPT = 4
"""The libraries used last are kept, however old: for as many compilers or processors."""
UNUSED_SECONDS = 30 * 24 * 3600.0
SCRATCH_SECONDS = 24 * 3600.0
"""No compilation takes so long."""


def mark_used(library: Path) -> None:
    """Set a library's time to now: it was used."""
    with contextlib.suppress(OSError):  # a folder that can be read only
        os.utime(library)


def tidy(folder: Path) -> None:
    """Remove scratch folders older than a day, and libraries not used for 30 days, except for the
    few that were used last. What can't be removed stays."""
    for scratch in folder.glob("jax2d-*"):
        if scratch.is_dir() and _age(scratch) > SCRATCH_SECONDS:
            shutil.rmtree(scratch, ignore_errors=True)
    kept = {path.stem for path in sorted(folder.glob("jax2d-*.so"), key=_age)[:KEPT]}
    for path in folder.glob("jax2d-*.*"):
        library = path.with_suffix(".so")
        if path.stem not in kept and min(_age(path), _age(library)) > UNUSED_SECONDS:
            with contextlib.suppress(OSError):
                path.unlink()


def _age(path: Path) -> float:
    """Seconds since the last change; without end where there is nothing."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")
