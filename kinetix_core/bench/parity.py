"""`kinetix bench parity`: every recording against an engine, as a report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kinetix_core.interfaces import Engine
from kinetix_core.scene import SIZES

from ._along_parity import FIELDS, AlongParity, compare_along
from ._environment_parity import (
    EnvironmentParity,
    ObservationParity,
    TrajectoryParity,
    compare_environment,
    compare_observations,
    compare_trajectories,
)
from ._golden import load_recording
from ._parts import build_encoder
from ._step_parity import StepParity, compare_steps
from .report import Report, Table

__all__ = ["Parity", "add_along", "add_to_report", "parity_tables", "run_along", "run_parity"]


@dataclass
class Parity:
    """All comparisons of one engine."""

    engine: str
    steps: list[StepParity] = field(default_factory=list)
    environment: list[EnvironmentParity] = field(default_factory=list)
    trajectories: list[TrajectoryParity] = field(default_factory=list)
    observations: list[ObservationParity] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every bound holds."""
        parts = (*self.steps, *self.environment, *self.trajectories, *self.observations)
        return bool(parts) and all(part.ok for part in parts)


def run_parity(
    name: str,
    engine_for: Callable[[str], Engine],
    golden: str | Path,
    sizes: Iterable[str] = tuple(SIZES),
    progress: Callable[[str], None] = lambda _: None,
) -> Parity:
    """Compare the engine that `engine_for(size name)` returns with the recordings in `golden`.

    Raises `SettingError` where a recording is missing.
    """
    result = Parity(name)
    for size in sizes:
        engine = engine_for(size)
        recording = load_recording(golden, f"physics/step_{size}")
        progress(f"{name} {size}: {len(recording)} single steps")
        result.steps.append(compare_steps(engine, recording))
        result.environment.append(compare_environment(engine, recording))
        for kind in ("random", "paper"):
            recording = load_recording(golden, f"physics/{kind}_{size}")
            progress(f"{name} {size}: {len(recording)} trajectories ({recording.name})")
            result.trajectories.append(compare_trajectories(engine, recording))
        recording = load_recording(golden, f"obs/obs_{size}")
        encoder = build_encoder("symbolic", SIZES[size])
        result.observations.append(
            compare_observations(engine, encoder, recording, "symbolic_flat")
        )
    return result


def run_along(
    engine_for: Callable[[str], Engine],
    leader_for: Callable[[str], Engine],
    golden: str | Path,
    sizes: Iterable[str] = tuple(SIZES),
    progress: Callable[[str], None] = lambda _: None,
) -> list[AlongParity]:
    """Single steps from every state of another engine's trajectories."""
    found = []
    for size in sizes:
        engine, leader = engine_for(size), leader_for(size)
        for kind in ("random", "paper"):
            recording = load_recording(golden, f"physics/{kind}_{size}")
            progress(f"along trajectories: {recording.name}")
            found.append(compare_along(engine, leader, recording))
    return found


def add_along(report: Report, found: list[AlongParity]) -> None:
    """Put comparisons along trajectories into a report."""
    rows = tuple(
        (
            a.recording,
            a.steps,
            a.steps_within,
            a.flags_differing,
            *(a.largest[name] for name in FIELDS),
        )
        for a in found
    )
    columns = ("recording", "steps", "within", "flags differing", *FIELDS)
    note = "The same state is given to both engines at every step; tolerances as for one step."
    report.tables.append(Table("Both engines along the same trajectories", columns, rows, note))
    report.data["along"] = [dataclasses.asdict(a) for a in found]
    for along in found:
        if along.outside:
            report.notes.append(f"along {along.recording}: outside {', '.join(along.outside[:8])}")


def parity_tables(parity: Parity) -> list[Table]:
    """The comparisons as tables."""
    return [
        _steps_table(parity),
        _deviation_table(parity),
        _environment_table(parity),
        _trajectory_table(parity),
        _reward_table(parity),
        _observation_table(parity),
    ]


