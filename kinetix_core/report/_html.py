"""Pieces of HTML that the panels share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape

from kinetix_core.interfaces import Chart, Drawing, Missing

from ._canvas import COLOURS, Canvas

_WIDE, _NARROW, _SMALL = 900, 380, 400


def section(name: str, title: str, *content: str, note: str = "") -> str:
    """A panel of the page; nothing where there is no content."""
    inside = "".join(content)
    if not inside:
        return ""
    said = f'<p class="muted">{note}</p>' if note else ""
    return f'<section id="{name}"><h2>{escape(title)}</h2>{said}{inside}</section>\n'


def figure_section(name: str, drawn: Drawing | Missing) -> str:
    """The panel of a figure: what it shows, or why there is nothing."""
    if isinstance(drawn, Missing):
        title = name.replace("_", " ").capitalize()
        return section(name, title, notice(f"Nothing to show: {drawn.why}"))
    small = [c for c in drawn.charts if c.small]
    parts = [notice(text) for text in drawn.notices]
    titled = len(drawn.charts) > 1
    parts += [chart_figure(chart, titled=titled) for chart in drawn.charts if not chart.small]
    if small:
        parts += [chart_row([replace(c, legend=()) for c in small]), legend(small[0].legend)]
    for shown in drawn.shown:
        head = f"<h3>{escape(shown.title)}</h3>" if shown.title else ""
        note = f'<p class="muted">{escape(shown.note)}</p>' if shown.note else ""
        rows = ([escape(cell) for cell in row] for row in shown.rows)
        parts.append(f"{head}{note}{table(shown.head, rows)}")
    return section(name, drawn.title, *parts, drawn.html, note=escape(drawn.note))


def chart_row(charts: Sequence[Chart]) -> str:
    """Small charts beside each other where there is room."""
    return f'<div class="charts">{"".join(map(chart_figure, charts))}</div>'


def chart_figure(chart: Chart, *, titled: bool = True) -> str:
    """A chart with its title above and words below, in both widths unless it is small."""
    head = f"<h3>{escape(chart.title)}</h3>" if titled else ""
    tail = f"<figcaption>{escape(chart.caption)}</figcaption>" if chart.caption else ""
    if chart.small:
        drawn = drawn_chart(chart, _SMALL)
    else:
        wide, narrow = (drawn_chart(chart, width) for width in (_WIDE, _NARROW))
        drawn = f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'
    return f"<figure>{head}{drawn}{legend(chart.legend)}{tail}</figure>"


def drawn_chart(chart: Chart, width: int) -> str:
    """The chart as an element of the page."""
    picture = chart.draw(Canvas(width))
    return (
        f'<svg class="chart" viewBox="0 0 {width} {picture.height}" role="img" '
        f'aria-label="{escape(chart.title, quote=True)}">{picture.content}</svg>'
    )


def notice(text: str) -> str:
    """A line that must not be missed."""
    return f'<p class="notice">{escape(text)}{"" if text.endswith(".") else "."}</p>'


def legend(names: Sequence[str]) -> str:
    """Names beside the colours of the same numbers; nothing where there are none."""
    marks = "".join(
        f'<span><i style="background:var(--c{i % COLOURS})"></i>{escape(name)}</span>'
        for i, name in enumerate(names)
    )
    return f'<p class="legend">{marks}</p>' if marks else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that scrolls by itself where it is wider than the page. Cells are HTML."""
    titles = "".join(f"<th>{escape(text)}</th>" for text in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{titles}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def code(text: str) -> str:
    """A command, to be copied."""
    return f'<pre class="command"><code>{escape(text)}</code></pre>'
