"""Line charts as inline SVG: coloured by the page's own style, the same numbers, the same bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]
COLOURS = 8
"""How many the page's style has: `--c0` and so on."""
_MARGIN = {"left": 46, "right": 12, "top": 10, "bottom": 38}
_MOST_POINTS = 300


@dataclass(frozen=True)
class Line:
    """One curve. colour: number of a colour. faint: drawn thin and pale, behind the others.
    dots: whether each point is marked, as for few points. band: lower and upper ends of a shaded
    area around it, as many points as the curve has."""

    name: str
    points: Sequence[Point]
    colour: int = 0
    faint: bool = False
    dots: bool = False
    band: tuple[Sequence[Point], Sequence[Point]] | None = None


def line_chart(
    lines: Sequence[Line],
    *,
    width: int = 400,
    height: int = 230,
    title: str,
    x_title: str = "",
    low: float | None = None,
    high: float | None = None,
    label: Callable[[float], str] | None = None,
) -> str:
    """The curves over a common axis. `low`, `high`: ends of the y axis; None: of the numbers."""
    ends = [p for line in lines if line.band for points in line.band for p in points]
    points = [p for line in lines for p in line.points] + ends
    bottom, top = _range([y for _, y in points], low, high)
    right = max((x for x, _ in points), default=1.0) or 1.0
    plot = _Plot(width, height, right, bottom, top)
    parts = [_grid(plot, label or short, x_title)]
    parts += [_band(plot, line) for line in lines]
    parts += [_curve(plot, line) for line in sorted(lines, key=lambda line: not line.faint)]
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}">{"".join(parts)}</svg>'
    )


@dataclass(frozen=True)
class _Plot:
    width: int
    height: int
    right: float
    bottom: float
    top: float

    def x(self, value: float) -> float:
        room = self.width - _MARGIN["left"] - _MARGIN["right"]
        return _MARGIN["left"] + room * value / self.right

    def y(self, value: float) -> float:
        room = self.height - _MARGIN["top"] - _MARGIN["bottom"]
        value = min(max(value, self.bottom), self.top)
        return _MARGIN["top"] + room * (self.top - value) / (self.top - self.bottom)


def _range(values: Sequence[float], low: float | None, high: float | None) -> tuple[float, float]:
    bottom = min(values, default=0.0) if low is None else low
    top = max(values, default=1.0) if high is None else high
    if top <= bottom:
        top = bottom + (abs(bottom) or 1.0) * 0.1
    if low is None and high is None:
        room = 0.06 * (top - bottom)
        # a curve of positive numbers near 0 begins at 0
        bottom = 0.0 if 0 <= bottom < 0.4 * top else bottom - room
        top += room
    return bottom, top


def _grid(plot: _Plot, label: Callable[[float], str], x_title: str) -> str:
    parts = []
    for value in ticks(plot.bottom, plot.top, 5):
        y = plot.y(value)
        parts.append(
            f'<path class="grid" d="M{_MARGIN["left"]} {y:.1f}H{plot.width - _MARGIN["right"]}"/>'
            f'<text x="{_MARGIN["left"] - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{escape(label(value))}</text>"
        )
    base = plot.height - _MARGIN["bottom"]
    for value in ticks(0.0, plot.right, max(plot.width // 110, 2)):
        x = plot.x(value)
        parts.append(
            f'<text x="{x:.1f}" y="{base + 16}" text-anchor="middle">{escape(short(value))}</text>'
        )
    if x_title:
        middle = (_MARGIN["left"] + plot.width - _MARGIN["right"]) / 2
        parts.append(
            f'<text x="{middle:.1f}" y="{plot.height - 5}" text-anchor="middle">'
            f"{escape(x_title)}</text>"
        )
    return "".join(parts)


def _curve(plot: _Plot, line: Line) -> str:
    points = thinned(line.points)
    if not points:
        return ""
    places = [(plot.x(x), plot.y(y)) for x, y in points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    style = f'style="--c:var(--c{line.colour % COLOURS})"'
    name = f"<title>{escape(line.name)}</title>"
    faint = " faint" if line.faint else ""
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>'
        for x, y in places
        if line.dots or len(places) == 1
    )
    return f'<g class="line{faint}" {style}>{name}<path d="M{path}"/>{dots}</g>'


def _band(plot: _Plot, line: Line) -> str:
    if line.band is None or not line.points:
        return ""
    low, high = (thinned(points) for points in line.band)
    path = "L".join(f"{plot.x(x):.1f} {plot.y(y):.1f}" for x, y in [*low, *reversed(high)])
    style = f'style="--c:var(--c{line.colour % COLOURS})"'
    return f'<g class="band" {style}><path d="M{path}Z"/></g>'


def thinned(points: Sequence[Point], most: int = _MOST_POINTS) -> list[Point]:
    """At most so many points: means of neighbours."""
    size = -(-len(points) // most)
    parts = [points[i : i + size] for i in range(0, len(points), max(size, 1))]
    return [(_mean([x for x, _ in part]), _mean([y for _, y in part])) for part in parts]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def ticks(low: float, high: float, count: int) -> list[float]:
    """About `count` round numbers within low..high: steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not (span > 0 and math.isfinite(span)):
        return [low]
    power = 10 ** math.floor(math.log10(span / count))
    step = next(power * m for m in (1, 2, 5, 10) if power * m * count >= span * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def short(value: float) -> str:
    """A number in few signs: `1.5 M`, `20 k`, `0.003`."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g} {sign}"
    return f"{value:.3g}"


def percent_label(value: float) -> str:
    """A share as `40 %`."""
    return f"{100 * value:.0f} %"
