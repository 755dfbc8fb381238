"""`kinetix bench generator`: seconds to the first levels, and levels per CPU second after that.

Run as `python -m kinetix_core.bench.generator_speed GENERATOR SIZE LEVELS` it is one fresh process
that measures a cold start, without any cache, and prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kinetix_core.errors import RunError

from ._clock import Work, measure, summary
from .report import Report, Table

SECONDS = 2.0
"""Wall time for which levels are made once everything is compiled."""


@dataclass(frozen=True)
class GeneratorOptions:
    """generator: registered name. levels: per call. repeats: fresh processes for each size."""

    generator: str = "random"
    sizes: Sequence[str] = ("s", "m", "l")
    levels: int = 1024
    repeats: int = 3


def run_generator(
    options: GeneratorOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure in fresh processes and add a table to `report`.

    Raises `RunError` with the last line of a process that fails.
    """
    rows = []
    for size in options.sizes:
        progress(f"generator={options.generator}, size {size}")
        found = [_fresh(options, size) for _ in range(options.repeats)]
        report.data[size] = found
        columns = ([run[key] for run in found] for key in ("cold", "cold_cpu", "per_cpu_second"))
        rows.append((size, *(str(summary(column)) for column in columns)))
    report.tables.append(
        Table(
            f"{options.levels} levels of generator={options.generator}",
            ("size", "cold start, s", "cold start, CPU s", "then levels per CPU s"),
            tuple(rows),
            "Cold start: a new process, JAX imported, nothing cached, up to the first levels. "
            "Median [range].",
        )
    )


def _fresh(options: GeneratorOptions, size: str) -> dict[str, float]:
    command = [sys.executable, "-m", "kinetix_core.bench.generator_speed"]
    command += [options.generator, size, str(options.levels)]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RunError(f"generator={options.generator}, size {size}: {last}")
    found = json.loads(done.stdout.splitlines()[-1])
    # from the start of the process; what came after the first levels is not counted
    found["cold"] = time.perf_counter() - begun - found.pop("after")
    return found


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
