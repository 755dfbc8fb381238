"""figure/failures: how attempts that were not solved went, as strips of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kinetix_core.interfaces import Chart, Drawing, Figure, Missing, Picture, Task
from kinetix_core.report import NOTHING_KEPT, Canvas, ReportData, RunRecord, cut, kept_attempts

from .config import FigureConfig

if TYPE_CHECKING:
    from kinetix_core.render import Replay

_MOST = 4
"""Levels of each run, those that are solved most often first: there the agent is at fault."""
_NOTE = (
    "An attempt that was not solved at each of some levels, from its start to its end; first at"
    " levels that are solved otherwise, where the failure is the agent's."
)


@dataclass(frozen=True)
class Failures(Figure):
    """Of one run for each method, a strip for each level, at most four."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        charts, rows, kept = [], [], False
        for run in data.shown:
            attempts = kept_attempts(run)
            kept |= bool(attempts)
            if chosen := failed(run, attempts):
                charts.append(_strips(f"Failures of {run.name}", chosen))
                rows += [
                    {"run": run.name, "level": a.name, "outcome": a.outcome, "steps": a.steps}
                    for a in chosen
                ]
        if charts:
            return Drawing("Failures", _NOTE, charts, rows)
        if kept:
            return Missing("every attempt that was kept was solved")
        return Missing(NOTHING_KEPT)


def failed(run: RunRecord, attempts: Sequence[Replay]) -> list[Replay]:
    """One attempt that was not solved at each of at most four levels, by their solve rate."""
    from kinetix_core.render import OUTCOMES

    rates = {row["level"]: row["solve_rate"] for row in (run.evaluation or {}).get("levels", ())}
    found: dict[str, Replay] = {}
    for attempt in attempts:
        if attempt.outcome != OUTCOMES[0]:
            found.setdefault(attempt.name, attempt)
    return sorted(found.values(), key=lambda a: -rates.get(a.name, 0.0))[:_MOST]


def _strips(title: str, attempts: Sequence[Replay]) -> Chart:
    """A strip for each attempt below its name."""
    from kinetix_core.render import filmstrip_svg

    def draw(canvas: Canvas) -> Picture:
        frames, parts, y = 3 if canvas.narrow else 6, [], 0
        for attempt in attempts:
            name = f"{attempt.title}: {attempt.outcome}"
            parts.append(canvas.text(0, y + 14, cut(name, canvas.width), "ink"))
            plain = replace(attempt, outcome="end")
            light, dark = (
                filmstrip_svg(plain, frames=frames, width=canvas.width, theme=theme)
                for theme in ("light", "dark")
            )
            picture = canvas.sheet(light, dark, y + 20)
            parts.append(picture.content)
            y += 20 + picture.height + 10
        return Picture(y, "".join(parts))

    return Chart(title, draw)
