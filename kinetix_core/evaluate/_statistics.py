"""What several training seeds say of a method: means, intervals, and which method is better.

Definitions: Agarwal et al., Deep Reinforcement Learning at the Edge of the Statistical Precipice
(2021), arXiv 2108.13264. Everywhere `scores` is an array (seeds, levels): row i holds the solve
rates of the agent trained with seed i.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kinetix_core.errors import SettingError

Statistic = Callable[..., Any]
"""Takes an array and `axis` (a number or several), and returns the array without these axes."""

FEWEST_SEEDS = 3
"""Below this there is no interval: resamples of one seed are all the same, and of two seeds they
show their distance and nothing else."""
RESAMPLES = 2000
_TOGETHER = 50
"""Resamples that are in memory at a time."""


def interquartile_mean(scores: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """The mean of what is left when a quarter of the numbers is cut off at either end.

    Over all seeds and levels together unless `axis` is given; of n numbers floor(n / 4) are cut at
    each end, as `scipy.stats.trim_mean(x, 0.25)` does.
    """
    x = np.asarray(scores, np.float64)
    axes = tuple(range(x.ndim)) if axis is None else np.atleast_1d(axis) % x.ndim
    rest = [i for i in range(x.ndim) if i not in axes]
    flat = x.transpose(*rest, *axes).reshape(*(x.shape[i] for i in rest), -1)
    count = flat.shape[-1]
    cut = count // 4
    if cut:
        flat = np.partition(flat, (cut, count - cut - 1), axis=-1)[..., cut : count - cut]
    return flat.mean(axis=-1)


def bootstrap_interval(
    scores: Any,
    statistic: Statistic = np.mean,
    *,
    separate: bool = False,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> tuple[float, float] | None:
    """Percentile bootstrap interval of `statistic(scores)` over training seeds, (low, high).

    What is resampled, with replacement: whole seeds, that is rows. All levels of a row were played
    by one agent and rise and fall together, and each resample holds every level equally often.
    `separate`: each level has agents of its own, as after fine-tuning on each; seeds are then
    resampled in each column for itself (the stratified bootstrap of Agarwal et al., where levels
    are tasks). For rows of one agent each that would be far too narrow.

    The levels are taken as they are: it says nothing about other levels. None below
    `FEWEST_SEEDS` seeds. Random numbers come from a fixed seed, so the same scores give the same
    interval. Raises `SettingError` for scores that are no such array.
    """
    x = _checked("scores", scores)
    if len(x) < FEWEST_SEEDS:
        return None
    rng = np.random.default_rng(0)
    found = []
    for start in range(0, resamples, _TOGETHER):
        count = min(_TOGETHER, resamples - start)
        if separate:
            index = rng.integers(0, len(x), (count, *x.shape))
            drawn = x[index, np.arange(x.shape[1])]
        else:
            drawn = x[rng.integers(0, len(x), (count, len(x)))]
        found.append(statistic(drawn, axis=(1, 2)))
    return _percentiles(np.concatenate(found), confidence)


def bootstrap_band(
    curves: Any, *, confidence: float = 0.95, resamples: int = RESAMPLES
) -> tuple[np.ndarray, np.ndarray] | None:
    """Lower and upper ends, each (points,), of intervals of the mean of `curves` (seeds, points).

    Point by point, from resamples of whole seeds as in `bootstrap_interval`; None below
    `FEWEST_SEEDS` seeds.
    """
    x = _checked("curves", curves)
    if len(x) < FEWEST_SEEDS:
        return None
    rng = np.random.default_rng(0)
    index = rng.integers(0, len(x), (resamples, len(x)))
    weights = np.stack([np.bincount(row, minlength=len(x)) for row in index]) / len(x)
    tail = (1 - confidence) / 2
    low, high = np.quantile(weights @ x, [tail, 1 - tail], axis=0)
    return low, high


def bootstrap_curve(
    curves: Any,
    statistic: Statistic = interquartile_mean,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Lower and upper ends, each (points,), of intervals of `statistic(scores)` at each point.

    `curves` is (points, seeds, levels): the scores at each point. Whole seeds are resampled, for
    all points the same, as in `bootstrap_interval`; `statistic` must not depend on their order.
    None below `FEWEST_SEEDS` seeds.
    """
    x = np.asarray(curves, np.float64)
    if x.ndim != 3 or not x.size or not np.isfinite(x).all():
        raise SettingError(
            f"curves: shape {x.shape}; finite numbers (points, seeds, levels) are expected"
        )
    count = x.shape[1]
    if count < FEWEST_SEEDS:
        return None
    index = np.sort(np.random.default_rng(0).integers(0, count, (resamples, count)), axis=1)
    # of few seeds there are few different resamples, so each is looked at once
    chosen, repeats = np.unique(index, axis=0, return_counts=True)
    found = np.stack([statistic(x[:, rows], axis=(1, 2)) for rows in chosen])
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.repeat(found, repeats, axis=0), [tail, 1 - tail], axis=0)
    return low, high


