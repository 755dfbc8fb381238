"""The figure of a comparison: for each method the mean, the IQM, their intervals and each seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from kinetix_core.interfaces import Chart, Picture
from kinetix_core.report import (
    LETTER,
    Canvas,
    Comparison,
    Interval,
    Score,
    cut,
    percent_label,
    ticks,
)

_SIDE, _ROW, _HEAD, _FOOT = 16, 58, 44, 30


@dataclass(frozen=True)
class _Plot:
    """Where a rate is. top: the rate at the right end."""

    canvas: Canvas
    top: float

    @property
    def room(self) -> float:
        return self.canvas.width - 2 * _SIDE

    def x(self, rate: float) -> float:
        return _SIDE + self.room * rate / self.top


def comparison_chart(comparison: Comparison) -> Chart:
    """A panel for each set, and in it a row for each method."""
    untrained = any(score.untrained is not None for score in comparison.rows)

    def draw(canvas: Canvas) -> Picture:
        plot = _Plot(canvas, _top(comparison.rows))
        parts, y = [_key(canvas, untrained=untrained)], 26.0
        for name, scores in comparison.sets.items():
            parts.append(_panel(plot, name, scores, y))
            y += _HEAD + _ROW * len(scores) + _FOOT
        return Picture(round(y), "".join(parts))

    return Chart("Solve rates of the methods", draw)


def _top(scores: Sequence[Score]) -> float:
    """A round share above everything that is drawn."""
    seen = [float(np.max(score.scores.mean(axis=1))) for score in scores]
    seen += [max(score.mean, score.iqm) for score in scores]
    ends = [i for score in scores for i in (score.mean_interval, score.iqm_interval) if i]
    most = max([*seen, *(high for _, high in ends), *(s.untrained or 0 for s in scores), 0.05])
    return min(next(step for step in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if step >= most), 1)


def _key(canvas: Canvas, *, untrained: bool) -> str:
    """What the marks are."""
    marks: tuple[tuple[str, Callable[..., str], float], ...] = (
        ("mean", _dot, 62),
        ("IQM", _diamond, 56),
        ("each seed", _small, 84),
        ("untrained", _bar, 80),
    )
    parts, x = [], _SIDE + 6.0
    for name, mark, room in marks if untrained else marks[:-1]:
        colour = canvas.paint("muted")
        parts.append(mark(x, 12.0, colour) + canvas.text(x + 10, 16, name))
        x += room
    return "".join(parts)


def _panel(plot: _Plot, name: str, scores: Sequence[Score], y: float) -> str:
    canvas, base = plot.canvas, y + _HEAD + _ROW * len(scores)
    title = f"{name}: solve rate on {scores[0].scores.shape[1]:,} levels"
    parts = [canvas.text(_SIDE, y + 20, cut(title, plot.room), "ink", bold=True)]
    for rate in ticks(0.0, plot.top, 5):
        x = plot.x(rate)
        parts.append(
            f'<path d="M{x:.1f} {y + _HEAD - 12:.1f}V{base:.1f}" '
            f'style="stroke:{canvas.paint("edge")};fill:none"/>'
            + canvas.text(x, base + 16, percent_label(rate), anchor="middle")
        )
    for i, score in enumerate(scores):
        parts.append(_method(plot, score, i, y + _HEAD + _ROW * i))
    return "".join(parts)


def _method(plot: _Plot, score: Score, number: int, y: float) -> str:
    """Name, then a lane for the mean with the seeds, and one for the IQM."""
    canvas, x = plot.canvas, plot.x
    colour = canvas.colour(number)
    seeds = "1 seed" if score.seeds == 1 else f"{score.seeds} seeds"
    name = f"{cut(score.method, plot.room - LETTER * (len(seeds) + 2))}, {seeds}"
    parts = [canvas.text(_SIDE, y + 6, name, "ink")]
    mean, iqm = y + 21, y + 38
    parts += [_small(x(rate), mean + 8.5, colour) for rate in score.scores.mean(axis=1)]
    parts.append(_whisker(plot, score.mean_interval, mean, colour))
    parts.append(_whisker(plot, score.iqm_interval, iqm, colour))
    parts.append(_dot(x(score.mean), mean, colour))
    parts.append(_diamond(x(score.iqm), iqm, colour))
    if score.untrained is not None:
        parts.append(_bar(x(score.untrained), mean, canvas.paint("muted")))
    words = f"{score.method}: mean {100 * score.mean:.1f} %, IQM {100 * score.iqm:.1f} %"
    return f"<g><title>{escape(words)}</title>{''.join(parts)}</g>"


def _whisker(plot: _Plot, interval: Interval, y: float, colour: str) -> str:
    if interval is None:
        return ""
    low, high = (plot.x(end) for end in interval)
    path = f"M{low:.1f} {y:.1f}H{high:.1f}M{low:.1f} {y - 4:.1f}v8M{high:.1f} {y - 4:.1f}v8"
    return f'<path d="{path}" style="stroke:{colour};stroke-width:2;fill:none"/>'


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" style="fill:{colour}"/>'


def _small(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" style="fill:{colour};opacity:0.6"/>'


def _diamond(x: float, y: float, colour: str) -> str:
    return f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z" style="fill:{colour}"/>'


def _bar(x: float, y: float, colour: str) -> str:
    return f'<path d="M{x:.1f} {y - 7:.1f}v14" style="stroke:{colour};stroke-width:3;fill:none"/>'
