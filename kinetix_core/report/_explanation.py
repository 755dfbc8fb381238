"""The page of an explanation: one agent at one level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path

import numpy as np

from kinetix_core.explain import Attempt, Explanation, times, verdict
from kinetix_core.interfaces import Chart, Picture
from kinetix_core.render import OUTCOMES, filmstrips_svg

from ._canvas import Canvas
from ._chart import SHARES, Axes, Line, line_chart, percent_label, short
from ._curve import STEPS
from ._document import document
from ._html import chart_figure, chart_row, code, section, table
from ._page import write_file

_FRAMES, _FRAMES_NARROW = 6, 3
_TRAINED = "Trained on this level alone"
_SECONDS = "seconds of the episode"


def write_explanation(path: Path, found: Explanation) -> Path:
    """Write `explanation_page(found)`. Raises `RunError` where it cannot be."""
    write_file(path, explanation_page(found))
    return path


def explanation_page(found: Explanation) -> str:
    """One file, no network, the same bytes for the same run and level."""
    title = f"{found.run} at {found.name}"
    facts = {
        "attempts solved": f"{found.solved} <small>of {len(found.attempts)}</small>",
        "closest approach": _gap(found.closest),
    }
    facts |= {
        f"trained on it {special.start}": f"{special.solved} <small>of {special.attempts}</small>"
        for special in found.specialists
    }
    sections = [
        _outcomes(found),
        _strips(found),
        _thoughts(found),
        _training(found),
        _provenance(found),
    ]
    return document(title, f"<b>{escape(verdict(found))}</b>", facts, sections)


def _gap(gap: float | None) -> str:
    return "-" if gap is None else f"{gap:.2f} m"


def _outcomes(found: Explanation) -> str:
    rows = []
    for outcome in OUTCOMES:
        of = [a for a in found.attempts if a.recording.outcome == outcome]
        if of:
            near = [a.closest for a in of if a.closest is not None]
            seconds = np.mean([a.recording.steps * a.recording.seconds for a in of])
            rows.append([outcome, str(len(of)), f"{seconds:.1f} s", _gap(min(near, default=None))])
    head = ["how it ended", "attempts", "mean length", "closest approach"]
    note = (
        "Actions are drawn from the policy. The closest approach is from the surface of green to"
        " that of blue."
    )
    return section("outcomes", "Outcomes", table(head, rows), note=note)


def _shown(found: Explanation) -> list[Attempt]:
    """The best attempt, then the first of every other outcome."""
    shown = [found.best]
    for attempt in found.attempts:
        if attempt.recording.outcome not in {a.recording.outcome for a in shown}:
            shown.append(attempt)
    return shown


def _strips(found: Explanation) -> str:
    # the level is named above: below a narrow picture there is room for the attempt only
    attempts = [replace(a.recording, name=a.recording.label, label="") for a in _shown(found)]

    def draw(canvas: Canvas) -> Picture:
        frames = _FRAMES_NARROW if canvas.narrow else _FRAMES
        light, dark = (
            filmstrips_svg(attempts, frames=frames, width=canvas.width, theme=theme)
            for theme in ("light", "dark")
        )
        return canvas.sheet(light, dark)

    strips = chart_figure(Chart(f"Moments of {len(attempts)} attempts", draw), titled=False)
    best = "the shortest that solved the level" if found.solved else "the one that came nearest"
    more = ", then one of every other outcome" if len(attempts) > 1 else ""
    return section("attempts", "Attempts", strips, note=f"First {best}{more}.")


def _thoughts(found: Explanation) -> str:
    best = found.best
    times = _times(best, best.recording.steps)
    lines = [
        Line(a.recording.label, _points(a, a.value), 0, faint=True)
        for a in found.attempts
        if a is not best
    ]
    lines.append(Line(best.recording.label, _points(best, best.value), 0))
    words = f"what the policy expects of the rest; in bold {best.recording.label}"
    charts = [line_chart(lines, Axes(_SECONDS), title="Value", caption=words, small=True)]
    if (gaps := _gaps(found)) is not None:
        axes, words = Axes(_SECONDS, low=0.0), "metres, surface to surface"
        title = "Distance of green from blue"
        charts.append(line_chart(gaps, axes, title=title, caption=words, small=True))
    for of, inclined in best.chances.items():
        names = list(inclined)
        mean = names == ["mean"]
        drawn = [
            Line(name, list(zip(times, inclined[name].tolist(), strict=True)), i)
            for i, name in enumerate(names)
        ]
        low, label = (-1.0, short) if mean else (0.0, percent_label)
        axes = Axes(_SECONDS, low=low, high=1.0, label=label)
        charts.append(line_chart(drawn, axes, title=of.capitalize(), legend=names, small=True))
    note = (
        f"Value and distance in all attempts; probabilities of actions in {best.recording.label},"
        " for those motors and thrusters that drive something here."
    )
    return section("thoughts", "What the policy thought", chart_row(charts), note=note)


def _times(attempt: Attempt, steps: int) -> list[float]:
    return [step * attempt.recording.seconds for step in range(steps)]


def _points(attempt: Attempt, values: np.ndarray) -> list[tuple[float, float]]:
    return list(zip(_times(attempt, len(values)), map(float, values), strict=True))


def _gaps(found: Explanation) -> list[Line] | None:
    lines = [
        Line(a.recording.label, _points(a, a.gap), 1, faint=a is not found.best)
        for a in found.attempts
        if a.gap is not None
    ]
    return lines or None


def _training(found: Explanation) -> str:
    if not found.specialists:
        return ""
    lines = [
        Line(special.start, [p for p in special.curve if np.isfinite(p[1])], i, dots=True)
        for i, special in enumerate(found.specialists)
    ]
    if not any(line.points for line in lines):
        few = f"No episode ended in {found.specialists[0].steps:,} steps; train for more."
        return section("training", _TRAINED, f"<p>{few}</p>")
    names = [special.start for special in found.specialists]
    axes = replace(SHARES, x_title=STEPS)
    chart = line_chart(lines, axes, title="Solve rate", legend=names, small=True)
    note = (
        "The same learner trained on this level and nothing else: once it goes on from the agent,"
        " once it begins afresh. Solve rate of the episodes of each update. Solved while training: "
    )
    note += ", ".join(f"{s.start} {times(s.in_training)}" for s in found.specialists) + "."
    return section("training", _TRAINED, chart_row([chart]), note=note)


def _provenance(found: Explanation) -> str:
    rows: Mapping[str, str] = {
        "run": f"{found.run}, update {found.update}",
        "parameters (SHA-256)": found.parameters,
        "level (hash)": found.digest,
        "agent": str(found.agent),
        "seed": str(found.seed),
    }
    cells = [[escape(key), f"<code>{escape(value)}</code>"] for key, value in rows.items()]
    again = f'<p class="muted">This finds it out again:</p>{code(found.command)}'
    return section("provenance", "Provenance", again, table(["found out with", ""], cells))
