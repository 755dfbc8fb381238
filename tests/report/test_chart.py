"""Charts: round ticks, means of neighbours, numbers in few signs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinetix_core.report import (
    Axes,
    Canvas,
    Cell,
    Line,
    grid_chart,
    line_chart,
    short,
    stepped_line,
    ticks,
)
from kinetix_core.report._chart import thinned


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 409_600, 4, [0, 200_000, 400_000]),
        (-0.3, 0.3, 3, [-0.2, 0, 0.2]),
        (2, 2, 5, [2]),
    ],
)
def test_ticks_are_round(low, high, count, expected):
    assert ticks(low, high, count) == pytest.approx(expected)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8))
def test_ticks_lie_within(low, span, count):
    found = ticks(low, low + span, count)
    room = 1e-6 * (span + abs(low))
    assert all(low - room <= tick <= low + span + room for tick in found)
    assert len(found) <= count + 1


def test_many_points_become_means_of_neighbours():
    points = [(float(i), float(i % 2)) for i in range(1000)]
    found = thinned(points, 250)
    assert len(found) == 250
    assert found[0] == (1.5, 0.5)
    assert thinned(points[:5], 250) == points[:5]
    assert thinned([]) == []


def test_numbers_in_few_signs():
    assert [short(x) for x in (0, 0.00312, 1, 1500, 2_500_000, 1e9)] == [
        "0",
        "0.00312",
        "1",
        "1.5 k",
        "2.5 M",
        "1 G",
    ]


def drawn(*lines, axes=None, width=400):
    return line_chart(lines, axes, title="t").draw(Canvas(width)).content


def test_a_curve_of_one_point_is_a_dot_and_a_constant_has_room():
    assert drawn(Line("one", [(1.0, 3.0)])).count("<circle") == 1
    flat = drawn(Line("flat", [(0.0, 2.0), (1.0, 2.0)]))
    assert "nan" not in flat
    assert "<circle" not in flat


def test_steps_keep_the_value_up_to_each_point():
    line = stepped_line(Line("s", [(0.0, 1.0), (0.5, 0.6), (1.0, 0.2)]))
    assert line.points == [(0.0, 1.0), (0.0, 0.6), (0.5, 0.6), (0.5, 0.2), (1.0, 0.2)]


def test_marks_are_named_as_far_as_there_is_room():
    axes = Axes(marks=[(0.0, "first"), (5.0, "a very long name of a set of levels")])
    found = drawn(Line("l", [(0.0, 1.0), (10.0, 2.0)]), axes=axes)
    assert ">first</text>" in found
    assert re.search(r">a very long n[^<]*…</text>", found)


def test_a_name_without_room_is_left_to_the_title():
    axes = Axes(marks=[(0.0, "first"), (9.9, "second")])
    found = drawn(Line("l", [(0.0, 1.0), (10.0, 2.0)]), axes=axes)
    assert "<title>second</title>" in found
    assert ">first</text>" in found
    assert len(re.findall(r"…|second", found)) == 1


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (52.66, 52.81, ["52.7", "52.75", "52.8"]),
        (0.0, 1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (1_000_000, 1_000_400, ["1 M", "1.0001 M", "1.0002 M", "1.0003 M", "1.0004 M"]),
    ],
)
def test_ticks_have_the_digits_that_tell_them_apart(low, high, labels):
    found = drawn(Line("l", [(0.0, low), (1.0, high)]), axes=Axes(low=low, high=high))
    assert re.findall(r'text-anchor="end"[^>]*>([^<]*)<', found) == labels


def test_columns_that_do_not_fit_go_on_below():
    columns = [f"method {i}" for i in range(20)]
    chart = grid_chart(["level"], columns, [[Cell("50", 0.5)] * 20], title="t")
    wide, narrow = (chart.draw(Canvas(width)) for width in (900, 320))
    assert wide.content.count(">level<") == 1
    assert narrow.content.count(">level<") == 3
    assert narrow.content.count(">50<") == wide.content.count(">50<") == 20
    assert narrow.height > wide.height
