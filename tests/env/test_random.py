"""Cheap uniform draws: in range, each outcome equally often, independent."""

import jax
import numpy as np
import pytest

from kinetix_core.env import random_index
from kinetix_core.env._random import random_digits

KEY = jax.random.key(11)


@pytest.mark.parametrize("n", [1, 2, 3, 64, 1000, 1 << 16, 1_000_003])
def test_indices_fill_their_range_evenly(n):
    drawn = np.asarray(random_index(KEY, (20_000,), n))
    assert drawn.dtype == np.int32
    assert drawn.min() >= 0
    assert drawn.max() < n
    expected = (n - 1) / 2
    assert abs(drawn.mean() - expected) <= 5 * n / np.sqrt(12 * len(drawn))
    halves = np.bincount(drawn * 2 // n, minlength=2)[:2] if n > 1 and n % 2 == 0 else [1, 1]
    assert abs(halves[0] - halves[1]) <= 5 * np.sqrt(len(drawn))


def test_digits_of_one_word_are_independent():
    sizes = (3, 3, 3, 3, 2, 2)
    keys = jax.random.split(KEY, 32_400)
    drawn = np.asarray(jax.jit(jax.vmap(lambda key: random_digits(key, sizes)))(keys))
    together = np.ravel_multi_index(drawn.T, sizes)
    counts = np.bincount(together, minlength=324)
    # 100 of each are expected: chi-squared with 323 degrees of freedom
    assert ((counts - 100) ** 2 / 100).sum() < 323 + 5 * np.sqrt(2 * 323)


def test_digits_of_many_sizes_take_more_words():
    sizes = (100, 11, 7, 256, 2)
    keys = jax.random.split(KEY, 4000)
    drawn = np.asarray(jax.jit(jax.vmap(lambda key: random_digits(key, sizes)))(keys))
    assert drawn.shape == (4000, 5)
    for column, n in zip(drawn.T, sizes, strict=True):
        assert column.min() >= 0
        assert column.max() < n
        assert abs(column.mean() - (n - 1) / 2) < 5 * n / np.sqrt(12 * 4000)
    with pytest.raises(ValueError, match="at most 256"):
        random_digits(KEY, (257,))
    correlations = np.corrcoef(drawn.T) - np.eye(5)
    assert np.abs(correlations).max() < 0.08
