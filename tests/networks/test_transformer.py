"""network/transformer: counts, the forward pass by hand, sizes, and what it refuses."""

import math
from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_networks import (
    Activation,
    Pooling,
    Transformer,
    TransformerConfig,
    export_published,
)
from kinetix_observations import Entity, EntityConfig
from safetensors.numpy import load_file
from scipy import special

from kinetix_core.compose import compose_run
from kinetix_core.env import ContinuousActions, DiscreteActions
from kinetix_core.env.action_config import ContinuousConfig, DiscreteConfig
from kinetix_core.errors import SettingError
from kinetix_core.scene import SIZES, L, S
from kinetix_core.testing import check, example_levels, example_task
from tests.networks.reference import Reference

SMALL = {"layers": 1, "depth": 1, "encoder_width": 16, "width": 16}


def task_of(size, **parts):
    task = example_task(size, **parts)
    return replace(task, observation=Entity(EntityConfig(), task))


def network(size=S, **settings) -> Transformer:
    return Transformer(TransformerConfig(**settings), task_of(size))


def observations(size, n):
    """Of different scenes, on the host, with a leading axis; as if some of the bodies touched."""
    encode = jax.jit(jax.vmap(task_of(size).observation.encode))
    seen = jax.device_get(encode(example_levels(size, n)))
    planes = seen["attention_mask"].copy()
    planes[:, 3] |= planes[:, 0] & (np.random.default_rng(0).random(planes[:, 0].shape) < 0.2)
    assert planes.any(axis=(0, 2, 3)).all()
    assert all(seen[f"{kind}_mask"].any() for kind in ("circle", "joint", "thruster"))
    return seen | {"attention_mask": planes}


def row(tree, i):
    return jax.tree.map(lambda x: x[i], tree)


def count(network):
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(network.parameter_shapes))


@pytest.mark.parametrize("size", SIZES.values())
def test_published_parameter_counts(size):
    assert count(network(size)) == 786_369


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({"recurrent": True}, 1_115_073),
        ({"feedforward": True}, 1_016_769),
        ({"message_layers": 2}, 1_542_081),
        ({"feedforward": True, "message_layers": 2}, 1_772_481),
        ({"pooling": Pooling.mean, "full_attention": True, "legacy_entity_id": True}, 786_369),
    ],
)
def test_published_parameter_counts_with_options(settings, parameters):
    assert count(network(**settings)) == parameters


@pytest.mark.parametrize(
    ("space", "config", "parameters"),
    [
        (ContinuousActions, ContinuousConfig, 785_085),
        (DiscreteActions, DiscreteConfig, 786_369 - 5 * 129),
    ],
)
def test_published_parameter_counts_with_other_actions(space, config, parameters):
    task = task_of(S)
    task = replace(task, action=space(config(), task))
    assert count(Transformer(TransformerConfig(), task)) == parameters


def trained(network, seed=0):
    """Parameters with nothing at its start: every bias, scale and gate counts."""
    rng = np.random.default_rng(seed)

    def leaf(path, shape):
        if path[-1].key == "scale":
            return rng.uniform(0.5, 1.5, shape.shape).astype(np.float32)
        spread = 0.3 if len(shape.shape) == 1 else 1 / math.sqrt(shape.shape[0])
        return rng.normal(scale=spread, size=shape.shape).astype(np.float32)

    return jax.tree_util.tree_map_with_path(leaf, network.parameter_shapes)


def reference(network, params, folder, **options):
    """Of the same parameters, by way of an exported checkpoint."""
    export_published(folder, network, params)
    arrays = load_file(folder / "params.safetensors")
    assert all(name.startswith("params/") for name in arrays)
    options = {"transformer_depth": 1, "depth": 1} | options
    return Reference({k.removeprefix("params/"): v for k, v in arrays.items()}, **options)


MEAN = {"aggregate_mode": "mean", "full_attention_mask": True, "num_heads": 2}


