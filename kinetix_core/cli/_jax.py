"""JAX's persistent compilation cache: a second start of the same run compiles next to nothing."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
from pathlib import Path

VARIABLE = "KINETIX_COMPILATION_CACHE"
"""`off`, or the folder to use in place of the one in the user's cache folder."""
_LEAST_SECONDS = "0.3"
"""Programs that compile faster than this are not worth a file."""


def user_cache_folder() -> Path:
    """Where this user keeps what can be made again: `~/.cache/kinetix` or the system's own."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kinetix"


def compilation_cache_folder() -> Path | None:
    """The folder of compiled programs, one per kind of processor; None: switched off."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted.lower() == "off":
        return None
    if wanted:
        return Path(wanted).expanduser()
    # a home folder may be shared by machines that cannot run each other's programs
    return user_cache_folder() / "xla" / _processor()


def set_up_compilation_cache() -> Path | None:
    """Switch the cache on before JAX compiles anything. Returns its folder, or None.

    What the user has set for JAX itself is left alone. A folder that cannot be written is a
    warning on standard error, and the cache stays off.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return Path(os.environ["JAX_COMPILATION_CACHE_DIR"])
    folder = compilation_cache_folder()
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        print(
            f"kinetix: warning: {folder} cannot be written ({error.strerror}), so compiled programs"
            f" are not kept; {VARIABLE}=FOLDER names another place",
            file=sys.stderr,
        )
        return None
    settings = {
        "jax_compilation_cache_dir": str(folder),
        "jax_persistent_cache_min_compile_time_secs": _LEAST_SECONDS,
    }
    if "jax" in sys.modules:
        import jax

        for name, value in settings.items():
            jax.config.update(name, float(value) if value == _LEAST_SECONDS else value)
    else:
        for name, value in settings.items():
            os.environ.setdefault(name.upper(), value)
    return folder


def _processor() -> str:
    """A short name for the instruction set at hand."""
    text = platform.machine() + platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        text += "".join(
            next((line for line in lines if line.startswith(word)), "")
            for word in ("model name", "flags", "Features", "CPU part")
        )
    except OSError:
        pass  # not Linux
    return f"{platform.machine()}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
