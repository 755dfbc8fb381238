"""network/cnn: counts, the forward pass by hand, and what it refuses."""

import math
from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_networks import CNN, CNNConfig, Convolutions
from kinetix_observations import Pixels, PixelsConfig

from kinetix_core.errors import SettingError
from kinetix_core.scene import S
from kinetix_core.testing import example_task


def network(pixels=PixelsConfig(), **settings):  # noqa: B008
    task = example_task(S)
    return CNN(CNNConfig(**settings), replace(task, observation=Pixels(pixels, task)))


def observation(net, seed=0):
    parts = dict(net.task.observation.space(S).parts)
    rng = np.random.default_rng(seed)
    return {k: rng.random(part.shape).astype(np.float32) for k, part in parts.items()}


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({}, 2_243_265),
        ({"convolutions": Convolutions.resnet_18}, 11_447_185),
    ],
)
def test_published_parameter_counts(settings, parameters):
    net = network(**settings)
    shapes = jax.eval_shape(net.init, jax.random.key(0), observation(net))
    assert sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(shapes)) == parameters


def convolution(x, layer, stride):
    """As many outputs as strides begin in the picture; more of the padding comes after it."""
    kernel = layer["kernel"]
    size, pads = kernel.shape[0], []
    for n in x.shape[:2]:
        total = max((math.ceil(n / stride) - 1) * stride + size - n, 0)
        pads.append((total // 2, total - total // 2))
    shape = [math.ceil(n / stride) for n in x.shape[:2]]
    x = np.pad(x, [*pads, (0, 0)])
    out = np.zeros((*shape, kernel.shape[3]))
    for i, j in np.ndindex(*shape):
        part = x[i * stride : i * stride + size, j * stride : j * stride + size]
        out[i, j] = np.tensordot(part, kernel, axes=3) + layer["bias"]
    return out


def test_forward_pass_by_hand():
    net = network(PixelsConfig(screen_dim=(100, 72)), depth=1, width=8)
    seen = observation(net)
    assert seen["image"].shape == (25, 18, 3)
    params = jax.device_get(jax.jit(net.init)(jax.random.key(0), seen))
    x = seen["image"].astype(float)
    for i, stride in enumerate((4, 2)):
        x = np.maximum(convolution(x, params["encoder"][f"convolution_{i}"], stride), 0)
    x = np.concatenate([x.reshape(-1), seen["global_info"]])
    assert net.widths == x.shape
    outputs = []
    for head in ("actor", "critic"):
        hidden = np.tanh(x @ params[head]["hidden_0"]["kernel"] + params[head]["hidden_0"]["bias"])
        outputs.append(hidden @ params[head]["out"]["kernel"] + params[head]["out"]["bias"])
    logits, value, _ = net.module.apply({"params": params}, (), seen, True)
    np.testing.assert_allclose(logits, outputs[0], atol=1e-6)
    np.testing.assert_allclose(value, outputs[1][0], rtol=1e-4)


def test_other_observations_are_refused():
    with pytest.raises(SettingError, match=r"network=cnn: .*choose observation=pixels"):
        CNN(CNNConfig(), example_task(S))
