"""The kernel as a library file: compiled once, kept in the user's cache folder.

A library is written under a temporary name and renamed, with a checksum beside it, so that what
is found there is whole. Processes that start together wait for the one that compiles.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kinetix_core.cache import cache_folder
from kinetix_core.errors import EngineError

from ._compiler import NO_COMPILER, Compiler, build_key, compile_kernel, compilers
from ._tidy import mark_used, tidy

try:
    import fcntl
except ImportError:  # no POSIX locks here: processes that start together each compile
    fcntl = None

logger = logging.getLogger("kinetix_jax2d")


def library_path(compiler: Compiler, folder: Path) -> Path:
    """Where the library that `compiler` makes is kept in `folder`."""
    return folder / f"jax2d-{build_key(compiler)}.so"


def library() -> Path:
    """The path of a whole, matching library; compiles it if there is none.

    Raises `EngineError` when no compiler is found or all of them fail.
    """
    found = list(compilers())
    folder = cache_folder()
    for compiler in found:
        path = library_path(compiler, folder)
        if is_whole(path):
            mark_used(path)
            return path
    if not found:
        raise EngineError(NO_COMPILER)
    folder = _writable(folder)
    failures = []
    for compiler in found:
        path = library_path(compiler, folder)
        if not (failure := _build(compiler, path)):
            tidy(folder)
            return path
        failures.append(f"{compiler.name}: {failure}")
        logger.warning("the physics kernel does not compile with %s", failures[-1])
    raise EngineError(f"engine jax2d: the physics kernel does not compile: {failures[-1]}")


def is_whole(path: Path) -> bool:
    """Whether a library is there and is what was written."""
    try:
        return _checksum_path(path).read_text() == _checksum(path)
    except OSError:
        return False


def _build(compiler: Compiler, path: Path) -> str:
    """Compile to `path` unless another process just did. Returns the error, if any."""
    with _locked(path.with_suffix(".lock")):
        if is_whole(path):
            return ""
        logger.info("compiling the physics kernel with %s (once)", compiler.name)
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix=f"{path.stem}-", dir=path.parent) as scratch:
            fresh = Path(scratch) / path.name
            if failure := compile_kernel(compiler, fresh):
                return failure
            checksum = _checksum_path(fresh)
            checksum.write_text(_checksum(fresh))
            os.replace(fresh, path)
            os.replace(checksum, _checksum_path(path))
        logger.info("compiled the physics kernel in %.1f s", time.perf_counter() - began)
        return ""


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _checksum_path(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _writable(folder: Path) -> Path:
    """`folder`, or a temporary one that goes with this process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        logger.warning(
            "the cache folder %s can't be written (%s): the physics kernel is compiled again at"
            " every start; set KINETIX_CACHE_DIR to a folder that can",
            folder,
            error.strerror,
        )
        scratch = tempfile.mkdtemp(prefix="kinetix-")
        atexit.register(shutil.rmtree, scratch, ignore_errors=True)
        return Path(scratch)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes wait for; without locks, go on."""
    with contextlib.ExitStack() as stack:
        if fcntl is not None:
            file = stack.enter_context(path.open("w"))
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
