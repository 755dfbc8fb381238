"""Line charts as SVG: the same numbers, the same bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape

from kinetix_core.interfaces import Chart, Picture

from ._canvas import LETTER, Canvas, cut

Point = tuple[float, float]
_MARGIN = {"left": 52, "right": 12, "top": 10, "bottom": 38}
_MARKS = 16
"""Pixels above the plot for the names of marks."""
_MOST_POINTS = 300


@dataclass(frozen=True)
class Line:
    """One curve. colour: number of a colour. faint: drawn thin and pale, behind the others.
    dots: whether each point is marked, as for few points. path: whether they are joined.
    band: lower and upper ends of a shaded area around it, as many points as the curve has."""

    name: str
    points: Sequence[Point]
    colour: int = 0
    faint: bool = False
    dots: bool = False
    band: tuple[Sequence[Point], Sequence[Point]] | None = None
    dashed: bool = False
    path: bool = True


@dataclass(frozen=True)
class Axes:
    """What the axes of a chart say. low, high, right: ends; None: of the numbers. The x axis
    begins at 0. marks: vertical lines with a name each, by x."""

    x_title: str = ""
    low: float | None = None
    high: float | None = None
    right: float | None = None
    label: Callable[[float], str] | None = None
    x_label: Callable[[float], str] | None = None
    marks: Sequence[tuple[float, str]] = ()


def line_chart(
    lines: Sequence[Line],
    axes: Axes | None = None,
    *,
    title: str,
    legend: Sequence[str] = (),
    caption: str = "",
    small: bool = False,
) -> Chart:
    """The curves over common axes."""
    chosen = axes or Axes()
    kept = tuple(lines)

    def draw(canvas: Canvas) -> Picture:
        height = 230 if small else 260 if canvas.narrow else 320
        return Picture(height, _content(canvas, height, kept, chosen))

    return Chart(title, draw, tuple(legend), caption, small)


def _content(canvas: Canvas, height: int, lines: Sequence[Line], axes: Axes) -> str:
    ends = [p for line in lines if line.band for points in line.band for p in points]
    points = [p for line in lines for p in line.points] + ends
    bottom, top = _range([y for _, y in points], axes.low, axes.high)
    right = axes.right or max((x for x, _ in points), default=1.0) or 1.0
    head = _MARGIN["top"] + (_MARKS if axes.marks else 0)
    plot = _Plot(canvas, height, head, right, bottom, top)
    parts = [_grid(plot, axes), _marks(plot, axes.marks)]
    parts += [_band(plot, line) for line in lines]
    parts += [_curve(plot, line) for line in sorted(lines, key=lambda line: not line.faint)]
    return "".join(parts)


@dataclass(frozen=True)
class _Plot:
    canvas: Canvas
    height: int
    head: int
    right: float
    bottom: float
    top: float

    @property
    def width(self) -> int:
        return self.canvas.width

    def x(self, value: float) -> float:
        room = self.width - _MARGIN["left"] - _MARGIN["right"]
        return _MARGIN["left"] + room * value / self.right

    def y(self, value: float) -> float:
        room = self.height - self.head - _MARGIN["bottom"]
        value = min(max(value, self.bottom), self.top)
        return self.head + room * (self.top - value) / (self.top - self.bottom)


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


def _grid(plot: _Plot, axes: Axes) -> str:
    canvas, parts = plot.canvas, []
    values = ticks(plot.bottom, plot.top, 5)
    for value, label in zip(values, _labels(values, axes.label), strict=True):
        y = plot.y(value)
        parts.append(
            f'<path d="M{_MARGIN["left"]} {y:.1f}H{plot.width - _MARGIN["right"]}" '
            f'style="stroke:{canvas.paint("edge")};fill:none"/>'
            + canvas.text(_MARGIN["left"] - 6, y + 4, label, anchor="end")
        )
    base = plot.height - _MARGIN["bottom"]
    values = ticks(0.0, plot.right, max(plot.width // 110, 2))
    for value, label in zip(values, _labels(values, axes.x_label), strict=True):
        x = min(plot.x(value), plot.width - 0.6 * LETTER * len(label))
        parts.append(canvas.text(x, base + 16, label, anchor="middle"))
    if axes.x_title:
        middle = (_MARGIN["left"] + plot.width - _MARGIN["right"]) / 2
        parts.append(canvas.text(middle, plot.height - 5, axes.x_title, anchor="middle"))
    return "".join(parts)


def _marks(plot: _Plot, marks: Sequence[tuple[float, str]]) -> str:
    """Dashed lines over the height, each with its name as far as there is room to the next: none
    where that is less than four letters."""
    parts, base = [], plot.height - _MARGIN["bottom"]
    ends = [plot.x(x) for x, _ in marks[1:]] + [plot.width - _MARGIN["right"]]
    for (value, name), end in zip(marks, ends, strict=False):
        x = plot.x(value)
        room = end - x - 6
        words = plot.canvas.text(x + 3, plot.head - 8, cut(name, room), size=11)
        parts.append(
            f'<g><title>{escape(name)}</title><path d="M{x:.1f} {plot.head - 6}V{base}" '
            f'style="stroke:{plot.canvas.paint("muted")};stroke-dasharray:3 3;fill:none"/></g>'
            + (words if room >= 4 * LETTER else "")
        )
    return "".join(parts)


def _curve(plot: _Plot, line: Line) -> str:
    points = thinned(line.points) if line.path else list(line.points)
    if not points:
        return ""
    places = [(plot.x(x), plot.y(y)) for x, y in points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places) if line.path else ""
    colour = plot.canvas.colour(line.colour)
    thin = 1 if line.faint else 2
    dash = ";stroke-dasharray:6 4" if line.dashed else ""
    style = f"stroke:{colour};stroke-width:{thin}{dash};stroke-linejoin:round;fill:none"
    drawn = f'<path d="M{path}" style="{style}"/>' if path else ""
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" style="fill:{colour}"/>'
        for x, y in places
        if line.dots or len(places) == 1
    )
    pale = ' style="opacity:0.4"' if line.faint else ""
    return f'<g class="line"{pale}><title>{escape(line.name)}</title>{drawn}{dots}</g>'


def _band(plot: _Plot, line: Line) -> str:
    if line.band is None or not line.points:
        return ""
    low, high = (thinned(points) for points in line.band)
    path = "L".join(f"{plot.x(x):.1f} {plot.y(y):.1f}" for x, y in [*low, *reversed(high)])
    style = f"fill:{plot.canvas.colour(line.colour)};opacity:0.16"
    return f'<g class="band"><path d="M{path}Z" style="{style}"/></g>'


def stepped(points: Sequence[Point]) -> list[Point]:
    """The corners of a function that has the value of each point up to and including its x."""
    found, last = [], 0.0
    for x, y in points:
        found += [(last, y), (x, y)] if x > last else [(x, y)]
        last = x
    return found


def stepped_line(line: Line) -> Line:
    """The line and its band as steps (see `stepped`)."""
    band = line.band and (stepped(line.band[0]), stepped(line.band[1]))
    return replace(line, points=stepped(line.points), band=band)


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


def short(value: float, digits: int = 3) -> str:
    """A number in few signs, of so many digits at least: `1.5 M`, `20 k`, `0.003`."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.{max(digits, 4)}g} {sign}"
    return f"{value:.{digits}g}"


def _labels(values: Sequence[float], label: Callable[[float], str] | None) -> list[str]:
    """Of ticks: by `label`, or else with the digits that tell one from the next."""
    if label is not None:
        return [label(value) for value in values]
    largest = max(map(abs, values), default=0.0)
    step = values[1] - values[0] if len(values) > 1 else largest
    digits = math.floor(math.log10(largest)) - math.floor(math.log10(step)) + 1 if step > 0 else 3
    return [short(value, max(digits, 3)) for value in values]


def percent_label(value: float) -> str:
    """A share as `40 %`."""
    return f"{100 * value:.0f} %"


SHARES = Axes(low=0.0, high=1.0, label=percent_label)
"""The y axis of shares."""
