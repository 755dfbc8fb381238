"""Intervals against scipy, against cases worked out by hand, and by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from kinetix_core.errors import SettingError
from kinetix_core.evaluate import mean_interval, wilson_interval


@pytest.mark.parametrize("attempts", [1, 2, 5, 20, 100, 10_000])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_equals_scipy(attempts, confidence):
    for successes in sorted({0, 1, attempts // 3, attempts // 2, attempts - 1, attempts}):
        expected = stats.binomtest(successes, attempts).proportion_ci(confidence, "wilson")
        got = wilson_interval(successes, attempts, confidence)
        np.testing.assert_allclose(got, (expected.low, expected.high), atol=1e-12)


def test_wilson_by_hand():
    # 0 of n: high = z² / (n + z²), with z = 1.959964.
    z2 = 1.959964**2
    assert wilson_interval(0, 20) == (0.0, pytest.approx(z2 / (20 + z2), abs=1e-6))
    assert wilson_interval(20, 20) == (pytest.approx(20 / (20 + z2), abs=1e-6), 1.0)
    low, high = wilson_interval(10, 20)
    assert (low + high) / 2 == pytest.approx(0.5)


def test_the_mean_of_one_level_has_its_own_interval():
    np.testing.assert_allclose(mean_interval([(7, 20)]), wilson_interval(7, 20), atol=1e-12)


def test_the_mean_of_equal_levels_narrows_by_the_root_of_their_number():
    low, high = wilson_interval(7, 20)
    got = mean_interval([(7, 20)] * 9)
    expected = 0.35 - (0.35 - low) / math.sqrt(9), 0.35 + (high - 0.35) / math.sqrt(9)
    np.testing.assert_allclose(got, expected, atol=1e-12)


def test_the_interval_of_the_mean_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    rates = np.array([0.02, 0.1, 0.5, 0.8, 0.97, 1.0])
    trials = rng.binomial(20, rates, (2000, len(rates)))
    ends = np.array([mean_interval([(int(s), 20) for s in row]) for row in trials])
    covered = np.mean((ends[:, 0] <= rates.mean()) & (rates.mean() <= ends[:, 1]))
    assert 0.94 < covered < 0.985  # never below what it says, by more than chance


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0), "attempts=0: at least 1"),
        ((3, 2), "successes=3: 0 to attempts=2"),
        ((-1, 2), "successes=-1"),
        ((1, 2, 1.0), "confidence=1.0"),
    ],
)
def test_what_is_no_proportion_is_refused(arguments, message):
    with pytest.raises(SettingError, match=message):
        wilson_interval(*arguments)
