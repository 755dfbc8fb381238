"""What the published order of contacts costs: the same steps with all contacts in one batch.

    python benchmarks/solver_order.py [--sizes s,m,l] [--kernels native,jax] [--out FOLDER]

The published engine solves `engine.solver_batch` contacts at a time, one batch after another. With
one batch for all of them the physics are others, so only the time is compared.
"""

from __future__ import annotations

import argparse
import sys

from kinetix_core.bench._clock import interleave, ratios, summary
from kinetix_core.bench._parts import build_engine, parse_sizes
from kinetix_core.bench._rollout import prove_work
from kinetix_core.bench._starts import levels_for, make_starts
from kinetix_core.bench.engine_speed import program_for
from kinetix_core.bench.report import Report, Table, render, store
from kinetix_core.cli._bench_report import checked_repeats
from kinetix_core.errors import KinetixError
from kinetix_core.scene import SceneSize

BATCH, STEPS, SECONDS = 256, 32, 0.25
ORDERS = {"published": (), "one batch": ("engine.solver_batch=1000",)}


def main() -> int:
    parser = argparse.ArgumentParser(description="What the published order of contacts costs.")
    parser.add_argument("--sizes", default="s,m,l", help="scene sizes (%(default)s)")
    parser.add_argument("--kernels", default="native,jax", help="engine.kernel (%(default)s)")
    parser.add_argument("--repeats", type=int, default=7, help="samples of each (%(default)s)")
    parser.add_argument("--out", metavar="FOLDER", help="store the result there as JSON and text")
    args = parser.parse_args()
    report = Report("solver-order", "python benchmarks/solver_order.py")
    try:
        kernels = args.kernels.split(",")
        repeats, sizes = checked_repeats(args), parse_sizes(args.sizes)
        rows = [_row(name, sizes[name], k, repeats) for name in sizes for k in kernels]
        columns = ("size", "kernel", *ORDERS, "time of the published order over one batch")
        note = (
            f"Physics steps per CPU second, one thread, {BATCH} scenes, interleaved in one process;"
            f" medians of {repeats}, ratio per repeat as median [range]."
        )
        report.tables.append(Table("The order of contacts", columns, tuple(rows), note))
        print(render(report))
        if args.out:
            store(report, args.out)
    except KinetixError as error:
        print(f"solver_order: error: {error}", file=sys.stderr)
        return 2
    return 0


def _row(size_name: str, size: SceneSize, kernel: str, repeats: int) -> tuple[str | float, ...]:
    chosen = (f"engine.kernel={kernel}",)
    engines = {name: build_engine("jax2d", size, 1, (*chosen, *s)) for name, s in ORDERS.items()}
    first = next(iter(engines.values()))
    starts = make_starts(first, levels_for(size_name, size), 512)
    programs = {name: program_for(engine, starts, BATCH, STEPS) for name, engine in engines.items()}
    for name, program in programs.items():
        prove_work(program, f"{size_name}, {kernel}, {name}", afresh=False)
    works = {name: program.work for name, program in programs.items()}
    rates = {
        name: [sample.per_cpu_second for sample in samples]
        for name, samples in interleave(works, repeats, SECONDS).items()
    }
    cost = ratios(rates["one batch"], rates["published"])
    return (size_name, kernel, *(summary(found).median for found in rates.values()), str(cost))


if __name__ == "__main__":
    sys.exit(main())
