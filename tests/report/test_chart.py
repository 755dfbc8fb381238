"""Charts: round ticks, means of neighbours, numbers in few signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinetix_core.report._chart import Line, line_chart, short, thinned, ticks


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


def test_a_curve_of_one_point_is_a_dot_and_a_constant_has_room():
    chart = line_chart([Line("one", [(1.0, 3.0)])], title="t")
    assert chart.count("<circle") == 1
    flat = line_chart([Line("flat", [(0.0, 2.0), (1.0, 2.0)])], title="t")
    assert "nan" not in flat
    assert "<circle" not in flat
