"""The C++ compiler at hand, and how it is called for the native kernel."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from kinetix_core.cache import processor
from kinetix_core.errors import EngineError

NO_COMPILER = (
    "engine jax2d: no C++ compiler found to build the physics kernel (looked for CXX, c++, g++,"
    " clang++); install one, or run: pip install 'open-kinetix[compiler]'"
)
HEADER = "xla/ffi/api/c_api.h"
TRIAL = (
    f'#include <stdlib.h>\n#include "{HEADER}"\nextern "C" void* trial() {{ return malloc(1); }}\n'
)
"""A library as small as can be that needs the same headers, flags and linker as the kernel."""


@dataclass(frozen=True)
class Compiler:
    """A compiler that was found. `identity` changes when it is replaced by another version."""

    command: tuple[str, ...]
    identity: str

    @property
    def name(self) -> str:
        return " ".join(self.command)

    def version(self) -> str:
        """First line of what `--version` says; empty if it says nothing."""
        return _output((*self.command, "--version"))


def compilers() -> Iterator[Compiler]:
    """Compilers in order of preference: CXX, those on the path, then the package `ziglang`.

    Raises `EngineError` when CXX is set to what can't be run.
    """
    chosen = _chosen()
    seen = set()
    for command in ([chosen] if chosen else []) + [["c++"], ["g++"], ["clang++"]]:
        path = shutil.which(command[0])
        if path is None:
            continue
        resolved = os.path.realpath(path)
        found = (path, *command[1:])
        if (resolved, *command[1:]) not in seen:
            seen.add((resolved, *command[1:]))
            status = os.stat(resolved)
            yield Compiler(found, f"{found} {resolved} {status.st_mtime_ns} {status.st_size}")
    if importlib.util.find_spec("ziglang") is not None:
        # `cc`, not `c++`: the kernel needs no C++ library, which zig would build first.
        version = importlib.metadata.version("ziglang")
        yield Compiler((sys.executable, "-m", "ziglang", "cc"), f"ziglang {version}")


def _chosen() -> list[str]:
    """The command in the environment variable CXX, if any."""
    text = os.environ.get("CXX", "")
    try:
        command = shlex.split(text)
    except ValueError as error:
        raise EngineError(
            f"CXX={text}: {str(error).lower()}; write a command, or unset CXX"
        ) from error
    if command and shutil.which(command[0]) is None:
        raise EngineError(
            f"CXX={text}: there is no program {command[0]}; name a C++ compiler, or unset CXX"
        )
    return command


def source_folder() -> Path:
    """The folder of the kernel's source."""
    return Path(str(files("kinetix_jax2d") / "native"))


def header_folder() -> str:
    """Where jaxlib keeps the header of XLA's foreign function interface.

    Raises `EngineError` when it is not there.
    """
    spec = importlib.util.find_spec("jaxlib")
    if spec is None or spec.origin is None:
        raise EngineError("engine jax2d: jaxlib is not installed; run: pip install jaxlib")
    folder = Path(spec.origin).parent / "include"
    if not (folder / HEADER).is_file():
        raise EngineError(
            f"engine jax2d: jaxlib lacks the header {HEADER} (looked in {folder});"
            " run: pip install --force-reinstall jaxlib"
        )
    return str(folder)


def flags() -> tuple[str, ...]:
    """Flags for the processor at hand.

    Contraction is off because the source names every fused multiply-add: a formula that occurs
    twice then gives the same bits twice.
    """
    machine = platform.machine().lower()
    if machine in ("arm64", "aarch64"):
        target = ("-mcpu=native",)
    elif machine in ("x86_64", "amd64"):
        # The kernel has vectors of 256 bits at most, and compilers do better without AVX-512 then.
        target = ("-march=native", "-mno-avx512f")
    else:
        target = ("-march=native",)
    return (
        *target,
        "-x",
        "c++",
        "-std=c++17",
        "-O3",
        "-fno-tree-vectorize",  # the source is in vectors already; what is left are short loops
        "-ffp-contract=off",
        "-fno-math-errno",
        "-fno-trapping-math",
        "-fno-exceptions",
        "-fno-rtti",
        "-fPIC",
        "-shared",
        "-fvisibility=hidden",
    )


@cache
def source_digest() -> str:
    """A hash of the kernel's source files."""
    digest = hashlib.sha256()
    for path in sorted(source_folder().iterdir()):
        if path.suffix in (".h", ".cpp"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def build_key(compiler: Compiler) -> str:
    """A hash of everything that the built library depends on."""
    parts = (
        source_digest(),
        compiler.identity,
        " ".join(flags()),
        processor(),
        importlib.metadata.version("jaxlib"),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def compile_kernel(compiler: Compiler, output: Path) -> str:
    """Compile the kernel to `output`. Returns an empty text, or the first error."""
    return _compile(compiler, source_folder() / "kernel.cpp", output)


def try_out(compiler: Compiler) -> str:
    """Compile a small library as the kernel is compiled. Returns an empty text, or the error."""
    with tempfile.TemporaryDirectory(prefix="kinetix-") as folder:
        source = Path(folder) / "trial.cpp"
        source.write_text(TRIAL)
        return _compile(compiler, source, Path(folder) / "trial.so")


def _compile(compiler: Compiler, source: Path, output: Path) -> str:
    arguments = (*flags(), f"-I{header_folder()}", str(source), "-o", str(output))
    try:
        done = subprocess.run(
            (*compiler.command, *arguments), capture_output=True, text=True, check=False
        )
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return "" if output.is_file() else "it writes no library"
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()] or lines
    return errors[0] if errors else f"exit status {done.returncode}"


def vector_lanes(compiler: Compiler) -> int | None:
    """Lanes of f32 that the kernel is built for; None if the compiler does not say."""
    target = [flag for flag in flags() if flag.startswith("-m")]
    try:
        done = subprocess.run(
            (*compiler.command, *target, "-dM", "-E", "-x", "c", "-"),
            input="",
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    macros = {words[1] for line in done.stdout.splitlines() if len(words := line.split()) > 1}
    return 8 if {"__AVX2__", "__FMA__"} <= macros else 4


def _output(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    lines = (done.stdout or done.stderr).splitlines()
    return lines[0].strip() if lines else ""
