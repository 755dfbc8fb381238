"""What `kinetix doctor` says about this engine."""

from __future__ import annotations

from kinetix_core.cache import cache_folder
from kinetix_core.errors import EngineError

from ._build import is_whole, library_path
from ._compiler import (
    NO_COMPILER,
    Compiler,
    compilers,
    flags,
    header_folder,
    try_out,
    vector_lanes,
)


def check() -> list[str]:
    """Compiler, flags, vector width, cache, and whether the kernel is built; one line each, after
    a line for each compiler that does not work.

    Without any compiler two lines: a warning with what to install, and that the JAX kernel steps
    the physics. Raises `EngineError` when what is there is faulty: a wrong CXX, a header that is
    missing, or no compiler that makes a library while the kernel is not built.
    """
    found = list(compilers())
    if not found:
        return [
            f"warning: {NO_COMPILER}",
            "kernel: JAX, which is slower (engine.kernel=auto takes it)",
        ]
    header_folder()
    folder = cache_folder()
    built = [compiler for compiler in found if is_whole(library_path(compiler, folder))]
    failures, compiler = ([], built[0]) if built else _first_that_works(found)
    lanes = vector_lanes(compiler)
    return [
        *failures,
        f"compiler: {compiler.name} ({compiler.version() or 'version unknown'})",
        f"flags: {' '.join(flags())}",
        f"vector width: {lanes} lanes of f32" if lanes else "vector width: unknown",
        f"cache: {folder}",
        f"kernel: {library_path(compiler, folder).name}, "
        + ("built" if built else "not built yet (it is compiled on first use)"),
    ]


def _first_that_works(found: list[Compiler]) -> tuple[list[str], Compiler]:
    """What the compilers before it say, and the first compiler that makes a library."""
    failures = []
    for compiler in found:
        if not (failure := try_out(compiler)):
            return failures, compiler
        failures.append(f"compiler {compiler.name} does not work: {failure}")
    raise EngineError(f"engine jax2d: no compiler makes a library: {'; '.join(failures)}")
