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
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from kinetix_core.errors import EngineError

NO_COMPILER = (
    "engine jax2d: no C++ compiler found to build the physics kernel (looked for CXX, c++, g++,"
    " clang++); install one, or run: pip install 'open-kinetix[compiler]'"
)


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
    """Compilers in order of preference: CXX, those on the path, then the package `ziglang`."""
    chosen = shlex.split(os.environ.get("CXX", ""))
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


def source_folder() -> Path:
    """The folder of the kernel's source."""
    return Path(str(files("kinetix_jax2d") / "native"))


def header_folder() -> str:
    """Where jaxlib keeps the header of XLA's foreign function interface."""
    spec = importlib.util.find_spec("jaxlib")
    if spec is None or spec.origin is None:
        raise EngineError("engine jax2d: jaxlib is not installed; run: pip install jaxlib")
    return str(Path(spec.origin).parent / "include")


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


@cache
def processor() -> str:
    """What distinguishes this processor from others that need another build."""
    lines = []
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if not line.strip() and lines:
                break
            if line.split(":")[0].strip() in ("model name", "flags", "Features", "CPU part"):
                lines.append(line)
    except OSError:
        lines = [platform.processor()]
    return "\n".join([platform.system(), platform.machine(), *lines])


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
    source = source_folder() / "kernel.cpp"
    arguments = (*flags(), f"-I{header_folder()}", str(source), "-o", str(output))
    try:
        done = subprocess.run(
            (*compiler.command, *arguments), capture_output=True, text=True, check=False
        )
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return ""
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
