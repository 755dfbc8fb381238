"""Action distributions against scipy and closed forms."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from kinetix_core.interfaces import Box, Discrete, MultiDiscrete
from kinetix_core.learn import (
    Categorical,
    DiagonalNormal,
    MultiCategorical,
    action_outputs,
    distribution_for,
)

RNG = np.random.default_rng(0)
SIZES = (3, 3, 2)
DRAWS = 20_000


def drawn(distribution):
    return np.asarray(jax.jit(jax.vmap(distribution.sample))(jax.random.split(KEY, DRAWS)))


KEY = jax.random.key(5)


def test_categorical():
    logits = RNG.normal(size=5).astype(np.float32) * 2
    p = special.softmax(logits.astype(np.float64))
    found = Categorical(logits)
    log_prob = [float(found.log_prob(np.int32(i))) for i in range(5)]
    np.testing.assert_allclose(log_prob, np.log(p), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.entropy(), stats.entropy(p), rtol=1e-5)
    assert found.mode() == p.argmax()
    counts = np.bincount(drawn(found), minlength=5)
    assert stats.chisquare(counts, DRAWS * p).pvalue > 1e-4


@pytest.mark.parametrize("certain", [0, 3])
def test_categorical_that_is_certain(certain):
    """Extreme logits: no NaN, and options without probability are never drawn."""
    logits = np.full(4, -1e9, np.float32)
    logits[certain] = 5
    found = Categorical(logits)
    assert (drawn(found) == certain).all()
    assert found.entropy() == 0
    gradient = jax.grad(lambda x: Categorical(x).entropy() + Categorical(x).log_prob(np.int32(1)))
    assert np.isfinite(gradient(jnp.asarray(logits))).all()


def test_multi_categorical_is_independent_choices():
    logits = RNG.normal(size=sum(SIZES)).astype(np.float32)
    parts = [special.log_softmax(x.astype(np.float64)) for x in np.split(logits, [3, 6])]
    found = MultiCategorical(logits, SIZES)
    actions = list(itertools.product(*map(range, SIZES)))
    wanted = [sum(part[a] for part, a in zip(parts, action, strict=True)) for action in actions]
    log_prob = np.asarray(jax.vmap(found.log_prob)(np.array(actions, np.int32)))
    np.testing.assert_allclose(log_prob, wanted, rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_prob).sum(), 1, rtol=1e-5)
    entropy = sum(stats.entropy(np.exp(part)) for part in parts)
    np.testing.assert_allclose(found.entropy(), entropy, rtol=1e-5)
    assert found.mode().tolist() == [part.argmax() for part in parts]
    samples = drawn(found)
    assert samples.max(axis=0).tolist() == [2, 2, 1]
    for column, part in zip(samples.T, parts, strict=True):
        expected = DRAWS * np.exp(part)
        assert stats.chisquare(np.bincount(column, minlength=len(part)), expected).pvalue > 1e-4
    assert abs(np.corrcoef(samples.T)[np.triu_indices(3, 1)]).max() < 0.04


def test_diagonal_normal():
    mean = np.array([0.5, -2, 0], np.float32)
    log_std = np.array([0, -1, 0.7], np.float32)
    found, wanted = DiagonalNormal(mean, log_std), stats.norm(mean, np.exp(log_std))
    action = np.array([0.1, -2.5, 3], np.float32)
    np.testing.assert_allclose(found.log_prob(action), wanted.logpdf(action).sum(), rtol=1e-5)
    np.testing.assert_allclose(found.entropy(), wanted.entropy().sum(), rtol=1e-5)
    np.testing.assert_array_equal(found.mode(), mean)
    for column, m, s in zip(drawn(found).T, mean, np.exp(log_std), strict=True):
        assert stats.kstest(column, "norm", args=(m, s)).pvalue > 1e-4


@pytest.mark.parametrize(
    ("space", "outputs", "kind", "shape"),
    [
        (MultiDiscrete((3, 3, 3, 3, 2, 2)), 16, MultiCategorical, (6,)),
        (Discrete(11), 11, Categorical, ()),
        (Box(-1.0, 1.0, (6,)), 6, DiagonalNormal, (6,)),
    ],
)
def test_distribution_of_a_space(space, outputs, kind, shape):
    assert action_outputs(space) == outputs
    batch = RNG.normal(size=(4, 2, outputs)).astype(np.float32)
    log_std = np.zeros(outputs, np.float32) if isinstance(space, Box) else None
    found = distribution_for(space, batch, log_std)
    assert isinstance(found, kind)
    action = found.sample(KEY)
    assert action.shape == (4, 2, *shape)
    assert str(action.dtype) == space.dtype
    assert found.log_prob(action).shape == found.entropy().shape == (4, 2)
    one = distribution_for(space, batch[3, 1], log_std)
    np.testing.assert_allclose(found.log_prob(action)[3, 1], one.log_prob(action[3, 1]), rtol=1e-5)


def test_a_gradient_step_makes_the_taken_action_likelier():
    logits = jnp.zeros(sum(SIZES))
    action = np.array([2, 0, 1], np.int32)
    gradient = jax.grad(lambda x: MultiCategorical(x, SIZES).log_prob(action))(logits)
    after = MultiCategorical(logits + gradient, SIZES)
    assert after.mode().tolist() == action.tolist()


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_temperature_is_a_power_of_the_probabilities(temperature):
    logits = RNG.normal(size=sum(SIZES)).astype(np.float32)
    cooled = MultiCategorical(logits, SIZES).tempered(temperature)
    for i, part in enumerate(np.split(logits.astype(np.float64), [3, 6])):
        p = special.softmax(part) ** (1 / temperature)
        np.testing.assert_allclose(np.exp(cooled.logits[: len(part), i]), p / p.sum(), rtol=1e-4)
    assert (drawn(MultiCategorical(logits, SIZES).tempered(1000.0)) < SIZES).all()
    normal = DiagonalNormal(np.float32([1.0]), np.float32([0.4])).tempered(temperature)
    x = np.linspace(-3, 5, 801)
    density = stats.norm(1.0, np.exp(0.4)).pdf(x) ** (1 / temperature)
    found = np.exp([float(normal.log_prob(np.float32([v]))) for v in x[::80]])
    np.testing.assert_allclose(found[1:] / found[0], density[80::80] / density[0], rtol=1e-3)
