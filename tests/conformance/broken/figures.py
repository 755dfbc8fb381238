"""Figures that break a promise each."""

import itertools
from dataclasses import dataclass

from kinetix_core.interfaces import Chart, Drawing, Figure, Missing, Picture
from kinetix_core.report import Line, line_chart

_calls = itertools.count()


@dataclass(frozen=True)
class Steps(Figure):
    """How far each run went."""

    def draw(self, data):
        lines = [Line(run.record.name, [(1, 2), (3, 4)]) for run in data.runs]
        rows = [{"run": run.record.name, "steps": 3} for run in data.runs]
        return Drawing("Steps", charts=(line_chart(lines, title="Steps"),), table=rows)


class Unfrozen(Steps):
    __hash__ = None


class Empty(Steps):
    def draw(self, data):
        return Drawing("Steps")


class Silent(Steps):
    def draw(self, data):
        return Missing(" ")


class Raw(Steps):
    def draw(self, data):
        return "<svg/>"


class Spoilt(Steps):
    def draw(self, data):
        return super().draw(data) if data.comparison.sets else Drawing("Steps")


class Restless(Steps):
    def draw(self, data):
        return Drawing("Steps", html=f"<p>{next(_calls)}</p>")


@dataclass(frozen=True)
class Drawn(Steps):
    """A chart of this height and content."""

    height: int
    content: str

    def draw(self, data):
        chart = Chart("Steps", lambda canvas: Picture(self.height, self.content))
        return Drawing("Steps", charts=(chart,))


class Ragged(Steps):
    def draw(self, data):
        return Drawing("Steps", html="<p>1</p>", table=[{"a": 1}, {"b": 1}])


def _make(kind):
    return lambda task: kind()


GOOD = _make(Steps)
BROKEN = {
    "is_a_frozen_dataclass": [_make(Unfrozen)],
    "draws_or_says_why": [_make(Empty), _make(Silent), _make(Raw)],
    "takes_runs_with_nothing_to_show": [_make(Spoilt)],
    "draws_the_same_again": [_make(Restless)],
    "charts_are_whole": [
        lambda task: Drawn(0, ""),
        lambda task: Drawn(10, "<g>"),
        lambda task: Drawn(10, '<path d="M1 nan"/>'),
        lambda task: Drawn(10, '<text x="500" y="5">far</text>'),
    ],
    "files_need_no_page": [lambda task: Drawn(10, '<rect style="fill:var(--c1)"/>')],
    "rows_have_the_same_columns": [_make(Ragged)],
}
