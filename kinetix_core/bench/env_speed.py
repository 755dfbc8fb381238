"""`kinetix bench env`: environment steps per second, beside the engine alone, part by part."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kinetix_core.interfaces import EnvConfig
from kinetix_core.scene import SIZES

from ._clock import Sample, interleave, ratios, summary
from ._env_program import STAGES, EnvProgram
from ._parts import build_env_task
from ._references import PUBLISHED_ENVIRONMENT, PUBLISHED_NOTE
from ._starts import level_source, levels_for
from .report import Report, Table, load_average

RATES = ("per_cpu_second", "per_wall_second")


@dataclass(frozen=True)
class EnvSpeedOptions:
    """What is measured, and for how long. settings: of the run, such as `engine.kernel=jax`."""

    settings: tuple[str, ...] = ()
    sizes: Sequence[str] = tuple(SIZES)
    observations: Sequence[str] = ("symbolic", "entity")
    batches: Sequence[int] = (256, 2048)
    threads: Sequence[int] = (1,)
    repeats: int = 5
    seconds: float = 0.2
    steps: int = 16
    levels: str | Path | None = None


@dataclass
class EnvSpeed:
    """Samples of one size, batch and thread count, in environment steps."""

    size: str
    batch: int
    threads: int
    frame_skip: int  # physics steps per environment step
    load: list[float]
    ended: int  # episodes on the way to the start states
    parts: dict[str, list[Sample]] = field(default_factory=dict)  # stages before the encoder
    whole: dict[str, list[Sample]] = field(default_factory=dict)  # by encoder


def run_env(
    options: EnvSpeedOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure every combination of `options`; add tables and numbers to `report`.

    Raises `RunError` when a program did not do its work.
    """
    found = [
        _measure(options, size, batch, threads, progress)
        for size in options.sizes
        for threads in options.threads
        for batch in options.batches
    ]
    report.tables += [_rate_table(found), _part_table(found)]
    report.data["environment"] = [asdict(speed) for speed in found]
    source = Path(level_source(options.levels)).name
    skip = found[0].frame_skip
    report.notes.append(f"levels of {source}; frame skip {skip}, random actions, auto-reset")
    report.notes.append(
        "every program's result was checked: finite, changed, time passed, observations equal to "
        "those of the whole scene, the first of each size equal to a fresh compilation"
    )


def _measure(
    options: EnvSpeedOptions,
    size: str,
    batch: int,
    threads: int,
    progress: Callable[[str], None],
) -> EnvSpeed:
    levels = levels_for(size, SIZES[size], options.levels)
    programs: dict[str, EnvProgram] = {}
    for observation in options.observations:
        task = build_env_task(size, observation, threads, options.settings)
        if not programs:
            for stage in STAGES[:-1]:
                programs[stage] = EnvProgram(task, levels, batch, stage, options.steps)
        program = EnvProgram(task, levels, batch, STAGES[-1], options.steps)
        programs[_whole(observation)] = program
    for name, program in programs.items():
        first = batch == options.batches[0] and name not in STAGES
        program.prove(f"{size}, {batch} environments, {name}", afresh=first)
    works = {name: program.work for name, program in programs.items()}
    samples = interleave(works, options.repeats, options.seconds)
    bare = programs[STAGES[0]]
    skip = bare.environment.task.env.frame_skip
    found = EnvSpeed(size, batch, threads, skip, load_average(), int(bare.ended))
    found.parts = {stage: samples[stage] for stage in STAGES[:-1]}
    found.whole = {name: samples[_whole(name)] for name in options.observations}
    for name in options.observations:
        progress(
            f"{size}: {batch} environments, {name}: "
            f"{_median(found.whole[name], RATES[0]):,.0f} steps per CPU second, "
            f"{share(found, name)} of the engine's rate"
        )
    return found


def _whole(observation: str) -> str:
    return f"whole, {observation}"


def share(speed: EnvSpeed, observation: str) -> str:
    """Rate of whole environment steps over that of the engine alone, median [range]."""
    engine = [s.per_cpu_second for s in speed.parts["engine"]]
    return str(ratios([s.per_cpu_second for s in speed.whole[observation]], engine))


def _median(samples: Sequence[Sample], rate: str) -> float:
    return summary([getattr(sample, rate) for sample in samples]).median


def _rate_table(found: Sequence[EnvSpeed]) -> Table:
    rows = []
    for speed in found:
        for name, samples in speed.whole.items():
            cpu = _median(samples, RATES[0])
            comparable = speed.frame_skip == EnvConfig().frame_skip
            published = PUBLISHED_ENVIRONMENT.get(speed.size) if comparable else None
            rows.append(
                (
                    speed.size,
                    name,
                    speed.threads,
                    speed.batch,
                    cpu,
                    _median(samples, RATES[1]),
                    share(speed, name),
                    str(published or "-"),
                    cpu / published.best if published else "-",
                )
            )
    columns = ("size", "observation", "threads", "batch", "per CPU s", "per wall s")
    return Table(
        "Environment steps per second",
        (*columns, "of the engine's rate", "published", "times"),
        tuple(rows),
        f"{found[0].frame_skip} physics steps, reward, auto-reset from a pool of levels, "
        "observation. The engine's rate: the same physics steps from the same states and nothing "
        f"else, in the same process, CPU seconds. {PUBLISHED_NOTE}",
    )


def _part_table(found: Sequence[EnvSpeed]) -> Table:
    rows: list[tuple[Any, ...]] = []
    for speed in found:
        taken = [_microseconds(speed.parts[stage]) for stage in STAGES[:-1]]
        steps = [taken[0], *(b - a for a, b in itertools.pairwise(taken))]
        for name, samples in speed.whole.items():
            whole = _microseconds(samples)
            times = [*steps, whole - taken[-1]]
            rows.append(
                (speed.size, name, speed.threads, speed.batch, *(round(t, 3) for t in times), whole)
            )
    return Table(
        "Where the time of an environment step goes, CPU microseconds",
        ("size", "observation", "threads", "batch", *STAGES, "whole step"),
        tuple(rows),
        "Differences between programs that each do one thing more, interleaved; medians. Below "
        "zero: less than the noise. Auto-reset without the observations of the pool.",
    )


def _microseconds(samples: Sequence[Sample]) -> float:
    return summary([1e6 / sample.per_cpu_second for sample in samples]).median
