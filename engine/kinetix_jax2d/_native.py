"""The native kernel as a target of XLA's foreign function interface."""

from __future__ import annotations

import ctypes
import threading

import jax

from kinetix_core.errors import EngineError

from . import _build

SYMBOL = "kinetix_jax2d_steps"

_lock = threading.Lock()
_registered = False


def target() -> str:
    """The name under which XLA calls the kernel; builds and registers it at the first call.

    Raises `EngineError` when it can't be built.
    """
    global _registered
    with _lock:
        if not _registered:
            path = _build.library()
            try:
                function = getattr(ctypes.CDLL(str(path)), SYMBOL)
            except (OSError, AttributeError) as error:
                raise EngineError(f"engine jax2d: {path} can't be loaded: {error}") from error
            jax.ffi.register_ffi_target(SYMBOL, jax.ffi.pycapsule(function), platform="cpu")
            _registered = True
    return SYMBOL
