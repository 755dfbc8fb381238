"""`kinetix bench generator`: seconds to the first levels, and levels per CPU second after that.

Run as `python -m kinetix_core.bench.generator_speed GENERATOR SIZE LEVELS` it is one fresh process
that measures a cold start, without any cache, and prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ._clock import Work, measure, ratios, summary
from ._reference_python import reference_command, reference_versions, timed_process
from .report import Report, Table

SECONDS = 2.0
"""Wall time for which levels are made once everything is compiled."""
SCRIPT = "reference_levels.py"
Runs: TypeAlias = "list[dict[str, float]]"


@dataclass(frozen=True)
class GeneratorOptions:
    """generator: registered name. levels: per call. repeats: fresh processes for each size.

    reference_python: of an environment with the published generator, which takes its turns too.
    """

    generator: str = "random"
    sizes: Sequence[str] = ("s", "m", "l")
    levels: int = 1024
    repeats: int = 3
    reference_python: str | None = None


def run_generator(
    options: GeneratorOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure in fresh processes and add a table to `report`, or two with the reference.

    Raises `RunError` with the last line of a process that fails.
    """
    ours: dict[str, Runs] = {}
    reference: dict[str, Runs] = {}
    for size in options.sizes:
        progress(f"generator={options.generator}, size {size}")
        for _ in range(options.repeats):
            ours.setdefault(size, []).append(_fresh(options, size))
            if options.reference_python:
                reference.setdefault(size, []).append(_reference(options, size))
    report.data |= ours
    report.tables.append(_table(f"{options.levels} levels of generator={options.generator}", ours))
    if reference:
        report.data["reference"] = reference
        title = f"{options.levels} levels of the published generator"
        report.tables += [_table(title, reference), _ratios(ours, reference)]


def published_versions(python: str | None) -> dict[str, str]:
    """Of the published generator and what it runs on. Raises `SettingError` where it cannot."""
    return reference_versions(python, SCRIPT)


def _table(title: str, runs: dict[str, Runs]) -> Table:
    columns = ("cold", "cold_cpu", "per_cpu_second")
    rows = [
        (size, *(str(summary([run[key] for run in found])) for key in columns))
        for size, found in runs.items()
    ]
    return Table(
        title,
        ("size", "cold start, s", "cold start, CPU s", "then levels per CPU s"),
        tuple(rows),
        "Cold start: a new process, JAX imported, nothing cached, up to the first levels. "
        "Median [range].",
    )


def _ratios(ours: dict[str, Runs], reference: dict[str, Runs]) -> Table:
    def ratio(size: str, fast: dict[str, Runs], slow: dict[str, Runs], key: str) -> str:
        return str(ratios([run[key] for run in fast[size]], [run[key] for run in slow[size]]))

    rows = [
        (
            size,
            ratio(size, reference, ours, "cold"),
            ratio(size, reference, ours, "cold_cpu"),
            ratio(size, ours, reference, "per_cpu_second"),
        )
        for size in ours
    ]
    return Table(
        "As many times as fast as the published generator",
        ("size", "cold start, wall", "cold start, CPU", "then levels per CPU s"),
        tuple(rows),
        "Turn by turn, in processes of their own. Median [range].",
    )


def _fresh(options: GeneratorOptions, size: str) -> dict[str, float]:
    command = [sys.executable, "-m", "kinetix_core.bench.generator_speed"]
    command += [options.generator, size, str(options.levels)]
    return timed_process(command, f"generator={options.generator}, size {size}")


def _reference(options: GeneratorOptions, name: str) -> dict[str, float]:
    from kinetix_core.scene import SIZES

    assert options.reference_python is not None
    size = SIZES[name]
    slots = (size.polygons, size.circles, size.joints, size.thrusters)
    command = reference_command(options.reference_python, SCRIPT, *slots, options.levels)
    return timed_process(command, f"the published generator, size {name}")


def probe(name: str, size_name: str, levels: int) -> dict[str, float]:
    """One cold start of this process, and the rate after it."""
    import jax

    from kinetix_core.compose import build_task, compose_run

    jax.config.update("jax_enable_compilation_cache", False)
    kinds = ("engine", "action", "observation", "generator")
    run = compose_run([f"size={size_name}", f"generator={name}"])
    generator = build_task(run, kinds).generator
    assert generator is not None
    sample = jax.jit(lambda key: generator.sample(key, levels))
    jax.block_until_ready(sample(jax.random.key(0)))
    cold_cpu, first = time.process_time(), time.perf_counter()
    keys = iter(range(1, 1_000_000))

    def again() -> None:
        jax.block_until_ready(sample(jax.random.key(next(keys))))

    rate = measure(Work(again, levels), SECONDS).per_cpu_second
    after = time.perf_counter() - first
    return {"cold_cpu": cold_cpu, "per_cpu_second": rate, "after": after}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe(sys.argv[1], sys.argv[2], int(sys.argv[3]))) + "\n")
