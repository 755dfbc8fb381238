"""JAX's persistent compilation cache: a second start of the same run compiles next to nothing."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from kinetix_core.cache import cache_folder, processor
from kinetix_core.paths import user_path

VARIABLE = "KINETIX_COMPILATION_CACHE"
"""`off`, or the folder to use in place of `xla` in Kinetix' cache folder."""
_LEAST_SECONDS = "0.3"
"""Programs that compile faster than this are not worth a file."""


def compilation_cache_folder() -> Path | None:
    """The folder of compiled programs, one per kind of processor; None: switched off."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted.lower() == "off":
        return None
    if wanted:
        return user_path(wanted, VARIABLE)
    return cache_folder() / "xla" / processor()


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
