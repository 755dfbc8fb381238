"""`kinetix bench compile`: seconds to import, compile, start again, and start training."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinetix_core.errors import RunError, SettingError

from ._clock import summary
from ._probe import PUBLISHED, children_cpu
from .report import Report, Table

KERNEL_CACHE = "KINETIX_CACHE_DIR"
COMPILER = "CXX"
PROGRAM_CACHE = "KINETIX_COMPILATION_CACHE"
ZIG = "zig"
TIMEOUT = 1800

STAGES = ("import", "init", "kernel", "trace", "compile", "run", "scene")

Seconds = Mapping[str, Sequence[float]]  # stage -> CPU, wall, CPU of child processes
Settings = tuple[str, ...]

TRAIN: Settings = (
    "size=s",
    "observation=symbolic",
    "network=mlp",
    "levels=handmade/s",
    "ppo.num_envs=256",
    "train.total_steps=1",  # one update
)


@dataclass(frozen=True)
class CompileOptions:
    """compiler: `zig`, a command, or None for the one that the engine finds.

    settings: of the engine, such as `engine.kernel=jax`.
    """

    engine: str = "jax2d"
    against: str | None = None
    sizes: Sequence[str] = ("s", "m", "l")
    compiler: str | None = None
    repeats: int = 3
    train: bool = True
    settings: Settings = ()


def run_compile(
    options: CompileOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure in fresh processes and add tables and numbers to `report`.

    Raises `RunError` with its last line when one of them fails.
    """
    with tempfile.TemporaryDirectory(prefix="kinetix-bench-") as folder:
        environment = _environment(options.compiler, Path(folder))
        progress("the kernel, with nothing cached")
        first = _probe(options.engine, options.sizes[0], environment, options.settings)
        if _by_children(first):  # a kernel in JAX has no compiler of its own
            report.tables.append(_kernel_table(first))
        report.data["kernel"] = dict(first)
        runs = {}
        names = {options.engine: options.engine}
        if options.against:
            names[f"{options.against} package"] = PUBLISHED
        for name, argument in names.items():
            for size in options.sizes:
                progress(f"{name}, size {size}")
                ours = argument != PUBLISHED
                repeats, settings = (options.repeats, options.settings) if ours else (1, ())
                runs[name, size] = [
                    _probe(argument, size, environment, settings) for _ in range(repeats)
                ]
        report.tables.append(_stages_table(runs))
        report.data["stages"] = {f"{name}, {size}": r for (name, size), r in runs.items()}
        if options.train:
            _add_training(options, report, environment, Path(folder), progress)


def _environment(compiler: str | None, folder: Path) -> dict[str, str]:
    """Of the processes: an empty kernel cache, and the compiler."""
    environment = programs_elsewhere() | {KERNEL_CACHE: str(folder / "kernel")}
    if compiler == ZIG:
        _require_zig()
        environment[COMPILER] = f"{sys.executable} -m ziglang cc"
        # as the engine calls it; what it builds for itself on its first start is part of the wait
        environment["ZIG_GLOBAL_CACHE_DIR"] = str(folder / "zig")
        environment["ZIG_LOCAL_CACHE_DIR"] = str(folder / "zig-local")
    elif compiler:
        environment[COMPILER] = compiler
    return environment


def programs_elsewhere() -> dict[str, str]:
    """Variables of a process that does not know where this one keeps compiled programs."""
    return {k: v for k, v in os.environ.items() if "COMPILATION_CACHE" not in k}


def _require_zig() -> None:
    import importlib.util

    if importlib.util.find_spec("ziglang") is None:
        raise SettingError(
            "compiler=zig: the package ziglang is not installed; "
            "install the extra: pip install 'open-kinetix[compiler]'"
        )


def _probe(engine: str, size: str, environment: Mapping[str, str], settings: Settings) -> Seconds:
    command = [sys.executable, "-m", "kinetix_core.bench._probe", engine, size, *settings]
    return json.loads(_run(command, environment, f"{engine}, size {size}").splitlines()[-1])


