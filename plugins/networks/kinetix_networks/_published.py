"""Checkpoints in the published format: `params.safetensors` and `config.json` in a folder.

Names and settings differ from ours, arrays do not. Sources: spec/networks.md 8 (parameter names)
and spec/training_and_evaluation.md 9.1 (files).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from kinetix_core.errors import RunError, SettingError, did_you_mean
from kinetix_core.interfaces import Parameters, Task
from kinetix_core.paths import user_path

from ._config import Activation, Pooling, TransformerConfig

if TYPE_CHECKING:
    from ._transformer import Transformer

ARRAYS, CONFIG = "params.safetensors", "config.json"
_HEAD = "GeneralActorCriticRNN_0"
_LAYER = "Transformer_0/tf_layers_{0}"

SETTINGS = {
    "actor_width": "actor_width",
    "critic_width": "critic_width",
    "actor_depth": "actor_depth",
    "critic_depth": "critic_depth",
    "activation": "activation",
    "recurrent": "recurrent_model",
    "layers": "transformer_depth",
    "encoder_width": "transformer_encoder_size",
    "heads": "num_heads",
    "attention_width": "transformer_size",
    "pooling": "aggregate_mode",
    "full_attention": "full_attention_mask",
    "feedforward": "transformer_ffn",
    "dropout": "dropout_prob",
    "message_layers": "joint_thruster_block_num_layers",
    "message_widening": "joint_thruster_block_hidden_dim_multiplication",
    "legacy_entity_id": "legacy_entity_id",
}
"""Our settings and the published names of them."""

_BLOCKS = "multilayer_joint_thruster_mixing"
_NOT_STORED = ("dropout", "init_from")  # settings that parameters do not depend on


@dataclass(frozen=True)
class Published:
    """A checkpoint that was read: settings, and arrays by their published name."""

    path: Path
    config: TransformerConfig
    arrays: Mapping[str, np.ndarray]

    def parameters(self, like: Parameters) -> Parameters:
        """The arrays in the structure of `like` (shapes do).

        Raises `RunError` where one is missing, left over, or of another shape.
        """
        paths, structure = jax.tree_util.tree_flatten_with_path(like)
        old_heads = not any("DenseAndActivation" in name for name in self.arrays)
        names = [_published_name(path, self.config, old_heads) for path, _ in paths]
        for name in self.arrays:
            if name not in names:
                raise RunError(f"{self.path}: {name} is no part of this network")
        leaves = []
        for name, (_, leaf) in zip(names, paths, strict=True):
            if name not in self.arrays:
                near = did_you_mean(name, [n for n in self.arrays if n not in names])
                raise RunError(f"{self.path}: {name} is missing{near}")
            array = self.arrays[name]
            if array.shape != leaf.shape:
                raise RunError(
                    f"{self.path}: {name} has the shape {array.shape}, this network's is "
                    f"{leaf.shape}; was it trained with other actions or bindings?"
                )
            leaves.append(np.asarray(array, leaf.dtype))
        return jax.tree_util.tree_unflatten(structure, leaves)


def read_published(directory: str | Path, setting: str = "directory") -> Published:
    """Read a checkpoint. Raises `RunError` where that cannot be done."""
    path = user_path(str(directory), setting)
    try:
        model = json.loads((path / CONFIG).read_bytes())["model"]
        config = _to_config(model)
    except OSError as error:
        raise RunError(
            f"{setting}={directory}: {path / CONFIG} cannot be read: {error.strerror}; a folder "
            f"with {ARRAYS} and {CONFIG} is expected"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{setting}={directory}: {CONFIG} holds no settings of a network under the key "
            f"model ({type(error).__name__}: {error})"
        ) from error
    return Published(path, config, _read_arrays(path / ARRAYS))


def import_published(directory: str | Path, task: Task) -> tuple[Transformer, Parameters]:
    """The network of a published checkpoint, for this task, and its parameters.

    `task`: with an action space and the observation `entity`; any size will do. Raises
    `RunError` where the files cannot be read or hold another kind of network.
    """
    from ._transformer import Transformer

    published = read_published(directory)
    network = Transformer(published.config, task)
    return network, published.parameters(network.parameter_shapes)


def export_published(directory: str | Path, network: Transformer, params: Parameters) -> None:
    """Write a transformer and its parameters as a checkpoint in the published format.

    The folder is made where it is missing. Raises `RunError` where it cannot be written.
    """
    from safetensors.numpy import save

    arrays = {
        f"params/{_published_name(path, network.config, False)}": np.ascontiguousarray(leaf)
        for path, leaf in jax.tree_util.tree_flatten_with_path(jax.device_get(params))[0]
    }
    model = _to_model(network.config)
    path = user_path(str(directory), "directory")
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / CONFIG).write_text(json.dumps({"model": model}, indent=1) + "\n", encoding="utf-8")
        (path / ARRAYS).write_bytes(save(arrays))
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}") from error


def check_settings(published: Published, config: TransformerConfig) -> None:
    """Raises `SettingError` where a network has other settings than the checkpoint."""
    for name, found, wanted in _differences(config, published.config):
        raise SettingError(
            f"network.init_from={config.init_from}: it was trained with network.{name}={wanted}, "
            f"this network has {found}; set network.{name}={wanted}"
        )


def _differences(config: TransformerConfig, other: TransformerConfig) -> Iterable[tuple[str, ...]]:
    resolved = ("depth", "width", "actor_depth", "actor_width", "critic_depth", "critic_width")
    for part in ("actor", "critic"):
        pairs = zip(("depth", "width"), getattr(config, part), getattr(other, part), strict=True)
        for name, found, wanted in pairs:
            if found != wanted:
                yield f"{part}_{name}", str(found), str(wanted)
    for field in fields(config):
        if field.name in (*resolved, *_NOT_STORED):
            continue
        found, wanted = (_shown(getattr(c, field.name)) for c in (config, other))
        if found != wanted:
            yield field.name, found, wanted


def _shown(value: Any) -> str:
    if isinstance(value, Enum):
        return value.name
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(path.read_bytes())
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error
    except SafetensorError as error:
        raise RunError(f"{path}: no safetensors file: {error}") from error
    return {name.removeprefix("params/"): array for name, array in arrays.items()}


def _to_config(model: Mapping[str, Any]) -> TransformerConfig:
    if model.get("permutation_invariant_mlp"):
        raise ValueError("permutation_invariant_mlp is set; only transformers can be imported")
    given = {ours: model[theirs] for ours, theirs in SETTINGS.items() if theirs in model}
    given["activation"] = Activation.relu if model.get("activation") == "relu" else Activation.tanh
    if "pooling" in given:
        given["pooling"] = Pooling[given["pooling"]]
    if not model.get(_BLOCKS):
        given.pop("message_layers", None)
        given.pop("message_widening", None)
    if not given.get("feedforward"):
        given.pop("dropout", None)
    return TransformerConfig(**given)


def _to_model(config: TransformerConfig) -> dict[str, Any]:
    model = {theirs: getattr(config, ours) for ours, theirs in SETTINGS.items()}
    model |= {k: v.name for k, v in model.items() if isinstance(v, Enum)}
    model["actor_depth"], model["actor_width"] = config.actor
    model["critic_depth"], model["critic_width"] = config.critic
    model[_BLOCKS] = config.message_layers > 0
    return {**model, "permutation_invariant_mlp": False}


_RULES = (
    (r"encoder/circle/(.*)", "Dense_0/{0}"),
    (r"encoder/polygon/(.*)", "Dense_1/{0}"),
    (r"encoder/joint/(.*)", "Dense_2/{0}"),
    (r"encoder/thruster/(.*)", "Dense_3/{0}"),
    (r"encoder/layer_(\d+)/attention/(.*)", _LAYER + "/attention1/{1}"),
    (r"encoder/layer_(\d+)/norm_0/(.*)", _LAYER + "/ln1/{1}"),
    (r"encoder/layer_(\d+)/norm_1/(.*)", _LAYER + "/ln2/{1}"),
    (r"encoder/layer_(\d+)/dense_0/(.*)", _LAYER + "/dense1/{1}"),
    (r"encoder/layer_(\d+)/dense_1/(.*)", _LAYER + "/dense2/{1}"),
    (r"encoder/layer_(\d+)/gate_0/bias", _LAYER + "/gate1/gating_bias"),
    (r"encoder/layer_(\d+)/gate_1/bias", _LAYER + "/gate2/gating_bias"),
    (r"encoder/layer_(\d+)/gate_0/dense_(\d)/(.*)", _LAYER + "/gate1/Dense_{1}/{2}"),
    (r"encoder/layer_(\d+)/gate_1/dense_(\d)/(.*)", _LAYER + "/gate2/Dense_{1}/{2}"),
    (r"encoder/layer_(\d+)/(joint|thruster)_message/(.*)", "Transformer_0/{1}_layers_{0}/{2}"),
    (
        r"encoder/layer_(\d+)/(joint|thruster)_message_(\d+)/(.*)",
        "Transformer_0/{1}_layers_{0}/Dense_{2}/{3}",
    ),
    (r"memory_0/(.*)", _HEAD + "/ScannedRNN_0/GRUCell_0/{0}"),
    (r"(log_std)", _HEAD + "/{0}"),
)
"""From our names to the published ones, heads aside."""


def _published_name(path: Any, config: TransformerConfig, old_heads: bool) -> str:
    name = jax.tree_util.keystr(path, simple=True, separator="/")
    for pattern, theirs in _RULES:
        if match := re.fullmatch(pattern, name):
            return theirs.format(*match.groups())
    which, layer, array = name.split("/")
    is_critic, hidden = which == "critic", layer.removeprefix("hidden_")
    if old_heads:  # version 2.0.2: actor and critic take turns
        number = config.actor[0] if layer == "out" else int(hidden)
        return f"{_HEAD}/Dense_{2 * number + is_critic}/{array}"
    if layer == "out":
        return f"{_HEAD}/Dense_{int(is_critic)}/{array}"
    number = int(hidden) + (config.actor[0] if is_critic else 0)
    return f"{_HEAD}/DenseAndActivation_{number}/Dense_0/{array}"
