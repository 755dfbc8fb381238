"""Checkpoints in the published format: written, read back, begun from, and what is refused."""

import json
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_networks import (
    Activation,
    Pooling,
    Transformer,
    TransformerConfig,
    export_published,
    import_published,
)
from kinetix_observations import Entity, EntityConfig
from safetensors.numpy import load_file, save_file

from kinetix_core.errors import RunError, SettingError
from kinetix_core.scene import L, S
from kinetix_core.testing import example_task

SMALL = {"layers": 1, "encoder_width": 16}
HEAD = "params/GeneralActorCriticRNN_0"


def task_of(size):
    task = example_task(size)
    return replace(task, observation=Entity(EntityConfig(), task))


def network(**settings):
    return Transformer(TransformerConfig(**SMALL | settings), task_of(S))


def parameters(network):
    rng = np.random.default_rng(0)
    return jax.tree.map(
        lambda x: rng.normal(size=x.shape).astype(np.float32), network.parameter_shapes
    )


def assert_same(found, wanted):
    assert jax.tree.structure(found) == jax.tree.structure(wanted)
    jax.tree.map(np.testing.assert_array_equal, found, wanted)


@pytest.fixture
def stored(tmp_path):
    net = network(depth=1, width=8)
    params = parameters(net)
    export_published(tmp_path / "agent", net, params)
    return net, params, tmp_path / "agent"


@pytest.mark.parametrize(
    "settings",
    [
        {"actor_width": 8, "critic_width": 4, "actor_depth": 2, "critic_depth": 1},
        {"recurrent": True, "memory_width": 256, "depth": 1, "legacy_entity_id": True},
        {"feedforward": True, "dropout": 0.1, "message_layers": 2, "message_widening": 3},
        {"pooling": Pooling.mean, "full_attention": True, "activation": Activation.relu},
    ],
)
def test_what_is_written_is_read_back(settings, tmp_path):
    net = network(**settings)
    params = parameters(net)
    export_published(tmp_path, net, params)
    found, same = import_published(tmp_path, task_of(L))
    assert_same(same, params)
    assert found.config.actor == net.config.actor
    assert found.config.critic == net.config.critic
    given = {k: v for k, v in settings.items() if "depth" not in k and "width" not in k}
    assert {k: getattr(found.config, k) for k in given} == given


def test_names_and_settings_are_the_published_ones(tmp_path):
    net = Transformer(TransformerConfig(), task_of(S))
    export_published(tmp_path, net, parameters(net))
    shapes = {
        name: array.shape for name, array in load_file(tmp_path / "params.safetensors").items()
    }
    layer = "params/Transformer_0/tf_layers_1"
    wanted = {
        "params/Dense_0/kernel": (19, 127),
        "params/Dense_1/kernel": (27, 127),
        "params/Dense_2/kernel": (22, 128),
        "params/Dense_3/kernel": (8, 128),
        f"{layer}/attention1/query/kernel": (128, 8, 2),
        f"{layer}/attention1/value/bias": (8, 2),
        f"{layer}/attention1/out/kernel": (8, 2, 128),
        f"{layer}/ln1/scale": (128,),
        f"{layer}/ln2/bias": (128,),
        f"{layer}/dense1/kernel": (128, 128),
        f"{layer}/gate1/Dense_0/kernel": (128, 128),
        f"{layer}/gate2/Dense_5/kernel": (128, 128),
        f"{layer}/gate2/gating_bias": (128,),
        "params/Transformer_0/joint_layers_0/kernel": (384, 128),
        "params/Transformer_0/thruster_layers_1/bias": (128,),
        f"{HEAD}/DenseAndActivation_9/Dense_0/kernel": (128, 128),
        f"{HEAD}/Dense_0/kernel": (128, 16),
        f"{HEAD}/Dense_1/bias": (1,),
    }
    assert {name: shapes.get(name) for name in wanted} == wanted
    assert len(shapes) == 8 + 2 * (8 + 4 + 2 + 2 * 7 + 4) + 20 + 4
    model = json.loads((tmp_path / "config.json").read_text())["model"]
    assert model["transformer_encoder_size"] == 128
    assert model["aggregate_mode"] == "dummy_and_mean"
    assert model["actor_depth"] == 5
    assert model["multilayer_joint_thruster_mixing"] is False


def test_heads_may_have_the_names_of_the_version_before(stored):
    """There, actor and critic take turns: Dense_0, Dense_2 and so on are the actor."""
    _, params, folder = stored
    arrays = load_file(folder / "params.safetensors")
    new = {"DenseAndActivation_0/Dense_0": 0, "DenseAndActivation_1/Dense_0": 1}
    new |= {"Dense_0": 2, "Dense_1": 3}
    for part in ("kernel", "bias"):
        moved = {i: arrays.pop(f"{HEAD}/{name}/{part}") for name, i in new.items()}
        arrays |= {f"{HEAD}/Dense_{i}/{part}": array for i, array in moved.items()}
    save_file(arrays, folder / "params.safetensors")
    assert_same(import_published(folder, task_of(S))[1], params)


def test_training_may_begin_from_a_checkpoint(stored):
    net, params, folder = stored
    begun = network(depth=1, width=8, init_from=str(folder))
    found = jax.jit(begun.init)(jax.random.key(0), zeros(net))
    assert_same(jax.device_get(found), params)


def zeros(net):
    parts = net.task.observation.space(S).parts
    return {name: jnp.zeros(part.shape, part.dtype) for name, part in parts}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"legacy_entity_id": True}, r"network\.legacy_entity_id=false, this network has true"),
        ({"width": 9}, r"network\.actor_width=8, this network has 9; set network\.actor_width=8"),
    ],
)
def test_other_settings_are_refused(stored, settings, text):
    net, _, folder = stored
    begun = network(**{"depth": 1, "width": 8, "init_from": str(folder)} | settings)
    with pytest.raises(SettingError, match=text):
        begun.init(jax.random.key(0), zeros(net))


def test_broken_checkpoints_are_refused(stored):
    _, _, folder = stored
    path = folder / "params.safetensors"
    arrays = load_file(path)
    name = "params/Dense_0/kernel"

    def refusal():
        with pytest.raises(RunError) as error:
            import_published(folder, task_of(S))
        return str(error.value)

    save_file({k: v for k, v in arrays.items() if k != name}, path)
    assert "Dense_0/kernel is missing" in refusal()
    save_file(arrays | {"params/Dense_9/kernel": arrays[name]}, path)
    assert "Dense_9/kernel is no part" in refusal()
    save_file(arrays | {name: arrays[name][1:]}, path)
    assert "(18, 15), this network's is (19, 15)" in refusal()
    path.write_bytes(b"no safetensors")
    assert "no safetensors file" in refusal()
    path.unlink()
    assert "params.safetensors: cannot be read" in refusal()
    (folder / "config.json").write_text('{"model": {"permutation_invariant_mlp": true}}')
    assert "only transformers can be imported" in refusal()
    (folder / "config.json").write_text("{}")
    assert "config.json holds no settings of a network" in refusal()
    (folder / "config.json").unlink()
    assert "a folder with params.safetensors and config.json is expected" in refusal()
