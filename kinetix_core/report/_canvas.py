"""The canvas that charts are drawn on: colours, text and pictures, on a page or in a file."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from html import escape

from kinetix_core.interfaces import Picture

COLOURS = 8
"""How many there are for methods and sets: `--c0` and so on in the style of the page."""
_COLOURS_OF_FILES = (
    *("#2f6fd6", "#1f8a3d", "#c2410c", "#8b3fa8", "#0e7c86", "#b4308b", "#96690a", "#4a515c"),
)
_PAINTS_OF_FILES = {"ink": "#1d232b", "muted": "#656e7a", "edge": "#dfe3e8", "panel": "#ffffff"}
LETTER = 7.2
"""Width of a letter of 12 pixels, at most."""


@dataclass(frozen=True)
class Canvas:
    """A place `width` pixels wide. alone: in a file of its own, which has light colours in it;
    otherwise on a page, whose style has them for both themes."""

    width: int
    alone: bool = False

    @property
    def narrow(self) -> bool:
        """Whether it is as wide as a phone."""
        return self.width < 600

    def colour(self, number: int) -> str:
        """One of the colours of methods, sets and runs."""
        i = number % COLOURS
        return _COLOURS_OF_FILES[i] if self.alone else f"var(--c{i})"

    def paint(self, name: str) -> str:
        """`ink`, `muted`, `edge` or `panel`."""
        return _PAINTS_OF_FILES[name] if self.alone else f"var(--{name})"

    def text(
        self,
        x: float,
        y: float,
        text: str,
        paint: str = "muted",
        *,
        anchor: str = "start",
        size: int = 12,
        bold: bool = False,
        up: bool = False,
    ) -> str:
        """A line of text with its foot at (x, y). up: read from below."""
        weight = ";font-weight:600" if bold else ""
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if up else ""
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn} '
            f'style="fill:{self.paint(paint)};font-size:{size}px{weight}">{escape(text)}</text>'
        )

    def sheet(self, light: str, dark: str, y: float = 0) -> Picture:
        """Pictures of levels as `kinetix_core.render` draws them for this width, in the theme of
        the page, from `y` on downwards."""
        found = re.search(r'height="(\d+)"', light)
        assert found, "an SVG with a height"
        themes = [("", light)] if self.alone else [("of-light", light), ("of-dark", dark)]
        images = (
            f'<image class="{name}" y="{y:.0f}" width="{self.width}" height="{found[1]}" '
            f'href="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"/>'
            for name, svg in themes
        )
        return Picture(int(found[1]), "".join(images))


def cut(text: str, room: float) -> str:
    """The text, shortened where it is wider than `room` pixels."""
    most = max(int(room / LETTER), 4)
    return text if len(text) <= most else f"{text[: most - 1]}…"
