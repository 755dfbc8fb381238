"""`kinetix bench`: parity with the published numbers, speed, and time to start."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from kinetix_core.errors import SettingError, did_you_mean

from ._bench_report import checked_repeats, fresh_programs, out_argument
from ._bench_report import finish as _finish
from ._bench_report import integers as _integers
from ._bench_report import progress as _progress
from ._bench_report import report as _report
from ._bench_speed import add_speed_jobs

HELP = "measure: parity with the published numbers, speed, time to compile and start"
OPPONENTS = ("jax2d",)
GOLDEN = "KINETIX_GOLDEN"  # environment variable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A subcommand for each thing to measure."""
    jobs = parser.add_subparsers(dest="job", required=True)
    _parity_arguments(jobs)
    _engine_arguments(jobs)
    _device_arguments(jobs)
    add_speed_jobs(jobs)
    _compile_arguments(jobs)
    _encode_arguments(jobs)
    _learning_arguments(jobs)
    jobs.metavar = f"{{{','.join(jobs.choices)}}}"


def run(args: argparse.Namespace) -> int:
    """Print the tables. Status 1: a bound of `parity` is missed. Mistakes raise `SettingError`."""
    if getattr(args, "against", None) is not None:
        known = getattr(args, "opponents", OPPONENTS)
        if args.against not in known:
            raise SettingError(
                f"against={args.against}: unknown{did_you_mean(args.against, known)}"
            )
        if args.against in OPPONENTS:
            from kinetix_core.bench import require_published

            require_published()
    return int(args.start(args))


def _common(jobs: Any, name: str, text: str, start: Callable) -> argparse.ArgumentParser:
    parser = jobs.add_parser(name, help=text, description=text, allow_abbrev=False)
    parser.set_defaults(start=start)
    parser.add_argument("--engine", default="jax2d", help="registered engine (%(default)s)")
    parser.add_argument(
        "--against", help="measure another engine too: jax2d, the published package (extra bench)"
    )
    parser.add_argument("--sizes", default="s,m,l", help="scene sizes (%(default)s)")
    out_argument(parser)
    return parser


def _parity_arguments(jobs: Any) -> None:
    parser = _common(jobs, "parity", "compare with the recordings of the published system", _parity)
    parser.add_argument(
        "--golden",
        metavar="FOLDER",
        default=os.environ.get(GOLDEN),
        help=f"where the recordings of the published system are (default: {GOLDEN} says it)",
    )
    parser.add_argument(
        "--kernels",
        action="store_true",
        help="instead compare the engine's native and JAX kernels, 1,000 steps of every level",
    )
    parser.add_argument(
        "--levels", help="with --kernels: folder of levels to play (published, else ours)"
    )


def _engine_arguments(jobs: Any) -> None:
    parser = _common(jobs, "engine", "physics steps per CPU second and per second", _engine)
    parser.add_argument("settings", nargs="*", help="of the engine, such as engine.kernel=jax")
    parser.add_argument("--batches", help="batch sizes of the table (1 to 65536)")
    parser.add_argument("--threads", help="thread counts of the table (1 and all cores)")
    parser.add_argument("--repeats", type=int, default=None, help="samples of each (7; quick: 3)")
    parser.add_argument("--levels", help="folder of levels to start from (published, else ours)")
    parser.add_argument("--quick", action="store_true", help="under two minutes, less exact")


def _device_arguments(jobs: Any) -> None:
    text = "physics steps per second at large batches on a GPU or TPU, memory, and a profile"
    parser = _common(jobs, "device", text, _device)
    parser.add_argument("settings", nargs="*", help="of the engine, such as engine.kernel=jax")
    parser.add_argument("--batches", help="batch sizes (1024,4096,16384,65536)")
    parser.add_argument("--repeats", type=int, default=5, help="samples of each (%(default)s)")
    parser.add_argument("--levels", help="folder of levels to start from (published, else ours)")


def _compile_arguments(jobs: Any) -> None:
    parser = _common(jobs, "compile", "seconds to import, compile and start training", _compile)
    parser.add_argument("settings", nargs="*", help="of the engine, such as engine.kernel=jax")
    parser.add_argument(
        "--compiler", help="for the kernel: zig, or the command of a C++ compiler (found)"
    )
    parser.add_argument("--repeats", type=int, default=3, help="fresh processes for each")
    parser.add_argument("--no-train", action="store_true", help="leave out `kinetix train`")


