"""The figure of a comparison: for each method the mean, the IQM, their intervals and each seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ._chart import COLOURS, percent_label, ticks
from ._compare import Comparison, Interval, Score

_SIDE, _ROW, _HEAD, _FOOT = 16, 58, 44, 30
_LETTER = 6.4
"""Width of a letter of the names, at most, for cutting those that are too long."""
_DRAWN_ALONE = (
    ["#2f6fd6", "#1f8a3d", "#c2410c", "#8b3fa8", "#0e7c86", "#b4308b", "#96690a", "#4a515c"],
    {"ink": "#1d232b", "muted": "#656e7a", "edge": "#dfe3e8", "panel": "#ffffff"},
)
_FONT = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class _Canvas:
    """Where a rate is, and in which colours; alone: the SVG is a file of its own."""

    width: int
    top: float  # the rate at the right end
    alone: bool

    def x(self, rate: float) -> float:
        return _SIDE + (self.width - 2 * _SIDE) * rate / self.top

    def colour(self, method: int) -> str:
        i = method % COLOURS
        return _DRAWN_ALONE[0][i] if self.alone else f"var(--c{i})"

    def paint(self, name: str) -> str:
        return _DRAWN_ALONE[1][name] if self.alone else f"var(--{name})"


def comparison_chart(comparison: Comparison, width: int = 720, *, alone: bool = False) -> str:
    """An SVG with a panel for each set, and in it a row for each method.

    alone: as a file with colours of its own, white behind; otherwise inside of the page.
    """
    canvas = _Canvas(width, _top(comparison.rows), alone)
    untrained = any(score.untrained is not None for score in comparison.rows)
    parts, y = [_key(canvas, untrained=untrained)], 26.0
    for name, scores in comparison.sets.items():
        parts.append(_panel(canvas, name, scores, y))
        y += _HEAD + _ROW * len(scores) + _FOOT
    height = round(y)
    if alone:
        parts.insert(0, f'<rect width="{width}" height="{height}" fill="#ffffff"/>')
    outer = f'xmlns="http://www.w3.org/2000/svg" font-family="{_FONT}" ' if alone else ""
    size = f'width="{width}" height="{height}" ' if alone else 'class="chart" '
    return (
        f'<svg {outer}{size}viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Solve rates of the methods">{"".join(parts)}</svg>'
    )


def _top(scores: Sequence[Score]) -> float:
    """A round share above everything that is drawn."""
    seen = [float(np.max(score.scores.mean(axis=1))) for score in scores]
    seen += [max(score.mean, score.iqm) for score in scores]
    ends = [i for score in scores for i in (score.mean_interval, score.iqm_interval) if i]
    most = max([*seen, *(high for _, high in ends), *(s.untrained or 0 for s in scores), 0.05])
    return min(next(step for step in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if step >= most), 1)


def _key(canvas: _Canvas, *, untrained: bool) -> str:
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
        parts.append(mark(x, 12.0, colour) + _text(canvas, x + 10, 16, name))
        x += room
    return "".join(parts)


def _panel(canvas: _Canvas, name: str, scores: Sequence[Score], y: float) -> str:
    base = y + _HEAD + _ROW * len(scores)
    title = f"{name}: solve rate on {scores[0].scores.shape[1]:,} levels"
    parts = [_text(canvas, _SIDE, y + 20, _cut(title, canvas), "ink", bold=True)]
    for rate in ticks(0.0, canvas.top, 5):
        x = canvas.x(rate)
        parts.append(
            f'<path d="M{x:.1f} {y + _HEAD - 12:.1f}V{base:.1f}" '
            f'style="stroke:{canvas.paint("edge")};fill:none"/>'
            + _text(canvas, x, base + 16, percent_label(rate), anchor="middle")
        )
    for i, score in enumerate(scores):
        parts.append(_method(canvas, score, i, y + _HEAD + _ROW * i))
    return "".join(parts)


def _method(canvas: _Canvas, score: Score, number: int, y: float) -> str:
    """Name, then a lane for the mean with the seeds, and one for the IQM."""
    colour, x = canvas.colour(number), canvas.x
    seeds = "1 seed" if score.seeds == 1 else f"{score.seeds} seeds"
    name = f"{_cut(score.method, canvas, len(seeds) + 2)}, {seeds}"
    parts = [_text(canvas, _SIDE, y + 6, name, "ink")]
    mean, iqm = y + 21, y + 38
    parts += [_small(x(rate), mean + 8.5, colour) for rate in score.scores.mean(axis=1)]
    parts.append(_whisker(canvas, score.mean_interval, mean, colour))
    parts.append(_whisker(canvas, score.iqm_interval, iqm, colour))
    parts.append(_dot(x(score.mean), mean, colour))
    parts.append(_diamond(x(score.iqm), iqm, colour))
    if score.untrained is not None:
        parts.append(_bar(x(score.untrained), mean, canvas.paint("muted")))
    words = f"{score.method}: mean {100 * score.mean:.1f} %, IQM {100 * score.iqm:.1f} %"
    return f"<g><title>{escape(words)}</title>{''.join(parts)}</g>"


def _whisker(canvas: _Canvas, interval: Interval, y: float, colour: str) -> str:
    if interval is None:
        return ""
    low, high = (canvas.x(end) for end in interval)
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


def _cut(text: str, canvas: _Canvas, less: int = 0) -> str:
    most = int((canvas.width - 2 * _SIDE) / _LETTER) - less
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _text(
    canvas: _Canvas,
    x: float,
    y: float,
    text: str,
    paint: str = "muted",
    *,
    anchor: str = "start",
    bold: bool = False,
) -> str:
    weight = ";font-weight:600" if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
        f'style="fill:{canvas.paint(paint)};font-size:12px{weight}">{escape(text)}</text>'
    )
