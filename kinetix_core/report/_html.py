"""Pieces of HTML that the sections share."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

from ._chart import COLOURS


def section(name: str, title: str, *content: str, note: str = "") -> str:
    """A panel of the page; nothing where there is no content."""
    inside = "".join(content)
    if not inside:
        return ""
    said = f'<p class="muted">{note}</p>' if note else ""
    return f'<section id="{name}"><h2>{escape(title)}</h2>{said}{inside}</section>\n'


def place(part: str, name: str) -> str:
    """The id of a section about one run."""
    return f"{part}-{''.join(c if c.isalnum() else '-' for c in name)}"


def figure(chart: str, title: str = "", caption: str = "") -> str:
    """A chart with its title above and words below."""
    head = f"<h3>{escape(title)}</h3>" if title else ""
    tail = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f"<figure>{head}{chart}{tail}</figure>"


def legend(names: Sequence[str]) -> str:
    """Names beside the colours of the same numbers."""
    marks = "".join(
        f'<span><i style="background:var(--c{i % COLOURS})"></i>{escape(name)}</span>'
        for i, name in enumerate(names)
    )
    return f'<p class="legend">{marks}</p>'


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


def picture(light: str, dark: str, text: str) -> str:
    """An SVG in both themes, each a document of its own (their ids do not meet)."""

    def address(svg: str) -> str:
        return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"

    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{address(dark)}">'
        f'<img src="{address(light)}" alt="{escape(text, quote=True)}"></picture>'
    )