def _encode_arguments(jobs: Any) -> None:
    text = "microseconds per scene of each observation encoder"
    parser = jobs.add_parser("encode", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(start=_encode)
    parser.add_argument("--engine", default="jax2d", help="registered engine (%(default)s)")
    parser.add_argument("--encoders", help="registered encoders (all)")
    parser.add_argument("--sizes", default="s,m,l", help="scene sizes (%(default)s)")
    parser.add_argument("--repeats", type=int, default=7, help="samples of each (%(default)s)")
    parser.add_argument("--levels", help="folder of levels to start from (published, else ours)")
    out_argument(parser)


def _learning_arguments(jobs: Any) -> None:
    text = "solve rate over minutes of training, from scratch"
    parser = jobs.add_parser("learning", help=text, description=text, allow_abbrev=False)
    parser.set_defaults(start=_learning)
    parser.add_argument("settings", nargs="*", help="as for kinetix train, such as levels=FOLDER")
    parser.add_argument("--minutes", type=float, default=10.0, help="of training (%(default)s)")
    parser.add_argument("--evaluations", type=int, default=10, help="on the way (%(default)s)")
    parser.add_argument("--attempts", type=int, default=20, help="at each level (%(default)s)")
    out_argument(parser)


def _parity(args: argparse.Namespace) -> int:
    from kinetix_core.bench import build_engine, parse_sizes
    from kinetix_core.bench.parity import add_along, add_to_report, run_along, run_parity

    sizes = parse_sizes(args.sizes)
    if args.kernels:
        return _kernels(args, sizes)
    if args.levels:
        raise SettingError("levels: they are played with --kernels only")
    if not args.golden:
        raise SettingError(
            "golden=: the folder of the recordings of the published system is expected;"
            f" give it with --golden FOLDER or {GOLDEN}"
        )
    report = _report("parity", args)

    def engine_for(name: str) -> Any:
        return build_engine(args.engine, sizes[name])

    result = run_parity(args.engine, engine_for, args.golden, sizes, _progress)
    add_to_report(report, result)
    if args.against:
        from kinetix_core.bench import PublishedEngine

        def published(name: str) -> Any:
            return PublishedEngine(sizes[name])

        name = f"{args.against} package"
        add_to_report(report, run_parity(name, published, args.golden, sizes, _progress))
        add_along(report, run_along(engine_for, published, args.golden, sizes, _progress))
    _finish(report, args)
    return 0 if result.ok else 1


def _kernels(args: argparse.Namespace, sizes: Any) -> int:
    from kinetix_core.bench import add_kernels, kernels_agree, run_kernels

    if args.against:
        raise SettingError(
            "against: with --kernels the two kernels of one engine are compared; leave it out"
        )
    found = run_kernels(args.engine, sizes, args.levels, progress=_progress)
    report = _report("kernels", args)
    add_kernels(report, found)
    _finish(report, args)
    return 0 if kernels_agree(found) else 1


def _engine(args: argparse.Namespace) -> int:
    from kinetix_core.bench import parse_sizes
    from kinetix_core.bench.engine_speed import SpeedOptions, run_speed
    from kinetix_core.bench.report import cores

    if args.repeats is not None and args.repeats < 1:
        raise SettingError(f"repeats={args.repeats}: at least 1 is expected")
    both = sorted({1, cores()})
    quick = {"published_batches": (64,), "single": False, "seconds": 0.15} if args.quick else {}
    options = SpeedOptions(
        engine=args.engine,
        against=args.against,
        sizes=tuple(parse_sizes(args.sizes)),
        batches=_integers(
            "batches",
            args.batches,
            [1, 256, 4096] if args.quick else list(SpeedOptions().batches),
        ),
        threads=_integers("threads", args.threads, both),
        repeats=args.repeats or (3 if args.quick else 7),
        levels=args.levels,
        settings=tuple(args.settings),
        **quick,
    )
    fresh_programs()
    report = _report("engine", args)
    run_speed(options, report, _progress)
    _finish(report, args)
    return 0


def _device(args: argparse.Namespace) -> int:
    from kinetix_core.bench import parse_sizes
    from kinetix_core.bench.device_speed import DeviceOptions, run_device

    options = DeviceOptions(
        engine=args.engine,
        against=args.against,
        sizes=tuple(parse_sizes(args.sizes)),
        batches=_integers("batches", args.batches, list(DeviceOptions().batches)),
        repeats=checked_repeats(args),
        levels=args.levels,
        settings=tuple(args.settings),
    )
    fresh_programs()
    report = _report("device", args)
    run_device(options, report, _progress)
    _finish(report, args)
    return 0


def _compile(args: argparse.Namespace) -> int:
    from kinetix_core.bench import parse_sizes
    from kinetix_core.bench.compile_time import CompileOptions, run_compile

    options = CompileOptions(
        engine=args.engine,
        against=args.against,
        sizes=tuple(parse_sizes(args.sizes)),
        compiler=args.compiler,
        repeats=checked_repeats(args),
        settings=tuple(args.settings),
        train=not args.no_train,
    )
    report = _report("compile", args)
    run_compile(options, report, _progress)
    _finish(report, args)
    return 0


def _encode(args: argparse.Namespace) -> int:
    from kinetix_core.bench import parse_sizes
    from kinetix_core.bench.encode_speed import EncodeOptions, run_encode

    names = args.encoders and tuple(n.strip() for n in args.encoders.split(",") if n.strip())
    options = EncodeOptions(
        engine=args.engine,
        encoders=names or None,
        sizes=tuple(parse_sizes(args.sizes)),
        repeats=checked_repeats(args),
        levels=args.levels,
    )
    report = _report("encode", args)
    run_encode(options, report, _progress)
    _finish(report, args)
    return 0


def _learning(args: argparse.Namespace) -> int:
    from kinetix_core.bench.learning import LearningOptions, run_learning

    options = LearningOptions(tuple(args.settings), args.minutes, args.evaluations, args.attempts)
    report = _report("learning", args)
    run_learning(options, report, _progress)
    _finish(report, args)
    return 0
