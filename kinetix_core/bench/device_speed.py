"""`kinetix bench device`: physics steps per second at large batches on the device in use.

On an accelerator CPU seconds say little, and both engines are compared at the same batch sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax

from kinetix_core.scene import SIZES

from ._clock import Sample, Summary, interleave, ratios, summary
from ._parts import build_engine
from ._profile import Profile, profile
from ._rollout import AGREE, Program, prove_agreement, prove_work
from ._starts import Starts, level_source, levels_for, make_starts
from .engine_speed import PUBLISHED
from .report import Report, Table

LEAST_SHARE_AGREEING = 0.75
"""Accelerators round otherwise in every program, and contacts multiply it."""


@dataclass(frozen=True)
class DeviceOptions:
    """What is measured. seconds: least length of one sample. at_once: programs compiled side by
    side. settings: of the engine, such as engine.kernel=jax."""

    engine: str = "jax2d"
    against: str | None = None
    sizes: Sequence[str] = tuple(SIZES)
    batches: Sequence[int] = (1024, 4096, 16384, 65536)
    repeats: int = 5
    seconds: float = 0.25
    steps: int = 32
    starts: int = 512
    at_once: int = 8
    levels: str | Path | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """One size and batch: samples and bytes per scene of each engine that ran there.

    agreement: share of scenes that both left in the same place. failed: what an engine said that
    could not run.
    """

    size: str
    batch: int
    samples: dict[str, list[Sample]]
    bytes_per_scene: dict[str, float]
    agreement: float | None
    failed: dict[str, str]


@dataclass
class _Prepared:
    """Programs of one size, being compiled."""

    size: str
    starts: Starts
    programs: dict[tuple[str, int], Future[Program]] = field(default_factory=dict)


def run_device(
    options: DeviceOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure every size and batch of `options`; add tables and numbers to `report`.

    Raises `RunError` when a program did not do its work or the engines disagree. An engine that
    runs out of memory is named in the table.
    """
    device = jax.devices()[0]
    report.notes.append(f"device: {device.device_kind}, one of {jax.device_count()}")
    report.notes.append(f"levels of {Path(level_source(options.levels)).name}")
    report.notes.append(
        "every program's result was checked: finite, changed, the smallest batch of each size "
        "equal to a fresh compilation" + (", and the engines agree" if options.against else "")
    )
    points: list[Point] = []
    profiles: dict[tuple[str, int], Profile] = {}
    with ThreadPoolExecutor(options.at_once) as pool:
        every = [_prepare(options, size, pool, progress) for size in options.sizes]
        wait([program for prepared in every for program in prepared.programs.values()])
        for prepared in every:
            for batch in options.batches:
                points.append(_measure(options, prepared, batch, progress))
                if options.engine in points[-1].samples:
                    found = profile(prepared.programs[options.engine, batch].result())
                    if found is not None:
                        profiles[prepared.size, batch] = found
    report.tables.append(_rate_table(options, points))
    if profiles:
        report.tables.append(_profile_table(profiles))
        report.tables += [_kernel_table(*item) for item in _largest(profiles).items()]
    report.data["points"] = points
    report.data["profiles"] = [
        {"size": size, "batch": batch, "profile": p} for (size, batch), p in profiles.items()
    ]


def _prepare(
    options: DeviceOptions,
    size_name: str,
    pool: ThreadPoolExecutor,
    progress: Callable[[str], None],
) -> _Prepared:
    """Start states, and the compilations begun: smallest batches first."""
    size = SIZES[size_name]
    engines = {options.engine: build_engine(options.engine, size, 1, options.settings)}
    levels = levels_for(size_name, size, options.levels)
    starts = make_starts(engines[options.engine], levels, options.starts)
    if options.against:
        from ._published import PublishedEngine

        engines[PUBLISHED] = PublishedEngine(size)
    progress(f"{size_name}: {starts.levels} levels, {starts.share_moving:.0%} of starts moving")
    found = _Prepared(size_name, starts)
    for batch in options.batches:
        for name, engine in engines.items():
            found.programs[name, batch] = pool.submit(
                Program, engine, starts, batch, 1, options.steps
            )
    return found


