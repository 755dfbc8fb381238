"""Two kernels of one engine beside each other, through levels under random controls.

Both play each level by themselves, and from every state of the first one the second also takes a
single step: contacts make trajectories chaotic, so that runs part however equal the kernels are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.errors import LevelError, SettingError, did_you_mean
from kinetix_core.interfaces import Engine, Task
from kinetix_core.registry import registry
from kinetix_core.scene import SIZES, Scene, SceneSize, load_levels

from ._along_parity import gaps_of
from ._starts import HOLD, level_source, random_controls
from ._step_parity import TOLERANCE
from .report import Report, Table

KERNELS = ("native", "jax")
STEPS = 1000
MARKS = (1, 10, 100, 1000)
"""Steps after which the distance is told."""
PARTED = 1e-4
"""Distance of two positions, in m, from which on the runs have parted."""
LEAST_SHARE_WITHIN = 0.99
"""Of single steps; the others lie on a tie (spec/physics.md 10)."""


@dataclass(frozen=True)
class LevelKernels:
    """One level. Positions in m, of active bodies; steps are counted from 1."""

    size: str
    level: str
    parted: int | None  # the first step with positions more than `PARTED` apart
    distance: dict[int, float]  # step -> largest distance up to it
    flags_differing: int  # contact flags, over all steps of the two runs
    flags_differing_before: int  # before the runs parted
    steps: int
    steps_within: int  # single steps from the same state within every tolerance, flags equal
    single_distance: float  # largest after a single step
    single_flags_differing: int


def engine_with_kernel(name: str, size: SceneSize, kernel: str) -> Engine:
    """The registered engine `name` with `engine.kernel=kernel`, else default settings.

    Raises `SettingError` for an engine that has no such setting.
    """
    config = registry().config_class("engine", name)
    known = [field.name for field in dataclasses.fields(config)]
    if "kernel" not in known:
        raise SettingError(
            f"engine={name}: it has no setting kernel{did_you_mean('kernel', known)}"
        )
    return registry().build("engine", name, config(kernel=kernel), Task(size=size))


def run_kernels(
    name: str,
    sizes: Iterable[str] = tuple(SIZES),
    levels: str | Path | None = None,
    steps: int = STEPS,
    progress: Callable[[str], None] = lambda _: None,
) -> list[LevelKernels]:
    """Every level of `levels` (published ones if there, else our own) on both kernels.

    Raises `LevelError` where there are none, `EngineError` where a kernel can't be had.
    """
    found = []
    for size_name in sizes:
        size = SIZES[size_name]
        first, second = (engine_with_kernel(name, size, kernel) for kernel in KERNELS)
        chosen = _levels(levels, size_name, size)
        progress(f"{name} {size_name}: {len(chosen.names)} levels, {steps} steps on each kernel")
        found += compare_kernels(first, second, chosen.levels, chosen.names, size_name, steps)
    return found


def _levels(levels: str | Path | None, size_name: str, size: SceneSize) -> Any:
    source = level_source(levels)
    try:
        return load_levels(f"{source}/{size_name}", size)
    except LevelError:
        return load_levels(str(source), size)


def compare_kernels(
    first: Engine, second: Engine, levels: Scene, names: Iterable[str], size: str, steps: int
) -> list[LevelKernels]:
    """Both engines through `levels` (leading axis) under the same controls."""
    count = len(np.asarray(levels.timestep))
    held = random_controls((count, -(-steps // HOLD)), first.size, seed=7)
    controls = held.repeat(HOLD, axis=1)[:, :steps]
    play = jax.jit(jax.vmap(lambda level, controls: _play(first, second, level, controls)))
    distance, flags, gaps, single_flags = jax.device_get(play(levels, controls))
    within = single_flags == 0
    for quantity, gap in gaps.items():
        within &= gap <= TOLERANCE[quantity]  # NaN is not within
    return [
        _level(size, name, distance[i], flags[i], within[i], gaps["position"][i], single_flags[i])
        for i, name in enumerate(names)
    ]


def _play(first: Engine, second: Engine, level: Scene, controls: jax.Array) -> Any:
    """Per step: distance of the two runs, flags that differ, and both for a single step."""

    def step(states: Any, control: jax.Array) -> Any:
        leads, follows = states
        led, trace = first.step(leads, control)
        # one call of the second engine for both of its states: it is compiled once
        begin = second.init(first.scene(leads), first.contacts(leads))
        both = jax.tree.map(lambda *leaves: jnp.stack(leaves), follows, begin)
        after, traces = jax.vmap(second.step, in_axes=(0, None))(both, control)
        followed, single = (jax.tree.map(lambda leaf, i=i: leaf[i], after) for i in (0, 1))
        apart = jnp.abs(traces.position[0, 0] - trace.position[0]).max(axis=-1)
        active = first.scene(led).bodies.active
        flags = jnp.sum(traces.touching[0, 0] != trace.touching[0])
        gaps, single_flags = gaps_of(second, single, first, led)
        distance = jnp.where(active, apart, 0.0).max()
        return (led, followed), (distance, flags, gaps, single_flags)

    return jax.lax.scan(step, (first.init(level), second.init(level)), controls)[1]


def _level(
    size: str,
    name: str,
    distance: np.ndarray,
    flags: np.ndarray,
    within: np.ndarray,
    single_distance: np.ndarray,
    single_flags: np.ndarray,
) -> LevelKernels:
    beyond = np.flatnonzero(~(distance <= PARTED))  # NaN has parted
    parted = int(beyond[0]) + 1 if len(beyond) else None
    before = flags if parted is None else flags[: parted - 1]
    return LevelKernels(
        size=size,
        level=name,
        parted=parted,
        distance={mark: float(distance[:mark].max()) for mark in MARKS if mark <= len(distance)},
        flags_differing=int(flags.sum()),
        flags_differing_before=int(before.sum()),
        steps=len(distance),
        steps_within=int(within.sum()),
        single_distance=float(single_distance.max()),
        single_flags_differing=int(single_flags.sum()),
    )


def kernels_agree(found: list[LevelKernels]) -> bool:
    """Whether enough single steps are within tolerance."""
    steps = sum(each.steps for each in found)
    return steps > 0 and sum(each.steps_within for each in found) >= LEAST_SHARE_WITHIN * steps


def add_kernels(report: Report, found: list[LevelKernels]) -> None:
    """A row per level, a summary per size, and every number."""
    report.tables += [_summary(found), _table(found)]
    report.data["kernels"] = [dataclasses.asdict(each) for each in found]
    verdict = "the kernels agree" if kernels_agree(found) else "the kernels DO NOT agree"
    steps, within = sum(e.steps for e in found), sum(e.steps_within for e in found)
    report.notes.append(f"{verdict}: {within:,} of {steps:,} single steps are within tolerance")


def _summary(found: list[LevelKernels]) -> Table:
    rows = []
    for size in dict.fromkeys(each.size for each in found):
        of_size = [each for each in found if each.size == size]
        marks = of_size[0].distance
        rows.append(
            (
                size,
                len(of_size),
                sum(each.parted is None for each in of_size),
                min((each.parted for each in of_size if each.parted is not None), default="never"),
                *(float(np.median([each.distance[m] for each in of_size])) for m in marks),
                sum(each.steps for each in of_size),
                sum(each.steps_within for each in of_size),
                sum(each.single_flags_differing for each in of_size),
            )
        )
    columns = ("size", "levels", "never part", "first parting")
    columns += tuple(f"median at {mark}" for mark in found[0].distance)
    columns += ("single steps", "within", "flags differing")
    return Table(
        f"The {KERNELS[0]} and the {KERNELS[1]} kernel",
        columns,
        tuple(rows),
        "Single steps start from every state of the native run; tolerances as for the recordings.",
    )


def _table(found: list[LevelKernels]) -> Table:
    marks = found[0].distance
    return Table(
        "Each level, the same random controls on both kernels",
        (
            *("size", "level", f"parts by {PARTED:g} m at step"),
            *(f"distance at {mark}" for mark in marks),
            *("flags before", "flags in all", "single step", "flags"),
        ),
        tuple(
            (
                *(e.size, e.level, "never" if e.parted is None else str(e.parted)),
                *e.distance.values(),
                *(e.flags_differing_before, e.flags_differing),
                *(e.single_distance, e.single_flags_differing),
            )
            for e in found
        ),
        "Largest distance of a body's two positions up to a step, in m; contact flags that differ"
        " before the runs part and over all steps; then the largest distance and the flags that"
        " differ after single steps from the same state.",
    )
