"""Samples, turns, medians and ratios."""

import pytest

from kinetix_core.bench._clock import (
    Sample,
    Work,
    interleave,
    measure,
    ratios,
    summary,
)


def burn(seconds_of_work: int = 20_000) -> int:
    return sum(range(seconds_of_work))


def test_a_sample_lasts_at_least_as_long_as_asked():
    sample = measure(Work(burn, 3), least=0.02)
    assert sample.wall >= 0.02
    assert sample.steps % 3 == 0
    assert sample.steps > 3
    assert sample.cpu > 0


def test_a_long_call_is_made_once():
    calls = []
    sample = measure(Work(lambda: calls.append(1), 5), least=0.0)
    assert len(calls) == 1
    assert sample.steps == 5


def test_rates():
    sample = Sample(steps=100, cpu=0.5, wall=2.0)
    assert sample.per_cpu_second == 200
    assert sample.per_wall_second == 50


def test_programs_take_turns_and_the_order_alternates():
    seen = []
    works = {name: Work(lambda name=name: seen.append(name), 1) for name in "abc"}
    samples = interleave(works, repeats=3, least=0.0)
    assert seen == list("abcabccbaabc")  # one untimed call each comes first
    assert [len(samples[name]) for name in "abc"] == [3, 3, 3]


def test_the_ratio_is_taken_repeat_by_repeat():
    # the second repeat met a busy machine: both halved, their ratio did not
    found = ratios([100.0, 50.0, 120.0], [10.0, 5.0, 10.0])
    assert (found.median, found.least, found.most) == (10.0, 10.0, 12.0)


def test_ratios_need_as_many_of_each():
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_summary_reads_as_median_and_range():
    assert str(summary([320.4, 301.0, 350.0])) == "320 [301..350]"
