"""The parameters of an earlier run, as the start of another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from kinetix_core.errors import RunError, SettingError
from kinetix_core.paths import user_path

from ._changes import changed_settings
from ._checkpoint import NoCheckpoint, leaf_name, newest_checkpoint, part_of
from ._listing import PARAMETERS, check_parameters, read_config
from ._parameters import read_parameters, unflatten

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun

_MEANING = ("action", "observation", "network", "ppo.normalise_observations")
"""Settings that say what the numbers of a policy mean."""

_Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Start:
    """What a run begins with, on the host.

    parts: by name, in the structure that was asked for. note: the run, the update after which its
    parameters were saved, and the hash of the file that they make.
    """

    parts: Mapping[str, Any]
    note: Mapping[str, Any]


def load_start(composed: ComposedRun, like: Mapping[str, Any]) -> Start:
    """The newest parameters of `init_from`, for as many agents as `composed` has.

    like: parts of the new run's state (their shapes do), by the name that they have in a
    checkpoint. `params` alone come from the saved parameters, more from the newest checkpoint.

    Raises `RunError` or `SettingError` naming what is missing, or the settings that differ.
    """
    from kinetix_core.compose import compose_saved

    path = user_path(composed.init_from, "init_from")
    check_parameters(path, "init_from")
    before = compose_saved(read_config(path, "init_from"))
    _check_meaning(path, before, composed)
    found, update = _read(path, like)
    note = {
        "run": composed.init_from,
        "update": update,
        "parameters": _digest(found["params"], update),
        "seed": composed.init_seed,
        "optimiser": composed.init_optimiser,
    }
    parts = {}
    for name, arrays in found.items():
        chosen = _of_agents(path, arrays, before.num_seeds, composed)
        _check_size(path, before, composed, chosen, like[name])
        parts[name] = unflatten(like[name], chosen, path)
    return Start(parts, note)


def _check_meaning(path: Path, before: ComposedRun, composed: ComposedRun) -> None:
    changed = [
        text
        for text in changed_settings(before.config, composed.config)
        if f"{text.partition('=')[0]}.".startswith(tuple(f"{name}." for name in _MEANING))
    ]
    if changed:
        raise SettingError(
            f"init_from={path}: {', '.join(changed)}: parameters mean nothing to another policy;"
            f" `kinetix finetune run={path}` takes these settings from that run"
        )


def _read(path: Path, like: Mapping[str, Any]) -> tuple[dict[str, _Arrays], int]:
    if len(like) == 1:
        arrays, update = read_parameters(path / PARAMETERS)
        return dict.fromkeys(like, arrays), update
    try:
        _, manifest, arrays, _ = newest_checkpoint(path)
    except NoCheckpoint as error:
        raise RunError(
            f"init_from={path}: it has no checkpoint, and only there is the optimiser;"
            " init_optimiser=false begins with its parameters alone"
        ) from error
    return {part: part_of(arrays, part) for part in like}, int(manifest["update"])


def _digest(arrays: _Arrays, update: int) -> str:
    """The first digits of the SHA-256 of the file that these parameters are saved as."""
    from safetensors.numpy import save

    return hashlib.sha256(save(arrays, {"update": str(update)})).hexdigest()[:16]


def _of_agents(path: Path, arrays: _Arrays, there: int, composed: ComposedRun) -> _Arrays:
    """For each agent of the new run, with a leading axis where there are several."""
    here, chosen = composed.num_seeds, composed.init_seed
    if chosen is not None and chosen >= there:
        agents = "one agent" if there == 1 else f"{there} agents"
        raise SettingError(
            f"init_seed={chosen}: {path} trained {agents}; 0 to {there - 1} is expected"
        )
    if chosen is None and there > 1:
        if there != here:
            raise SettingError(
                f"init_from={path}: {there} agents were trained there and num_seeds={here} here;"
                f" num_seeds={there} goes on with each, init_seed=0 takes the first for all"
            )
        return arrays
    if there > 1:
        arrays = {name: array[chosen] for name, array in arrays.items()}
    if here > 1:
        arrays = {name: np.repeat(array[None], here, 0) for name, array in arrays.items()}
    return arrays


def _check_size(
    path: Path, before: ComposedRun, composed: ComposedRun, arrays: _Arrays, like: Any
) -> None:
    wanted = {
        leaf_name(place): tuple(leaf.shape)
        for place, leaf in jax.tree_util.tree_leaves_with_path(like)
    }
    if before.size == composed.size or wanted == {n: a.shape for n, a in arrays.items()}:
        return
    raise SettingError(
        f"init_from={path}: network={composed['network'].name} with observation="
        f"{composed['observation'].name} takes the size that it was trained in only, size"
        f" {before.size.written}, not size={composed.size.written}; train in that size, or begin"
        " with a network that takes any size, one over entities"
    )