@pytest.mark.parametrize(
    ("size", "settings", "options"),
    [
        (S, {}, {"transformer_depth": 2, "depth": 5}),
        (L, SMALL | {"activation": Activation.relu}, {"activation": "relu"}),
        (
            S,
            SMALL | {"feedforward": True, "message_layers": 2, "legacy_entity_id": True},
            {"transformer_ffn": True, "message_layers": 2, "legacy_entity_id": True},
        ),
        (S, SMALL | {"pooling": Pooling.mean, "full_attention": True, "heads": 2}, MEAN),
        (
            S,
            SMALL | {"pooling": Pooling.dummy, "heads": 4},
            {"aggregate_mode": "dummy", "num_heads": 4},
        ),
    ],
    ids=["published-s", "l-relu", "ffn-blocks-legacy", "mean-full", "dummy-four-heads"],
)
def test_forward_pass_is_the_reference(size, settings, options, tmp_path):
    net = network(size, **settings)
    params, seen = trained(net), observations(size, 4)
    by_hand = reference(net, params, tmp_path, **options)
    module = jax.jit(jax.vmap(lambda o: net.module.apply({"params": params}, (), o, True)[:2]))
    logits, values = jax.device_get(module(seen))
    wanted = [by_hand(row(seen, i))[:2] for i in range(4)]
    assert np.std(logits, axis=0).max() > 0.01, "scenes differ"
    np.testing.assert_allclose(logits, [w[0] for w in wanted], atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(values, [w[1] for w in wanted], atol=1e-4, rtol=1e-4)


def test_recurrent_unroll_is_the_reference(tmp_path):
    net = network(recurrent=True, memory_width=12, **SMALL)
    params, seen = trained(net), observations(S, 5)
    by_hand = reference(net, params, tmp_path)
    resets = np.array([False, False, True, False, False])
    (memory,), distribution, values = jax.jit(net.unroll)(params, net.memory(), seen, resets)
    h, wanted, logits = np.zeros(12), [], []
    for t in range(5):
        outputs, value, h = by_hand(row(seen, t), h, resets[t])
        wanted.append(value)
        logits.append(special.log_softmax(outputs[:3]))
    np.testing.assert_allclose(values, wanted, atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(distribution.logits[:, 0].T, logits, atol=1e-4)
    np.testing.assert_allclose(memory, h, atol=1e-4)


def test_what_empty_slots_hold_has_no_influence():
    net = network(**SMALL)
    params, seen = trained(net), observations(S, 6)
    garbage = dict(seen)
    for kind in ("polygon", "circle", "joint", "thruster"):
        empty = ~seen[f"{kind}_mask"][..., None]
        garbage[f"{kind}s"] = np.where(empty, np.float32(1e3), seen[f"{kind}s"])
    empty = ~seen["thruster_mask"]
    assert empty.any()
    garbage["thruster_indexes"] = np.where(empty, 99, seen["thruster_indexes"]).astype(np.int32)
    module = jax.jit(jax.vmap(lambda o: net.module.apply({"params": params}, (), o, True)[:2]))
    for found, wanted in zip(module(garbage), module(seen), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_keeps_promises_with_a_memory():
    """What every registered network is checked for, here where a memory makes a difference."""
    net = network(recurrent=True, memory_width=8, **SMALL)
    check("network", net, net.task, promises=["unroll_is_apply_repeated", "reset_forgets"])


def test_dropout_acts_while_learning_only():
    net = network(feedforward=True, dropout=0.5, **SMALL)
    params, seen = trained(net), observations(S, 3)
    resets = np.zeros(3, bool)

    @jax.jit
    def values(key):
        return net.unroll(params, (), seen, resets, key=key)[2]

    calm = jax.jit(lambda: net.unroll(params, (), seen, resets)[2])()
    first, again, other = (values(jax.random.key(k)) for k in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert not np.allclose(first, calm)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (["network.heads=6"], r"network\.attention_width=16: a multiple of network\.heads=6"),
        (["network.heads=2"], r"network\.heads=2: a multiple of 4 .* network\.full_attention=true"),
        (["network.dropout=0.1"], r"network\.dropout=0\.1: .* network\.feedforward=true"),
        (["network.dropout=1.0", "network.feedforward=true"], r"network\.dropout=1\.0: .* below 1"),
        (["network.layers=0"], r"network\.layers=0: at least 1"),
        (["network.pooling=max"], r"network\.pooling=max.*dummy_and_mean"),
    ],
)
def test_senseless_settings_are_refused(settings, text):
    with pytest.raises(SettingError, match=text):
        compose_run(["network=transformer", "observation=entity", *settings])


def test_other_observations_are_refused():
    with pytest.raises(SettingError, match=r"network=transformer: .*Box.*\(no polygons\)"):
        Transformer(TransformerConfig(), example_task(S))
    task = example_task(S)
    task = replace(task, observation=Entity(EntityConfig(attention_mask=False), task))
    with pytest.raises(SettingError, match=r"no attention_mask.*network\.full_attention=true"):
        Transformer(TransformerConfig(), task)
    Transformer(TransformerConfig(full_attention=True), task)
