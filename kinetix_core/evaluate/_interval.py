"""Intervals for solve rates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from kinetix_core.errors import SettingError


def wilson_interval(successes: int, attempts: int, confidence: float = 0.95) -> tuple[float, float]:
    """The Wilson score interval of a proportion, (low, high) within 0..1.

    With p = successes / attempts and z the normal quantile of (1 + confidence) / 2:
    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). Unlike p ± z sqrt(p(1-p)/n) it is
    right for few attempts and for rates near 0 and 1. Raises `SettingError` for counts that
    are no counts of successes, and a confidence that is not between 0 and 1.
    Source: Wilson, JASA 22 (1927), 209-212.
    """
    if attempts < 1:
        raise SettingError(f"attempts={attempts}: at least 1 is expected")
    if not 0 <= successes <= attempts:
        raise SettingError(f"successes={successes}: 0 to attempts={attempts} is expected")
    if not 0 < confidence < 1:
        raise SettingError(f"confidence={confidence}: a number between 0 and 1 is expected")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p, n = successes / attempts, attempts
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # The ends are exact at 0 and n successes; rounding must not push them past the rate.
    low = 0.0 if successes == 0 else (centre - spread) / scale
    high = 1.0 if successes == attempts else (centre + spread) / scale
    return low, high


def mean_interval(
    counts: Sequence[tuple[int, int]], confidence: float = 0.95
) -> tuple[float, float]:
    """An interval for the mean of several proportions, each given as (successes, attempts).

    The distances from each rate to the ends of its Wilson interval are combined as independent
    errors: mean - sqrt(sum (p_i - low_i)²) / L, and likewise above. It says how far attempts on
    these levels by this policy could have come out otherwise; it says nothing about other levels
    or training seeds. Source: Zou and Donner, Statistics in Medicine 27 (2008), 1693-1702.
    """
    if not counts:
        raise SettingError("levels: at least one is expected")
    rates = [successes / attempts for successes, attempts in counts]
    ends = [wilson_interval(successes, attempts, confidence) for successes, attempts in counts]
    mean = sum(rates) / len(rates)
    below = math.hypot(*(rate - low for rate, (low, _) in zip(rates, ends, strict=True)))
    above = math.hypot(*(high - rate for rate, (_, high) in zip(rates, ends, strict=True)))
    return max(mean - below / len(rates), 0.0), min(mean + above / len(rates), 1.0)
