"""network/mlp: parameter counts, initialisation, and what it refuses. Source: spec/networks.md."""

import math
from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_networks import MLP, MLPConfig

from kinetix_core.env import ContinuousActions
from kinetix_core.env.action_config import ContinuousConfig
from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Box, Discrete, ObservationEncoder
from kinetix_core.scene import L, M, S
from kinetix_core.testing import example_task


class Flat(ObservationEncoder):
    """As many numbers as the symbolic encoder gives."""

    def __init__(self, length):
        self.length = length

    def space(self, size):
        return Box(-10.0, 10.0, (self.length,))

    def encode(self, scene):
        raise NotImplementedError


def network(size, length, *, continuous=False, **settings):
    task = example_task(size, observation=Flat(length))
    if continuous:
        task = replace(task, action=ContinuousActions(ContinuousConfig(), task))
    return MLP(MLPConfig(**settings), task)


def count(network, length):
    shapes = jax.eval_shape(network.init, jax.random.key(0), np.zeros(length, np.float32))
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(shapes))


@pytest.mark.parametrize(
    ("size", "length", "width", "parameters"),
    [
        (S, 140, 128, 185_361),
        (M, 247, 128, 199_057),
        (L, 679, 128, 254_353),
        (S, 140, 512, 2_707_473),
        (M, 247, 512, 2_762_257),
        (L, 679, 512, 2_983_441),
    ],
)
def test_published_parameter_counts(size, length, width, parameters):
    assert count(network(size, length, width=width), length) == parameters


def test_continuous_actions_have_means_and_deviations():
    # 10 outputs fewer (6 means for 16 logits), and 6 log standard deviations
    found = count(network(S, 140, continuous=True), 140)
    assert found == 185_361 - 10 * (128 + 1) + 6


@pytest.fixture(scope="module")
def small():
    net = network(S, 140, depth=2, width=32, continuous=True)
    return net, jax.device_get(jax.jit(net.init)(jax.random.key(1), np.zeros(140, np.float32)))


def test_initialisation_gains(small):
    """Orthogonal: hidden layers sqrt 2, actions 0.01, value 1; biases and log deviations 0."""
    _, params = small
    gains = {("actor", "out"): 0.01, ("critic", "out"): 1.0}
    seen = 0
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        names = tuple(step.key for step in path)
        if names[-1] != "kernel":
            assert not leaf.any(), f"{names} does not begin at 0"
            continue
        seen += 1
        wide = leaf if leaf.shape[0] >= leaf.shape[1] else leaf.T
        gain = gains.get(names[:-1], math.sqrt(2))
        product = wide.T @ wide / gain**2
        np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-5)
    assert seen == 1 + 2 * 3


def test_forward_pass_by_hand(small):
    net, params = small
    x = np.random.default_rng(0).normal(size=140).astype(np.float32)

    def dense(layer, x):
        return x @ layer["kernel"] + layer["bias"]

    encoded = np.maximum(dense(params["encoder"], x), 0)
    outputs = {}
    for head in ("actor", "critic"):
        hidden = encoded
        for i in range(2):
            hidden = np.tanh(dense(params[head][f"hidden_{i}"], hidden))
        outputs[head] = dense(params[head]["out"], hidden)
    memory, distribution, value = net.apply(params, (), x, np.array(True))
    assert memory == ()
    np.testing.assert_allclose(distribution.mode(), outputs["actor"], atol=1e-6)
    np.testing.assert_allclose(distribution.log_std, np.zeros(6))
    np.testing.assert_allclose(value, outputs["critic"][0], rtol=1e-5)


@pytest.mark.parametrize("space", [Box(0.0, 1.0, (12, 12, 3)), Discrete(4)])
def test_other_observations_are_refused_by_name(space):
    class Other(Flat):
        def space(self, size):
            return space

    task = example_task(S, observation=Other(0))
    with pytest.raises(SettingError, match=r"network=mlp: one flat array .*observation=symbolic"):
        MLP(MLPConfig(), task)


@pytest.mark.parametrize(("name", "value"), [("depth", -1), ("width", 0)])
def test_settings_out_of_range(name, value):
    with pytest.raises(SettingError, match=rf"network\.{name}={value}: at least"):
        MLPConfig(**{name: value})