def _measure(
    options: DeviceOptions, prepared: _Prepared, batch: int, progress: Callable[[str], None]
) -> Point:
    programs: dict[str, Program] = {}
    after, failed = {}, {}
    for name, number in prepared.programs:
        if number != batch:
            continue
        try:
            program = prepared.programs[name, batch].result()
            afresh = name == options.engine and batch == min(options.batches)
            what = f"{name} {prepared.size} {batch}"
            after[name] = prove_work(program, what, afresh=afresh)
            programs[name] = program
        except jax.errors.JaxRuntimeError as error:
            failed[name] = str(error).split(":")[0].strip()
            progress(f"{prepared.size}: batch {batch}: {name}: {failed[name]}")
    agreement = None
    if len(after) == 2:
        ours, theirs = after.values()
        agreement = prove_agreement(ours, theirs, prepared.size, LEAST_SHARE_AGREEING)
    works = {name: program.work for name, program in programs.items()}
    samples = interleave(works, options.repeats, options.seconds)
    bytes_per_scene = {name: program.bytes_per_scene() for name, program in programs.items()}
    for name, found in samples.items():
        progress(f"{prepared.size}: batch {batch}: {name}: {_rate(found).median:,.0f} steps/s")
    return Point(prepared.size, batch, samples, bytes_per_scene, agreement, failed)


def _rate(samples: Sequence[Sample]) -> Summary:
    return summary([sample.per_wall_second for sample in samples])


def _rate_table(options: DeviceOptions, points: Sequence[Point]) -> Table:
    columns = ["size", "batch", "steps per second", "range", "KiB per scene"]
    if options.against:
        columns += [PUBLISHED, "range", "KiB per scene", "ratio", "agree"]
    rows = []
    for point in points:
        row = [point.size, point.batch, *_engine_cells(point, options.engine)]
        if options.against:
            row += [*_engine_cells(point, PUBLISHED), _ratio(options, point), _agreement(point)]
        rows.append(tuple(row))
    note = (
        f"{options.steps} steps in a jitted scan, wall seconds; medians and ranges of "
        f"{options.repeats} samples. KiB per scene: arguments, results and scratch memory of the "
        "compiled program."
    )
    if options.against:
        note += (
            " Interleaved at the same batch; the ratio is repeat by repeat, median [range]. Agree: "
            f"scenes that both left in the same place after {options.steps} steps, {AGREE} m."
        )
    return Table("Physics steps per second", tuple(columns), tuple(rows), note)


def _engine_cells(point: Point, name: str) -> list[Any]:
    if name in point.failed:
        return [point.failed[name], "-", "-"]
    rate = _rate(point.samples[name])
    ends = f"{rate.least:,.0f} to {rate.most:,.0f}"
    return [f"{rate.median:,.0f}", ends, f"{point.bytes_per_scene[name] / 1024:.1f}"]


def _ratio(options: DeviceOptions, point: Point) -> str:
    if point.failed:
        return "-"
    ours, theirs = (
        [s.per_wall_second for s in point.samples[name]] for name in (options.engine, PUBLISHED)
    )
    return str(ratios(ours, theirs))


def _agreement(point: Point) -> str:
    return "-" if point.agreement is None else f"{100 * point.agreement:.1f} %"


def _profile_table(profiles: dict[tuple[str, int], Profile]) -> Table:
    rows = [
        (size, batch, found.kernels, 1e6 * found.wall, f"{100 * found.busy / found.wall:.0f} %")
        for (size, batch), found in profiles.items()
    ]
    return Table(
        "Where the time of a physics step goes",
        ("size", "batch", "kernels per step", "microseconds per step", "device busy"),
        tuple(rows),
        "From a profile of one call; wall time of another one. Where the device is not busy, "
        "starting kernels is what takes the time.",
    )


def _largest(profiles: dict[tuple[str, int], Profile]) -> dict[tuple[str, int], Profile]:
    """Of each size the one with the largest batch."""
    largest = {size: max(b for s, b in profiles if s == size) for size, _ in profiles}
    return {(size, batch): profiles[size, batch] for size, batch in largest.items()}


def _kernel_table(place: tuple[str, int], found: Profile) -> Table:
    size, batch = place
    return Table(
        f"The kernels that take most, size {size}, batch {batch:,}",
        ("kernel", "times per step", "share of busy time"),
        tuple((name, times, f"{100 * share:.1f} %") for name, times, share in found.top),
    )
