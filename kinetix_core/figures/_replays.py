"""figure/replays: the attempts that `kinetix evaluate` has kept, in the player."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from kinetix_core.interfaces import Drawing, Figure, Missing, Task
from kinetix_core.report import NOTHING_KEPT, ReportData, RunRecord, kept_attempts

from .config import FigureConfig

if TYPE_CHECKING:
    from kinetix_core.render import Replay

_MOST = 24
"""Levels of each set that can be watched."""


@dataclass(frozen=True)
class Replays(Figure):
    """Of one run for each method, levels with a solved attempt first."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        found = {run: attempts for run in data.shown if (attempts := kept_attempts(run))}
        if not found:
            return Missing(NOTHING_KEPT)
        runs = list(found)
        if len(runs) == 1:
            note, player = _player(runs[0], found[runs[0]])
            return Drawing(f"Replays of {runs[0].name}", note, html=player)
        parts = []
        for run, attempts in found.items():
            note, player = _player(run, attempts)
            parts.append(f'<h3>{escape(run.name)}</h3><p class="muted">{note}</p>{player}')
        return Drawing("Replays", html="".join(parts))


def _player(run: RunRecord, attempts: tuple[Replay, ...]) -> tuple[str, str]:
    """What is in it, and the page that plays it in a frame."""
    from kinetix_core.render import OUTCOMES, replay_page

    solved = {attempt.name for attempt in attempts if attempt.outcome == OUTCOMES[0]}
    order = sorted(dict.fromkeys(a.name for a in attempts), key=lambda name: name not in solved)
    evaluation = run.evaluation or {}
    rows = {row["level"]: row for row in evaluation["levels"]}
    of_set: dict[str, list[str]] = {}
    for name in order:
        of_set.setdefault(rows[name]["set"] if name in rows else "", []).append(name)
    names = [name for found in of_set.values() for name in found[:_MOST]]
    shown = [a for name in names for a in attempts if a.name == name]
    summary = [_summary(rows[name]) for name in names if name in rows]
    page = replay_page("Replays", shown, summary, run.name, evaluation["sets"])
    frame = f'<iframe title="Replays of {escape(run.name, quote=True)}" srcdoc="'
    frame += f'{escape(page, quote=True)}"></iframe>'
    every = len(evaluation["levels"])
    rest = f" (of {every:,}; the numbers of all are above)" if every > len(names) else ""
    return f"{len(names)} levels, those with a solved attempt first{rest}.", frame


def _summary(row: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("level", "attempts", "solved", "solve_rate", "low", "high", "mean_return")
    more = ("untrained_solve_rate", "touched_red", "time_limit", "nan")
    return {key: row[key] for key in (*keys, *more) if key in row}