def performance_profile(scores: Any, thresholds: Any) -> np.ndarray:
    """(seeds, thresholds): the share of levels that each seed solves at least that often.

    The mean over seeds is the performance profile of the method, the share of pairs of seed and
    level with a score of at least the threshold; `bootstrap_band` of it has its intervals.
    Source: Agarwal et al. 2021, section 4.2, there with "more than" instead of "at least".
    """
    x = _checked("scores", scores)
    # rates are quotients of whole numbers, so a threshold is reached up to rounding
    reached = x[:, :, None] >= np.asarray(thresholds, np.float64) - 1e-9
    return reached.mean(axis=1)


def probability_of_improvement(scores: Any, others: Any) -> float:
    """Chance that a seed of `scores` does better than one of `others` on a level of the set.

    For each level, the share of pairs of seeds in which the first has the higher score, ties
    counting half (Mann and Whitney's U over the number of pairs); the mean over levels.
    `scores` is (seeds, levels), `others` (other seeds, levels). 0.5: neither is better.
    """
    return float(_pairs(scores, others).mean())


def improvement_interval(
    scores: Any, others: Any, *, confidence: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """Percentile bootstrap interval of `probability_of_improvement`, (low, high).

    Whole seeds are resampled, of each method for itself. None where either has fewer than
    `FEWEST_SEEDS` seeds.
    """
    pairs = _pairs(scores, others)
    if min(pairs.shape) < FEWEST_SEEDS:
        return None
    rng = np.random.default_rng(0)
    ours = rng.integers(0, pairs.shape[0], (resamples, pairs.shape[0], 1))
    theirs = rng.integers(0, pairs.shape[1], (resamples, 1, pairs.shape[1]))
    return _percentiles(pairs[ours, theirs].mean(axis=(1, 2)), confidence)


def _pairs(scores: Any, others: Any) -> np.ndarray:
    """(seeds, other seeds): in how many levels the first is better, as a share."""
    x, y = _checked("scores", scores), _checked("others", others)
    if x.shape[1] != y.shape[1]:
        raise SettingError(
            f"others: {y.shape[1]} levels, but scores has {x.shape[1]}; the same levels are needed"
        )
    wins = np.zeros((len(x), len(y)))
    for i, row in enumerate(x):
        wins[i] = np.mean((row > y) + 0.5 * (row == y), axis=1)
    return wins


def _percentiles(values: np.ndarray, confidence: float) -> tuple[float, float]:
    if not 0 < confidence < 1:
        raise SettingError(f"confidence={confidence}: a number between 0 and 1 is expected")
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _checked(name: str, scores: Any) -> np.ndarray:
    x = np.asarray(scores, np.float64)
    if x.ndim != 2 or not x.size:
        raise SettingError(f"{name}: shape {x.shape}; an array (seeds, levels) is expected")
    if not np.isfinite(x).all():
        raise SettingError(f"{name}: numbers are expected; some are not finite")
    return x
