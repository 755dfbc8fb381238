"""Figures: what a report shows of runs, as charts, tables and numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kinetix_core.report import Canvas, ReportData


@dataclass(frozen=True)
class Picture:
    """What a chart draws: elements of SVG on a canvas that is `height` pixels high."""

    height: int
    content: str


@dataclass(frozen=True)
class Chart:
    """One picture of a figure, drawn in every width that is asked for.

    draw: puts it on a canvas. legend: names of the colours 0, 1, ... caption: words below it.
    small: it stands beside others where there is room.
    """

    title: str
    draw: Callable[[Canvas], Picture]
    legend: Sequence[str] = ()
    caption: str = ""
    small: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the panel; cells are text."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Drawing:
    """A figure that has something to show.

    note: what the numbers are, below the title. notices: lines that a reader must not miss.
    table: rows of the CSV file, with the same keys in each. shown: tables on the page.
    html: further content of the panel, as HTML that needs nothing from outside.
    """

    title: str
    note: str = ""
    charts: Sequence[Chart] = ()
    table: Sequence[Mapping[str, Any]] = ()
    shown: Sequence[Table] = ()
    notices: Sequence[str] = ()
    html: str = ""


@dataclass(frozen=True)
class Missing:
    """A figure that has nothing to show, and why, in one line.

    fault: what should be there cannot be had. The page says so even where nobody asked for the
    figure by name.
    """

    why: str
    fault: bool = False


class Figure(ABC):
    """What stands behind a name in `kinetix report --figures` and in the `figures` of a study.

    A frozen dataclass, built as `factory(config, task)` with the defaults of its settings and an
    empty task.
    """

    @abstractmethod
    def draw(self, data: ReportData) -> Drawing | Missing:
        """The figure of these runs: the same bytes for the same runs, without clock or paths."""