def add_to_report(report: Report, parity: Parity) -> None:
    """Put the tables, every number, and the names of what misses into a report."""
    report.tables += parity_tables(parity)
    report.data[parity.engine] = dataclasses.asdict(parity)
    verdict = "all bounds hold" if parity.ok else "NOT within the bounds"
    report.notes.append(f"{parity.engine}: {verdict}")
    for step in (*parity.steps, *parity.environment):
        if step.outside:
            first = ", ".join(step.outside[:8])
            report.notes.append(
                f"{parity.engine}, {step.recording}: {len(step.outside)} rows outside, {first}"
            )
    for run in parity.trajectories:
        if run.left:
            left = ", ".join(f"{name} (step {step})" for name, step in run.left.items())
            report.notes.append(f"{parity.engine}, {run.recording}: out of bound {left}")


def _steps_table(parity: Parity) -> Table:
    return Table(
        f"{parity.engine}: one physics step",
        ("recording", "rows", "within tolerance", "contact flags differing"),
        tuple((p.recording, p.rows, p.rows_within, p.flags_differing) for p in parity.steps),
        "A row is within when every quantity below is, on active entities, and every contact "
        "flag is equal.",
    )


def _deviation_table(parity: Parity) -> Table:
    tolerance = {name: d.tolerance for p in parity.steps for name, d in p.deviations.items()}
    return Table(
        f"{parity.engine}: largest deviation after one physics step",
        ("quantity", "tolerance", *(p.recording for p in parity.steps)),
        tuple(
            (name, allowed, *(p.deviations[name].largest for p in parity.steps))
            for name, allowed in tolerance.items()
        ),
        "m, rad, m/s, rad/s, N s. Impulses are allowed as much again relative to their size.",
    )


def _environment_table(parity: Parity) -> Table:
    return Table(
        f"{parity.engine}: one environment step",
        ("recording", "rows", "within", "reward", "distance", "done differing", "goal differing"),
        tuple(
            (
                p.recording,
                p.rows,
                p.rows_within,
                p.largest_reward_error,
                p.largest_distance_error,
                p.done_differing,
                p.goal_differing,
            )
            for p in parity.environment
        ),
        "Largest errors of reward and distance; 1e-5 is allowed.",
    )


def _trajectory_table(parity: Parity) -> Table:
    return Table(
        f"{parity.engine}: trajectories",
        (
            "recording",
            "levels",
            "steps",
            "misses to step 24",
            "largest error to step 24",
            "in bound",
            "levels that leave",
        ),
        tuple(
            (
                p.recording,
                p.levels,
                p.steps,
                len(p.early_misses),
                p.largest_early,
                f"{p.share_in_bound:.2%}",
                len(p.left),
            )
            for p in parity.trajectories
        ),
        "Positions within 1e-4 m + 30 times what a start displaced by 1e-6 m has led to; every "
        "level up to step 24 and at least 98 % of all level-steps must be.",
    )


def _reward_table(parity: Parity) -> Table:
    return Table(
        f"{parity.engine}: rewards along trajectories",
        (
            "recording",
            "steps compared",
            "rewards differing",
            "largest error",
            "first end differing",
            "levels solved",
            "recorded",
            "mean reward",
            "recorded ",
        ),
        tuple(
            (
                p.recording,
                p.determined,
                p.rewards_differing,
                p.largest_reward_error,
                len(p.first_end_differing),
                f"{p.solved[0]:.1%}",
                f"{p.solved[1]:.1%}",
                p.mean_reward[0],
                p.mean_reward[1],
            )
            for p in parity.trajectories
        ),
        "Compared (1e-4) where the recording's sensitivity is below 1e-5; shares and means are "
        "over everything.",
    )


def _observation_table(parity: Parity) -> Table:
    return Table(
        f"{parity.engine}: symbolic observations",
        ("recording", "rows", "within 1e-5", "largest error"),
        tuple((p.recording, p.rows, p.rows_within, p.largest) for p in parity.observations),
    )
