"""The level buffer against the worked examples and the edge cases of spec/curricula.md 5 and 6."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_curricula._buffer import (
    Weighting,
    draw,
    empty_buffer,
    fingerprint,
    insert,
    ranks,
    renew,
    score_part,
    staleness_part,
    weights,
)
from kinetix_curricula._config import Prioritization
from numpy.testing import assert_allclose, assert_array_equal

from kinetix_core.scene import S, empty_scene, stack_scenes

RANK = Weighting(Prioritization.rank, temperature=1.0, topk=8, staleness_coef=0.3)
INF = np.inf


def level(number):
    scene = empty_scene(S)
    scene.circles.active[0] = True
    scene.circles.position[0] = [number, 1.0]
    return scene


def levels(*numbers):
    return stack_scenes([level(n) for n in numbers])


def number_of(buffer):
    return np.asarray(buffer.levels.circles.position[:, 0, 0])


PUT = jax.jit(insert, static_argnames=("how", "refuse_duplicates"))
DRAW = jax.jit(draw, static_argnums=(2, 3))


def put(buffer, numbers, scores, returns=None, how=RANK, refuse_duplicates=False):
    scores = jnp.asarray(scores, jnp.float32)
    returns = scores if returns is None else jnp.asarray(returns, jnp.float32)
    return PUT(buffer, levels(*numbers), scores, returns, how, refuse_duplicates=refuse_duplicates)


@pytest.fixture(scope="module")
def empty():
    return empty_buffer(levels(0, 0, 0, 0))


EXAMPLE = [  # level, score, timestamps, size, counter, weights: as the published system gave them
    (1, 0.5, [1, 0, 0, 0], 1, 1, [1, 0, 0, 0]),
    (2, -INF, [1, 0, 0, 0], 1, 2, [1, 0, 0, 0]),
    (3, 0.2, [1, 3, 0, 0], 2, 3, [0.76667, 0.23333, 0, 0]),
    (4, 0.9, [1, 3, 4, 0], 3, 4, [0.41591, 0.20227, 0.38182, 0]),
    (5, 0.7, [1, 3, 4, 5], 4, 5, [0.28343, 0.16971, 0.37886, 0.16800]),
    (6, 0.1, [1, 3, 4, 5], 4, 6, [0.24836, 0.16582, 0.39055, 0.19527]),
    (7, 0.6, [1, 7, 4, 5], 4, 7, [0.24764, 0.11200, 0.41782, 0.22255]),
]


@pytest.fixture(scope="module")
def filled(empty):
    for number, score, *_ in EXAMPLE:
        empty = put(empty, [number], [score])
    return empty


def test_worked_example_one_by_one(empty):
    buffer = empty
    for number, score, timestamps, size, counter, wanted in EXAMPLE:
        buffer = put(buffer, [number], [score])
        assert_array_equal(buffer.slots.timestamp, timestamps)
        assert (int(buffer.slots.size), int(buffer.slots.counter)) == (size, counter)
        assert_allclose(weights(buffer.slots, RANK), wanted, atol=1e-5)
        assert_array_equal(buffer.slots.rank, ranks(buffer.slots.score))
    assert_array_equal(number_of(buffer), [1, 7, 4, 5])


def test_a_batch_goes_in_as_one_by_one(empty, filled):
    numbers, scores = [row[0] for row in EXAMPLE], [row[1] for row in EXAMPLE]
    buffer = put(empty, numbers, scores)
    jax.tree.map(assert_array_equal, buffer, filled)


def test_a_buffer_that_is_not_full_takes_any_finite_score(empty):
    buffer = put(empty, [1, 2, 3], [-1e30, -INF, np.nan])
    assert_array_equal(buffer.slots.score, [np.float32(-1e30), -INF, -INF, -INF])
    assert (int(buffer.slots.size), int(buffer.slots.counter)) == (1, 3)


def test_the_smallest_weight_leaves_not_the_smallest_score(empty):
    buffer = put(empty, [1, 2, 3, 4], [0.1, 0.5, 0.4, 0.3])
    # slot 0 has the smallest score, but it is the stalest; slot 3 has the smallest weight
    assert int(jnp.argmin(weights(buffer.slots, RANK))) == 3
    buffer = put(buffer, [5], [0.35])
    assert_array_equal(number_of(buffer), [1, 2, 3, 5])


def test_levels_of_one_batch_differ_in_age(empty):
    buffer = put(empty, [1, 2, 3, 4], [1.0, 1.0, 1.0, 1.0])
    assert_array_equal(buffer.slots.timestamp, [1, 2, 3, 4])
    assert_allclose(staleness_part(buffer.slots), np.array([3, 2, 1, 0]) / 6)


def test_equal_scores_have_different_ranks(empty):
    buffer = put(empty, [1, 2, 3], [0.5, 0.5, 0.5])
    assert_array_equal(buffer.slots.rank, [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("temperature", "wanted"), [(1e-4, [0, 0, 1, 0]), (1e6, [1 / 3, 1 / 3, 1 / 3, 0])]
)
def test_temperature(temperature, wanted, empty):
    buffer = put(empty, [1, 2, 3], [0.1, 0.2, 0.3])
    how = replace(RANK, temperature=temperature)
    assert_allclose(score_part(buffer.slots, how), wanted, atol=1e-5)


def test_topk_is_a_softmax_over_the_best(empty):
    buffer = put(empty, [1, 2, 3], [0.1, 0.3, 0.2])
    how = replace(RANK, prioritization=Prioritization.topk, topk=2)
    e = np.exp([0.3, 0.2])
    assert_allclose(score_part(buffer.slots, how), [0, *(e / e.sum()), 0], atol=1e-6)


def test_draws_follow_the_weights_and_make_a_level_fresh(filled):
    keys = jax.random.split(jax.random.key(0), 4000)
    first = jax.jit(jax.vmap(lambda key: draw(filled, key, 1, RANK)[1][0]))(keys)
    share = np.bincount(first, minlength=4) / 4000
    assert_allclose(share, weights(filled.slots, RANK), atol=4 * 0.5 / np.sqrt(4000))

    buffer, drawn = DRAW(filled, jax.random.key(1), 9, RANK)
    assert drawn.shape == (9,), "more than there are slots"
    assert int(buffer.slots.counter) == 7 + 9
    last = {int(at): 7 + 1 + i for i, at in enumerate(drawn)}
    wanted = [last.get(i, t) for i, t in enumerate([1, 7, 4, 5])]
    assert_array_equal(buffer.slots.timestamp, wanted)


def test_empty_slots_are_never_drawn(empty):
    buffer = put(empty, [1, 2], [0.5, 0.1])
    _, drawn = DRAW(buffer, jax.random.key(0), 200, RANK)
    assert set(np.unique(drawn)) == {0, 1}


def test_what_a_replay_showed(filled):
    at = jnp.array([1, 3, 1])
    buffer = renew(filled, at, jnp.array([0.9, 0.0, 0.3]), jnp.array([9.0, -1.0, 0.2]))
    assert_allclose(buffer.slots.score, [0.5, 0.3, 0.9, 0.0])  # the last of two draws counts
    assert_allclose(buffer.slots.max_return, [0.5, 0.6, 0.9, 0.7])  # and is compared with before
    assert_array_equal(buffer.slots.rank, [2, 3, 1, 4])
    assert_array_equal(buffer.slots.timestamp, filled.slots.timestamp)


def test_duplicates_only_renew_what_is_known(filled):
    buffer = put(filled, [4, 8], [0.05, 0.65], [3.0, 0.1], refuse_duplicates=True)
    assert_array_equal(number_of(buffer), [1, 7, 8, 5])
    one = put(filled, [4], [0.05], [3.0], refuse_duplicates=True)
    assert_allclose(one.slots.score, [0.5, 0.6, 0.05, 0.7])
    assert_allclose(one.slots.max_return, [0.5, 0.6, 3.0, 0.7])
    assert_array_equal(one.slots.timestamp, [1, 7, 8, 5])
    assert (int(one.slots.size), int(one.slots.counter)) == (4, 8)


def test_ranks_are_kept_up_to_date(empty):
    rng = np.random.default_rng(0)
    buffer = empty_buffer(levels(*[0] * 12))
    step = partial(put, how=RANK)
    for batch in range(4):
        scores = rng.choice([0.1, 0.2, 0.3, 0.4, 0.5], 10)
        buffer = step(buffer, range(10 * batch, 10 * batch + 10), scores)
        assert_array_equal(buffer.slots.rank, ranks(buffer.slots.score))


def test_fingerprints_tell_levels_apart():
    prints = np.asarray(fingerprint(levels(1, 2, 1)))
    assert_array_equal(prints[0], prints[2])
    assert not np.array_equal(prints[0], prints[1])
    swapped = level(1)
    swapped.circles.position[0] = [1.0, 1.0]
    swapped.circles.position[1] = [0.0, 0.0]
    moved = level(1)
    moved.circles.position[1] = moved.circles.position[0]
    prints = np.asarray(fingerprint(stack_scenes([swapped, moved])))
    assert not np.array_equal(prints[0], prints[1])
