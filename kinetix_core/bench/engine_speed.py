"""`kinetix bench engine`: physics steps per CPU second and per wall second, in a jitted scan."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kinetix_core.interfaces import Engine
from kinetix_core.scene import SIZES

from ._clock import Sample, Summary, Work, interleave, measure, ratios, summary
from ._parts import build_engine
from ._rollout import Program, prove_agreement, prove_work
from ._starts import Starts, level_source, levels_for, make_starts
from .report import Report, Table, load_average

PUBLISHED = "jax2d package"
RATES = {"CPU": "per_cpu_second", "wall": "per_wall_second"}
SCENES_PER_CALL = 256
"""Small batches are run one after the other, so that a call is long beside its dispatch."""


@dataclass(frozen=True)
class SpeedOptions:
    """What is measured, and for how long.

    batches and threads: the table of the engine alone. published_batches: tried for the other
    engine in a pre-pass, the best is compared with. seconds: least length of one sample.
    """

    engine: str = "jax2d"
    against: str | None = None
    sizes: Sequence[str] = tuple(SIZES)
    batches: Sequence[int] = (1, 16, 64, 256, 1024, 4096, 16384, 65536)
    threads: Sequence[int] = (1,)
    published_batches: Sequence[int] = (32, 64, 256)
    single: bool = True
    repeats: int = 7
    seconds: float = 0.25
    steps: int = 32
    starts: int = 512
    levels: str | Path | None = None
    settings: tuple[str, ...] = ()  # of the engine, such as engine.kernel=jax


@dataclass
class SizeSpeed:
    """Everything measured for one size. Rates are physics steps per second."""

    size: str
    starts: dict[str, Any]
    load: list[float]
    table: dict[int, dict[int, Sample]] = field(default_factory=dict)  # threads -> batch ->
    single: dict[str, list[Sample]] = field(default_factory=dict)  # engine -> one scene in a scan
    tried: dict[int, Sample] = field(default_factory=dict)  # batches of the other engine
    head_to_head: dict[str, Any] = field(default_factory=dict)


def run_speed(
    options: SpeedOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure every size of `options` and add tables and numbers to `report`.

    Raises `RunError` when a program did not do its work or the engines disagree.
    """
    found = [measure_size(options, name, progress) for name in options.sizes]
    if options.against:
        report.tables.append(_ratio_table(found))
    if options.single:
        report.tables.append(_single_table(found))
    report.tables += [_batch_table(speed) for speed in found]
    report.tables.append(_starts_table(found))
    report.data["sizes"] = {speed.size: dataclasses.asdict(speed) for speed in found}
    source = Path(level_source(options.levels)).name
    report.notes.append(f"start states are from the levels of {source}")
    report.notes.append(
        "every program's result was checked: finite, changed, equal to a fresh compilation"
        + (", and the engines agree" if options.against else "")
    )


def measure_size(
    options: SpeedOptions, size_name: str, progress: Callable[[str], None]
) -> SizeSpeed:
    """Table, single scene and comparison for one size."""
    size = SIZES[size_name]

    def build(threads: int) -> Engine:
        return build_engine(options.engine, size, threads, options.settings)

    engines = {n: build(n) for n in options.threads}
    one_thread = engines.get(1) or build(1)
    starts = make_starts(one_thread, levels_for(size_name, size, options.levels), options.starts)
    found = SizeSpeed(size_name, starts.facts(), load_average())

    progress(f"{size_name}: {starts.levels} levels, {starts.share_moving:.0%} of starts moving")
    for threads, engine in engines.items():
        found.table[threads] = measure_batches(options, engine, starts, progress)
    if options.single:
        _measure_single(options, found, one_thread, starts, progress)
    if options.against:
        _compare(options, found, engines, starts, progress)
    return found


