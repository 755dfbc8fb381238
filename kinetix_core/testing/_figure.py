"""What a figure promises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from xml.etree import ElementTree

from kinetix_core.interfaces import Drawing, Figure, Missing, Task
from kinetix_core.report import Canvas, ReportData, figure_svg

from ._reports import example_report
from ._shared import is_a_frozen_dataclass

WIDTHS = (320, 380, 900)
"""Pixels: phones and a desktop."""
_BARE = {"seeds": 1, "evaluated": False, "parts": False}


@dataclass(frozen=True, eq=False)
class FigureCase:
    """data: the runs that it is drawn from; default: a study with every part there is."""

    component: Figure
    task: Task
    data: ReportData = field(default_factory=example_report)

    @cached_property
    def drawn(self) -> Drawing | Missing:
        return self.component.draw(self.data)

    def pictures(self) -> Iterator[tuple[Canvas, int, str]]:
        """Every chart at every width, on a page and in a file."""
        if isinstance(self.drawn, Drawing):
            for chart in self.drawn.charts:
                for width in WIDTHS:
                    for alone in (False, True):
                        canvas = Canvas(width, alone)
                        picture = chart.draw(canvas)
                        yield canvas, picture.height, picture.content


def draws_or_says_why(case: FigureCase) -> None:
    """It gives a Drawing with a title and content, or Missing with one line of why."""
    _complete(case.drawn)


def _complete(drawn: object) -> None:
    if isinstance(drawn, Missing):
        assert drawn.why.strip(), "Missing without a why"
        assert "\n" not in drawn.why, f"the why has several lines: {drawn.why!r}"
        return
    assert isinstance(drawn, Drawing), f"{drawn!r} is neither Drawing nor Missing"
    assert drawn.title.strip(), "the drawing has no title"
    found = (*drawn.charts, *drawn.shown, *drawn.notices, drawn.html)
    assert any(found), "there is neither chart, table, notice nor HTML: Missing says so"


def takes_runs_with_nothing_to_show(case: FigureCase) -> None:
    """A single run of each method that was never evaluated gives a Drawing or Missing, too."""
    _complete(case.component.draw(example_report(**_BARE)))


def draws_the_same_again(case: FigureCase) -> None:
    """The same runs give the same bytes and numbers."""
    again = case.component.draw(case.data)
    assert type(again) is type(case.drawn), f"{type(case.drawn).__name__} the first time only"
    if isinstance(again, Drawing) and isinstance(case.drawn, Drawing):
        assert figure_svg(again) == figure_svg(case.drawn), "another picture"
        assert list(again.table) == list(case.drawn.table), "other numbers"
        assert again.html == case.drawn.html, "other HTML"


def charts_are_whole(case: FigureCase) -> None:
    """At every width a chart is SVG without a number that is none, as high as it says."""
    for canvas, height, content in case.pictures():
        where = f"at {canvas.width} pixels"
        assert height > 0, f"{where} the height is {height}"
        try:
            ElementTree.fromstring(f"<svg>{content}</svg>")
        except ElementTree.ParseError as error:
            raise AssertionError(f"{where} it is no XML: {error}") from error
        assert not re.search(r'"[^"]*\b(nan|inf)\b[^"]*"', content), f"{where} a number is none"
        outside = [y for y in _places(content, "y") if not -1 <= y <= height + 1]
        outside += [x for x in _places(content, "x") if not -1 <= x <= canvas.width + 1]
        assert not outside, f"{where} something begins outside of the chart, at {outside[0]}"


def _places(content: str, axis: str) -> list[float]:
    """Where texts, rectangles and dots are."""
    return [float(x) for x in re.findall(rf'\b(?:{axis}|c{axis})="([-\d.]+)"', content)]


def files_need_no_page(case: FigureCase) -> None:
    """In a file of its own a chart names no colour of the page's style."""
    for canvas, _, content in case.pictures():
        if canvas.alone:
            assert "var(--" not in content, f"at {canvas.width} pixels: `var(--` in it"


def rows_have_the_same_columns(case: FigureCase) -> None:
    """Every row of the CSV file has the keys of the first, in its order."""
    if isinstance(case.drawn, Drawing) and case.drawn.table:
        first = list(case.drawn.table[0])
        other = next((list(row) for row in case.drawn.table if list(row) != first), None)
        assert other is None, f"{first} and {other}"


PROMISES = (
    is_a_frozen_dataclass,
    draws_or_says_why,
    takes_runs_with_nothing_to_show,
    draws_the_same_again,
    charts_are_whole,
    files_need_no_page,
    rows_have_the_same_columns,
)
