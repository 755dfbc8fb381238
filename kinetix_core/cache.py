"""Where things that can be made again are kept, for the command line and for plugins."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from functools import cache
from pathlib import Path

from kinetix_core.paths import user_path

VARIABLE = "KINETIX_CACHE_DIR"
"""The folder to use in place of the one in the user's cache folder."""

_TELLING = ("model name", "flags", "Features", "CPU part")


def cache_folder() -> Path:
    """KINETIX_CACHE_DIR, or `kinetix` in the user's cache folder. It may not exist yet."""
    if chosen := os.environ.get(VARIABLE):
        return user_path(chosen, VARIABLE)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or user_path("~") / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = user_path("~") / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or user_path("~") / ".cache"
    return Path(base) / "kinetix"


@cache
def processor() -> str:
    """A short name, fit for a file, of this kind of processor.

    A home folder may be shared by machines that can't run each other's programs.
    """
    lines: list[str] = []
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if not line.strip() and lines:
                break  # the first processor tells enough
            if line.split(":")[0].strip() in _TELLING:
                lines.append(line)
    except OSError:  # not Linux
        lines = [platform.processor()]
    text = "\n".join([platform.system(), platform.machine(), *lines])
    return f"{platform.machine()}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