def program_for(engine: Engine, starts: Starts, batch: int, steps: int) -> Program:
    """Enough groups of `batch` scenes that dispatch does not count."""
    return Program(engine, starts, batch, max(1, SCENES_PER_CALL // batch), steps)


def measure_batches(
    options: SpeedOptions, engine: Engine, starts: Starts, progress: Callable[[str], None]
) -> dict[int, Sample]:
    """The middle one of three samples per batch size; the work of the first is proved."""
    found = {}
    for number, batch in enumerate(options.batches):
        program = program_for(engine, starts, batch, options.steps)
        prove_work(program, f"{options.engine} {engine.size.name} {batch}", afresh=number == 0)
        samples = interleave({"": program.work}, 3, options.seconds / 2)[""]
        found[batch] = sorted(samples, key=lambda s: s.per_cpu_second)[1]
        progress(
            f"{engine.size.name}: batch {batch}, {found[batch].per_cpu_second:,.0f} steps per CPU "
            f"second, {found[batch].per_wall_second:,.0f} per second"
        )
    return found


def _published(size_name: str) -> Engine:
    from ._published import PublishedEngine

    return PublishedEngine(SIZES[size_name])


def _measure_single(
    options: SpeedOptions,
    found: SizeSpeed,
    engine: Engine,
    starts: Starts,
    progress: Callable[[str], None],
) -> None:
    """One scene in a scan, for many scenes in turn."""
    programs = {options.engine: Program(engine, starts, None, 128, options.steps)}
    if options.against:
        programs[PUBLISHED] = Program(_published(found.size), starts, None, 4, options.steps)
    for name, program in programs.items():
        prove_work(program, f"{name} {found.size}, one scene", afresh=name == options.engine)
    works = {name: program.work for name, program in programs.items()}
    found.single = interleave(works, options.repeats, options.seconds)
    for name, samples in found.single.items():
        progress(f"{found.size}: one scene, {name}: {_microseconds(samples)} us of CPU time a step")


def _compare(
    options: SpeedOptions,
    found: SizeSpeed,
    engines: dict[int, Engine],
    starts: Starts,
    progress: Callable[[str], None],
) -> None:
    """Each engine at its best batch size, interleaved: rates and their ratio per repeat."""
    tried = {}
    for batch in options.published_batches:
        program = Program(_published(found.size), starts, batch, 1, options.steps)
        program.run()
        found.tried[batch], tried[batch] = measure(program.work, options.seconds), program
        progress(
            f"{found.size}: {PUBLISHED} batch {batch}, "
            f"{found.tried[batch].per_cpu_second:,.0f} steps per CPU second"
        )
    published = {rate: tried[_best(found.tried, rate)] for rate in RATES.values()}
    works: dict[str, Work] = {_theirs(rate): program.work for rate, program in published.items()}
    batches = {}
    for threads, engine in engines.items():
        rate = "per_cpu_second" if threads == 1 else "per_wall_second"
        batches[threads] = _best(found.table[threads], rate)
        works[_ours(threads)] = program_for(engine, starts, batches[threads], options.steps).work
    found.head_to_head = {
        "agreement": _agreement(found.size, next(iter(engines.values())), starts, published),
        "published batches": {rate: program.batch for rate, program in published.items()},
        "batches": batches,
        "samples": (samples := interleave(works, options.repeats, options.seconds)),
        "ratio": {t: {r: _ratio(samples, t, r) for r in RATES.values()} for t in engines},
    }
    for threads, ratio in found.head_to_head["ratio"].items():
        progress(f"{found.size}: {threads} threads, {ratio['per_cpu_second']} times per CPU second")


def _best(samples: dict[int, Sample], rate: str) -> int:
    """The batch size with the highest rate."""
    return max(samples, key=lambda batch: getattr(samples[batch], rate))


def _agreement(
    size_name: str, engine: Engine, starts: Starts, published: dict[str, Program]
) -> float:
    """Share of scenes that both engines left in the same place, from the same start."""
    theirs = published["per_cpu_second"]
    program = Program(engine, starts, theirs.batch, 1, theirs.steps)
    return prove_agreement(
        prove_work(program, size_name, afresh=True),
        prove_work(theirs, f"{PUBLISHED} {size_name}", afresh=False),
        size_name,
    )


def _ours(threads: int) -> str:
    return f"{threads} threads"


def _theirs(rate: str) -> str:
    return f"{PUBLISHED}, best {rate}"


def _ratio(samples: dict[str, list[Sample]], threads: int, rate: str) -> Summary:
    ours, theirs = samples[_ours(threads)], samples[_theirs(rate)]
    return ratios([getattr(s, rate) for s in ours], [getattr(s, rate) for s in theirs])


def _ratio_table(found: Sequence[SizeSpeed]) -> Table:
    rows = []
    for speed in found:
        head = speed.head_to_head
        for threads, batch in head["batches"].items():
            for unit, rate in RATES.items():
                ours, theirs = (
                    summary([getattr(s, rate) for s in head["samples"][name]]).median
                    for name in (_ours(threads), _theirs(rate))
                )
                their_batch, ratio = head["published batches"][rate], head["ratio"][threads][rate]
                rows.append(
                    (speed.size, threads, unit, batch, ours, their_batch, theirs, str(ratio))
                )
    return Table(
        f"Physics steps per second beside the {PUBLISHED}",
        ("size", "threads", "second of", "batch", "steps", "its batch", PUBLISHED, "ratio"),
        tuple(rows),
        "One process, interleaved, each at its best batch size, same start states; medians, "
        "ratio per repeat as median [range]. CPU seconds are those of all threads together.",
    )


def _microseconds(samples: Sequence[Sample], rate: str = "per_cpu_second") -> Summary:
    return summary([1e6 / getattr(sample, rate) for sample in samples])


def _single_table(found: Sequence[SizeSpeed]) -> Table:
    rows = [
        (speed.size, name, *(str(_microseconds(samples, rate)) for rate in RATES.values()))
        for speed in found
        for name, samples in speed.single.items()
    ]
    return Table(
        "One scene inside a scan, microseconds per physics step",
        ("size", "engine", *(f"{unit} time" for unit in RATES)),
        tuple(rows),
        "No batch at all: one scene after the other, each for a few steps. Median [range].",
    )


def _batch_table(speed: SizeSpeed) -> Table:
    columns, rows = ["batch"], []
    for threads in speed.table:
        columns += [f"{threads} thr., per CPU s", f"{threads} thr., per wall s"]
    for batch in next(iter(speed.table.values())):
        row: list[Any] = [batch]
        for samples in speed.table.values():
            row += [samples[batch].per_cpu_second, samples[batch].per_wall_second]
        rows.append(tuple(row))
    return Table(
        f"Physics steps per second, size {speed.size}",
        tuple(columns),
        tuple(rows),
        f"Load average {', '.join(map(str, speed.load)) or 'unknown'} when it began.",
    )


def _starts_table(found: Sequence[SizeSpeed]) -> Table:
    return Table(
        "Start states",
        ("size", *found[0].starts),
        tuple((speed.size, *speed.starts.values()) for speed in found),
        "Taken at random moments of levels under random controls; touching pairs per scene.",
    )
