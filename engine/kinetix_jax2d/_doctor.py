"""What `kinetix doctor` says about this engine."""

from __future__ import annotations

from kinetix_core.errors import EngineError

from ._build import cache_folder, is_whole, library_path
from ._compiler import NO_COMPILER, compilers, flags, header_folder, vector_lanes


def check() -> list[str]:
    """Compiler, flags, vector width, cache, and whether the kernel is built; one line each.

    Raises `EngineError` that says what to install when something is missing.
    """
    found = list(compilers())
    if not found:
        raise EngineError(NO_COMPILER)
    compiler, folder = found[0], cache_folder()
    path = library_path(compiler, folder)
    lanes = vector_lanes(compiler)
    header_folder()
    return [
        f"compiler: {compiler.name} ({compiler.version() or 'version unknown'})",
        f"flags: {' '.join(flags())}",
        f"vector width: {lanes} lanes of f32" if lanes else "vector width: unknown",
        f"cache: {folder}",
        f"kernel: {path.name}, "
        + ("built" if is_whole(path) else "not built yet (it is compiled on first use)"),
    ]
