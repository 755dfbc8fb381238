"""Grids of coloured cells with a number in each, as SVG: heat maps and matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kinetix_core.interfaces import Chart, Picture

from ._canvas import LETTER, Canvas, cut

_ROW, _GAP, _BLOCK = 24, 2, 14
_LEAST_CELL, _LEAST_NAMES, _MOST_CELL = 34, 96, 150
_STRONGEST = 0.55
"""Of the colour of a cell: its number can be read in front of it, in both themes."""


@dataclass(frozen=True)
class Cell:
    """text: the number. below: a smaller one, shown where there is room. strength: 0 to 1, how
    much of the colour is behind it."""

    text: str
    strength: float = 0.0
    colour: int = 1
    below: str = ""


def grid_chart(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[Cell]],
    *,
    title: str,
    caption: str = "",
) -> Chart:
    """A row of cells for each name, under the names of the columns. Columns that do not fit
    beside each other go on below, with the names of the rows again."""

    def draw(canvas: Canvas) -> Picture:
        names, size = _widths(canvas, rows, columns)
        at_once = max(int((canvas.width - names) / size), 1)
        parts, y = [], 0.0
        for start in range(0, len(columns), at_once):
            block = _Block(canvas, names, size, y)
            chosen = slice(start, start + at_once)
            parts.append(block.drawn(rows, columns[chosen], [row[chosen] for row in cells]))
            y = block.end + _BLOCK
        return Picture(round(y - _BLOCK + 4), "".join(parts))

    return Chart(title, draw, caption=caption)


def _widths(canvas: Canvas, rows: Sequence[str], columns: Sequence[str]) -> tuple[float, float]:
    """Of the names of rows, and of a column: names are cut before numbers are."""
    wanted = LETTER * max(map(len, rows), default=1) + 10
    left = max(canvas.width - _LEAST_CELL * len(columns), _LEAST_NAMES)
    names = min(wanted, left, 0.5 * canvas.width)
    cell = min(max((canvas.width - names) / len(columns), _LEAST_CELL), _MOST_CELL)
    return names, cell


@dataclass
class _Block:
    canvas: Canvas
    names: float
    size: float
    end: float

    def drawn(
        self, rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[Cell]]
    ) -> str:
        """Heads, then the rows; `end` moves to the foot."""
        deep = any(cell.below for row in cells for cell in row) and self.size >= 76
        parts, row_height = [self._heads(columns)], _ROW + 14 * deep
        for name, row in zip(rows, cells, strict=True):
            foot = self.end + _ROW / 2 + 4 + 7 * deep
            parts.append(self.canvas.text(0, foot, cut(name, self.names - 8), "ink"))
            parts += [
                self._cell(cell, self.names + i * self.size, row_height, deep)
                for i, cell in enumerate(row)
            ]
            self.end += row_height
        return "".join(parts)

    def _heads(self, columns: Sequence[str]) -> str:
        """Flat where every name fits over its column, upright otherwise."""
        longest = LETTER * max(map(len, columns))
        middle = self.names + self.size / 2
        if longest <= self.size - 4:
            self.end += _ROW
            return "".join(
                self.canvas.text(middle + i * self.size, self.end - 8, name, anchor="middle")
                for i, name in enumerate(columns)
            )
        self.end += min(longest, 150) + 8
        return "".join(
            self.canvas.text(middle + i * self.size + 4, self.end - 6, cut(name, 150), up=True)
            for i, name in enumerate(columns)
        )

    def _cell(self, cell: Cell, x: float, height: float, deep: bool) -> str:
        strength = _STRONGEST * min(max(cell.strength, 0.0), 1.0)
        middle, foot = x + self.size / 2, self.end + _ROW / 2 + 4
        below = ""
        if deep and cell.below:
            below = self.canvas.text(middle, foot + 14, cell.below, anchor="middle", size=11)
        return (
            f'<rect x="{x + _GAP / 2:.1f}" y="{self.end + _GAP / 2:.1f}" rx="3" '
            f'width="{self.size - _GAP:.1f}" height="{height - _GAP:.1f}" '
            f'style="fill:{self.canvas.colour(cell.colour)};fill-opacity:{strength:.3f}"/>'
            + self.canvas.text(middle, foot, cell.text, "ink", anchor="middle")
            + below
        )
