"""What units put out: the layers that each network tells, by hand and without what is inactive."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_networks import (
    CNN,
    MLP,
    CNNConfig,
    Convolutions,
    DeepSets,
    DeepSetsConfig,
    MLPConfig,
    Transformer,
    TransformerConfig,
)
from kinetix_observations import Entity, EntityConfig, Pixels, PixelsConfig
from numpy.testing import assert_allclose

from kinetix_core.scene import S, SceneBuilder, stack_scenes
from kinetix_core.testing import example_levels, example_task
from kinetix_core.testing._levels import with_other_leftovers

HEADS = {f"{part}/units_{i}" for part in ("actor", "critic") for i in range(2)}
TABLES = {f"encoder/{kind}_units" for kind in ("circle", "polygon", "joint", "thruster")}
SMALL = {"depth": 2, "width": 8}


def entity_task():
    task = example_task(S)
    return replace(task, observation=Entity(EntityConfig(), task))


def told(network, level):
    seen = jax.jit(network.task.observation.encode)(level)
    params = jax.jit(network.init)(jax.random.key(0), seen)
    call = jax.jit(lambda p, m, x: network.activations(p, m, x, jnp.bool_(True)))
    return seen, params, jax.device_get(call(params, network.memory(), seen))


def levels(n=1):
    return jax.tree.map(lambda x: x[0], example_levels(S, n))


def transformer(**settings):
    return Transformer(
        TransformerConfig(layers=1, encoder_width=8, **SMALL, **settings), entity_task()
    )


def deep_sets(**settings):
    config = DeepSetsConfig(heads=2, head_width=4, encoder_width=8, **SMALL, **settings)
    return DeepSets(config, entity_task())


def cnn(convolutions):
    task = example_task(S)
    pixels = Pixels(PixelsConfig(screen_dim=(64, 48)), task)
    return CNN(CNNConfig(convolutions=convolutions, **SMALL), replace(task, observation=pixels))


def in_layer(*names):
    return {f"encoder/layer_0/{name}" for name in names}


ALWAYS = in_layer("attention_units", "dense_units")
MORE = in_layer(
    "feedforward_units", *(f"{k}_units_{i}" for k in ("joint", "thruster") for i in (0, 1))
)
RESNET = {"encoder/resnet/units"} | {
    f"encoder/resnet/stage_{s}_block_{b}/units_{i}"
    for s in range(4)
    for b in range(2)
    for i in range(2)
}


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: MLP(MLPConfig(**SMALL), example_task(S)), {"encoder/units"}),
        (
            lambda: MLP(MLPConfig(recurrent=True, **SMALL), example_task(S)),
            {"encoder/units", "memory_units_0"},
        ),
        (deep_sets, TABLES | {"encoder/sums/units"}),
        (
            lambda: deep_sets(separate=True),
            TABLES | {"encoder/actor_sums/units", "encoder/critic_sums/units"},
        ),
        (transformer, TABLES | ALWAYS),
        (lambda: transformer(feedforward=True, message_layers=2), TABLES | ALWAYS | MORE),
        (lambda: cnn(Convolutions.impala_fast), {"encoder/units_0", "encoder/units_1"}),
        (lambda: cnn(Convolutions.resnet_18), RESNET),
    ],
)
def test_every_hidden_layer_is_told(make, names):
    network = make()
    seen = jax.eval_shape(network.task.observation.encode, levels())
    params = jax.eval_shape(network.init, jax.random.key(0), seen)

    def call(params, seen):
        return network.activations(params, network.memory(), seen, jnp.bool_(True))

    found = jax.eval_shape(call, params, seen)
    assert set(found) == names | HEADS
    assert network.value_layer == "critic/units_1"
    assert all(x.ndim >= 1 and x.size > 0 for x in found.values())
    assert set(params) <= {"encoder", "actor", "critic", "memory_0"}, "no part of the parameters"


def test_those_of_dense_layers_are_what_a_hand_finds():
    seen, params, found = told(MLP(MLPConfig(**SMALL), example_task(S)), levels())
    x = np.maximum(seen @ params["encoder"]["kernel"] + params["encoder"]["bias"], 0)
    assert_allclose(found["encoder/units"], x, atol=1e-5)
    for part in ("actor", "critic"):
        y = x
        for i in range(2):
            layer = params[part][f"hidden_{i}"]
            y = np.tanh(y @ layer["kernel"] + layer["bias"])
            assert_allclose(found[f"{part}/units_{i}"], y, atol=1e-5)


@pytest.mark.parametrize("make", [deep_sets, transformer])
def test_entities_that_are_not_there_are_left_out(make):
    """Tables hold leftovers in empty slots; no unit may seem to be awake because of them."""
    network = make()
    builder = SceneBuilder("s")
    builder.circle((1.0, 1.0), 0.2)
    builder.rectangle((2.0, 1.0), 0.6, 0.3)
    one = stack_scenes([builder.build()])
    first, second = (jax.tree.map(lambda x: x[0], s) for s in (one, with_other_leftovers(one, 1)))
    _, _, found = told(network, first)
    _, _, again = told(network, second)
    for name in found:
        if "sums" not in name:  # a sum over rows has a bias for those that are not there
            assert_allclose(found[name], again[name], atol=1e-6, err_msg=name)
    rows = found["encoder/circle_units"]
    assert_allclose(rows[~np.asarray(first.circles.active)], 0.0)
    assert np.any(rows[np.asarray(first.circles.active)] != 0.0)
