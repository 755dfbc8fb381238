"""The files beside a page: each figure as SVG and PNG, its numbers as CSV."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from kinetix_core.interfaces import Chart, Drawing

from ._canvas import LETTER, Canvas, cut

WIDTH = 900
"""Pixels of a file."""
_SIDE, _TITLE, _LEGEND, _GAP = 16, 26, 22, 14
_FONT = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
HOW_TO_PNG = "figures as PNG need the package resvg-py: pip install 'open-kinetix[png]'"


def figure_svg(drawing: Drawing) -> str:
    """All charts of a figure below each other, with titles and legends, in colours of their own."""
    canvas = Canvas(WIDTH - 2 * _SIDE, alone=True)
    parts, y = [canvas.text(_SIDE, 28, drawing.title, "ink", size=17, bold=True)], 44.0
    for i, chart in enumerate(drawing.charts):
        if len(drawing.charts) > 1:
            parts.append(canvas.text(_SIDE, y + 14, chart.title, "ink", bold=True))
            y += _TITLE
        picture = chart.draw(canvas)
        parts.append(f'<g transform="translate({_SIDE} {y:.0f})">{picture.content}</g>')
        y += picture.height
        if not chart.small or i == len(drawing.charts) - 1:
            drawn, rows = _legend(canvas, chart, y + 14)
            parts.append(drawn)
            y += rows * _LEGEND
        y += _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" font-family="{_FONT}" width="{WIDTH}" '
        f'height="{y:.0f}" viewBox="0 0 {WIDTH} {y:.0f}" role="img" '
        f'aria-label="{escape(drawing.title, quote=True)}">'
        f'<rect width="{WIDTH}" height="{y:.0f}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _legend(canvas: Canvas, chart: Chart, y: float) -> tuple[str, int]:
    """Names beside their colours, in as many rows as they take."""
    parts, x, rows = [], float(_SIDE), min(len(chart.legend), 1)
    for i, name in enumerate(chart.legend):
        name = cut(name, canvas.width - 20)
        room = 20 + LETTER * len(name) + 14
        if x + room > WIDTH - _SIDE and x > _SIDE:
            x, rows = float(_SIDE), rows + 1
        foot = y + (rows - 1) * _LEGEND
        mark = f'<rect x="{x:.1f}" y="{foot - 10:.1f}" width="11" height="11" rx="3" '
        parts.append(f'{mark}style="fill:{canvas.colour(i)}"/>')
        parts.append(canvas.text(x + 17, foot, name))
        x += room
    return "".join(parts), rows


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows under their keys; what there is not is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def can_write_png() -> bool:
    """Whether the package that does it is installed."""
    return importlib.util.find_spec("resvg_py") is not None


def figure_png(svg: str) -> bytes:
    """The picture, two pixels wide for each of its own. Needs `can_write_png`."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=2))