def _run(command: Sequence[str], environment: Mapping[str, str], what: str) -> str:
    """Standard output of a process. Raises `RunError` with the last line that it wrote."""
    try:
        done = subprocess.run(
            command, env=dict(environment), capture_output=True, text=True, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired as error:
        raise RunError(f"{what}: not finished after {TIMEOUT} s") from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise RunError(f"{what}: its process ended with status {done.returncode}: {last}")
    return done.stdout


def _by_children(first: Seconds) -> float:
    """CPU seconds of a compiler in processes of its own."""
    return sum(seconds[2] for seconds in first.values())


def _kernel_table(first: Seconds) -> Table:
    own, wall, _ = first["kernel"]
    children = _by_children(first)
    return Table(
        "The kernel's first compilation, with nothing cached",
        ("CPU s", "of which the compiler", "wall s"),
        ((own + children, children, wall),),
    )


def _stages_table(runs: Mapping[tuple[str, str], Sequence[Seconds]]) -> Table:
    rows = []
    for (name, size), repeats in runs.items():
        for unit, column in (("CPU", 0), ("wall", 1)):
            medians = [summary([r[stage][column] for r in repeats]).median for stage in STAGES]
            rows.append((name, size, unit, *medians, sum(medians[3:5])))
    return Table(
        "A start in a fresh process, seconds (median)",
        ("engine", "size", "seconds of", *STAGES, "trace + compile"),
        tuple(rows),
        "import: Python, JAX and the engine. init: states of 256 scenes. kernel: a step lowered "
        "for the first time, the cached kernel found and loaded. trace, compile and run: 64 steps "
        "of the states in a jitted scan. scene: back to scenes. JAX's compilation cache is off.",
    )


def _add_training(
    options: CompileOptions,
    report: Report,
    environment: dict[str, str],
    folder: Path,
    progress: Callable[[str], None],
) -> None:
    """From `kinetix train` to the end of its first update, with and without cached programs."""
    settings = (*TRAIN, *options.settings)
    cold, again = cold_and_again(
        settings,
        environment,
        folder,
        options.repeats,
        lambda state: progress(f"kinetix train, one update, {state}"),
    )
    report.data["train"] = {"settings": settings, "cold": cold, "again": again}
    report.tables.append(
        Table(
            "From `kinetix train` to the end of a run of one update, seconds",
            ("compiled programs", "CPU", "wall"),
            tuple(
                (state, *(str(summary(column)) for column in zip(*values, strict=True)))
                for state, values in (
                    ("none cached", cold),
                    ("cached by the run before", again),
                )
            ),
            f"`kinetix train {' '.join(settings)}`, the kernel already compiled; the whole "
            "process, from the start of Python to its end. Median [range].",
        )
    )


def cold_and_again(
    settings: Settings,
    environment: dict[str, str],
    folder: Path,
    repeats: int,
    progress: Callable[[str], None],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """CPU and wall seconds of `kinetix train`, with no program cached, and with those of the run
    before. Caches and runs are made in `folder`."""
    cold, again = [], []
    for repeat in range(repeats):
        cached = environment | {PROGRAM_CACHE: str(folder / f"programs{repeat}")}
        for state, found in (("cold", cold), ("again", again)):
            progress(state)
            found.append(_train(settings, cached, folder))
    return cold, again


def _train(settings: Settings, environment: Mapping[str, str], folder: Path) -> tuple[float, float]:
    """CPU and wall seconds of one process."""
    command = [sys.executable, "-m", "kinetix_core.cli", "train", *settings]
    command.append(f"train.directory={folder / 'runs'}")
    cpu, wall = children_cpu(), time.perf_counter()
    _run(command, environment, "kinetix train")
    return children_cpu() - cpu, time.perf_counter() - wall
