"""The jobs of `kinetix bench` that time the environment and training."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from kinetix_core.errors import SettingError

from ._bench_report import (
    checked_repeats,
    finish,
    fresh_programs,
    integers,
    out_argument,
    progress,
    report,
)


def add_speed_jobs(jobs: Any) -> None:
    """The subcommands env, train, start, evaluate, latency and generator."""
    _env_arguments(jobs)
    _train_arguments(jobs)
    _start_arguments(jobs)
    _evaluate_arguments(jobs)
    _latency_arguments(jobs)
    _generator_arguments(jobs)


def _job(jobs: Any, name: str, text: str, start: Callable[[argparse.Namespace], int]) -> Any:
    parser = jobs.add_parser(name, help=text, description=text, allow_abbrev=False)
    parser.set_defaults(start=start)
    return parser


def _common(parser: Any, repeats: int) -> None:
    parser.add_argument("--repeats", type=int, default=repeats, help="samples of each")
    out_argument(parser)


def _sizes_and_levels(parser: Any) -> None:
    parser.add_argument(
        "settings", nargs="*", help="of the run, such as engine.kernel=jax or env.frame_skip=4"
    )
    parser.add_argument("--sizes", default="s,m,l", help="scene sizes (%(default)s)")
    parser.add_argument("--observations", default="symbolic,entity", help="encoders (%(default)s)")
    parser.add_argument("--levels", help="folder of levels to play (published, else ours)")


def _env_arguments(jobs: Any) -> None:
    text = "environment steps per second, beside the engine alone, part by part"
    parser = _job(jobs, "env", text, _env)
    _sizes_and_levels(parser)
    parser.add_argument("--batches", help="batch sizes (256,2048)")
    parser.add_argument("--threads", help="thread counts (1)")
    _common(parser, 5)


def _train_arguments(jobs: Any) -> None:
    text = "environment steps per second of whole PPO updates, and what takes which share"
    parser = _job(jobs, "train", text, _train)
    parser.add_argument(
        "settings",
        nargs="*",
        help="as for kinetix train (none: experiment=laptop levels=handmade/s)",
    )
    _common(parser, 5)


def _start_arguments(jobs: Any) -> None:
    text = "seconds from `kinetix train` to the first update of presets, cold and cached"
    parser = _job(jobs, "start", text, _start)
    parser.add_argument(
        "presets", nargs="*", help="as for experiment= (those of a laptop); large ones shortened"
    )
    _common(parser, 3)


def _evaluate_arguments(jobs: Any) -> None:
    text = "CPU time of an evaluation, and the environment's share of it"
    parser = _job(jobs, "evaluate", text, _evaluate)
    parser.add_argument(
        "settings",
        nargs="*",
        help="of the run (none: size=l observation=entity network=transformer)",
    )
    parser.add_argument("--levels", help="folder or set of levels (published, else ours)")
    parser.add_argument("--attempts", type=int, default=20, help="at each level (%(default)s)")
    _common(parser, 3)


def _latency_arguments(jobs: Any) -> None:
    text = "microseconds of one environment step called from Python"
    parser = _job(jobs, "latency", text, _latency)
    _sizes_and_levels(parser)
    parser.add_argument("--kernels", default="native,jax", help="engine.kernel (%(default)s)")
    _common(parser, 7)


def _names(name: str, text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    if not names:
        raise SettingError(f"{name}={text}: none given; names with commas between are expected")
    return names


def _generator_arguments(jobs: Any) -> None:
    text = "seconds to the first levels of a generator, and levels per CPU second"
    parser = _job(jobs, "generator", text, _generator)
    parser.add_argument("--generator", default="random", help="registered name (%(default)s)")
    parser.add_argument("--sizes", default="s,m,l", help="scene sizes (%(default)s)")
    parser.add_argument("--count", type=int, default=1024, help="levels per call (%(default)s)")
    parser.set_defaults(opponents=("reference",))
    parser.add_argument("--against", help="measure another one too: reference, the published one")
    parser.add_argument(
        "--reference-python", metavar="PYTHON", help="of an environment with kinetix-env"
    )
    _common(parser, 3)


def _env(args: argparse.Namespace) -> int:
    from kinetix_core.bench import parse_sizes
    from kinetix_core.bench.env_speed import EnvSpeedOptions, run_env

    options = EnvSpeedOptions(
        settings=tuple(args.settings),
        sizes=tuple(parse_sizes(args.sizes)),
        observations=_names("observations", args.observations),
        batches=integers("batches", args.batches, [256, 2048]),
        threads=integers("threads", args.threads, [1]),
        repeats=checked_repeats(args),
        levels=args.levels,
    )
    fresh_programs()
    found = report("env", args)
    run_env(options, found, progress)
    finish(found, args)
    return 0


def _train(args: argparse.Namespace) -> int:
    from kinetix_core.bench.train_speed import TrainSpeedOptions, run_train

    settings: Sequence[str] = args.settings or ("experiment=laptop", "levels=handmade/s")
    options = TrainSpeedOptions(tuple(settings), checked_repeats(args))
    fresh_programs()
    found = report("train", args)
    run_train(options, found, progress)
    finish(found, args)
    return 0


def _start(args: argparse.Namespace) -> int:
    from kinetix_core.bench.start_time import PRESETS, StartOptions, run_start

    options = StartOptions(tuple(args.presets) or PRESETS, checked_repeats(args))
    found = report("start", args)
    run_start(options, found, progress)
    finish(found, args)
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    from kinetix_core.bench.evaluation_speed import EvaluationSpeedOptions, run_evaluation

    settings = args.settings or ("size=l", "observation=entity", "network=transformer")
    options = EvaluationSpeedOptions(
        tuple(settings), args.levels, args.attempts, checked_repeats(args)
    )
    found = report("evaluate", args)
    run_evaluation(options, found, progress)
    finish(found, args)
    return 0


def _latency(args: argparse.Namespace) -> int:
    from kinetix_core.bench import parse_sizes
    from kinetix_core.bench.latency import LatencyOptions, run_latency

    options = LatencyOptions(
        sizes=tuple(parse_sizes(args.sizes)),
        observations=_names("observations", args.observations),
        variants=tuple(f"engine.kernel={k}" for k in _names("kernels", args.kernels)),
        settings=tuple(args.settings),
        repeats=checked_repeats(args),
        levels=args.levels,
    )
    fresh_programs()
    found = report("latency", args)
    run_latency(options, found, progress)
    finish(found, args)
    return 0


def _generator(args: argparse.Namespace) -> int:
    from kinetix_core.bench import parse_sizes
    from kinetix_core.bench.generator_speed import GeneratorOptions, run_generator
    from kinetix_core.registry import registry

    registry().get("generator", args.generator)
    if args.count < 1:
        raise SettingError(f"count={args.count}: at least 1 is expected")
    published = _published_generator(args)
    options = GeneratorOptions(
        args.generator,
        tuple(parse_sizes(args.sizes)),
        args.count,
        checked_repeats(args),
        args.reference_python,
    )
    found = report("generator", args)
    if published:
        found.data["reference_versions"] = published
        found.notes.append(
            "published: " + ", ".join(f"{name} {version}" for name, version in published.items())
        )
    run_generator(options, found, progress)
    finish(found, args)
    return 0


def _published_generator(args: argparse.Namespace) -> dict[str, str]:
    """Versions in the environment of the published generator; empty where it is not asked for."""
    from kinetix_core.bench.generator_speed import published_versions

    if args.against is None:
        if args.reference_python:
            raise SettingError("reference-python: it is for --against reference only")
        return {}
    if args.generator != "random":
        raise SettingError(
            f"generator={args.generator}: with --against the generator is random, as published"
        )
    return published_versions(args.reference_python)
