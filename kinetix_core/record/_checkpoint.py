"""Checkpoints: everything that the next update depends on, so that a run can be taken up again.

A checkpoint is a folder `checkpoints/update_00000042` of a run folder: every array in one
safetensors file and a manifest in JSON. It is written under a temporary name and renamed, so a
folder of that name is whole.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.errors import RunError, did_you_mean

from ._listing import CHECKPOINTS

MANIFEST, ARRAYS = "manifest.json", "arrays.safetensors"
_FORMAT = 1
_log = logging.getLogger(__name__)


class OtherState(RunError):
    """A checkpoint holds other arrays than the run that it is read for."""


class NoCheckpoint(RunError):
    """A run has no checkpoint, or none that is whole."""


@dataclass(frozen=True)
class Checkpoint:
    """One that was read back.

    notes: what was saved along with it. damaged: newer ones that were passed over for it.
    """

    path: Path
    state: Any
    update: int
    notes: Mapping[str, Any]
    damaged: tuple[Path, ...] = ()


def save_checkpoint(
    run: Path,
    state: Any,
    update: int,
    *,
    keep: int,
    notes: Mapping[str, Any],
    damaged: Collection[Path] = (),
) -> Path:
    """Write `state` (a pytree of arrays) as the newest checkpoint, and drop all but `keep`.

    notes: what JSON can hold. damaged: checkpoints known to be so; they are dropped and do not
    count, like those whose files are missing or cut. Raises `RunError` where it cannot be
    written; the checkpoints before are then kept.
    """
    from safetensors.numpy import save

    arrays, keys = _to_arrays(state)
    content = save(arrays)
    manifest = {
        "format": _FORMAT,
        "update": update,
        "bytes": len(content),
        "crc32": zlib.crc32(content),
        "random_keys": keys,
        "notes": dict(notes),
    }
    target = run / CHECKPOINTS / f"update_{update:08d}"
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        _write(temporary / ARRAYS, content)
        _write(temporary / MANIFEST, json.dumps(manifest, indent=1, default=str).encode())
        if target.exists():  # a run that was taken up again passes here a second time
            shutil.rmtree(target)
        temporary.rename(target)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise RunError(f"{target}: cannot be written: {error.strerror or error}") from error
    whole = [f for f in _folders(run) if f == target or (f not in damaged and _seems_whole(f))]
    for old in set(_folders(run)).difference(whole[:keep]):
        shutil.rmtree(old, ignore_errors=True)
    return target


def load_checkpoint(run: Path, like: Any) -> Checkpoint:
    """The newest checkpoint of a run that is whole, in the structure of `like` (shapes do).

    One that is damaged is passed over, saying so in the log. Raises `NoCheckpoint` where there
    is none, and `OtherState` where its arrays are not those of `like`.
    """
    folder, manifest, arrays, damaged = newest_checkpoint(run)
    state = _from_arrays(like, arrays, manifest["random_keys"], folder)
    return Checkpoint(folder, state, int(manifest["update"]), manifest["notes"], damaged)


def newest_checkpoint(
    run: Path,
) -> tuple[Path, dict[str, Any], dict[str, np.ndarray], tuple[Path, ...]]:
    """Folder, manifest and arrays of the newest one that is whole, and newer ones that are not.

    Raises `NoCheckpoint` where there is none.
    """
    damaged: list[Path] = []
    for folder in _folders(run):
        try:
            return folder, *_read(folder), tuple(damaged)
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s is damaged (%s); trying the one before", folder, error)
            damaged.append(folder)
    why = f": {', '.join(f'{folder.name} is damaged' for folder in damaged)}" if damaged else ""
    raise NoCheckpoint(f"{run}: there is no checkpoint to take the run up from{why}")


def read_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Manifest and arrays of one. Raises `RunError` where it is damaged."""
    try:
        return _read(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{folder}: damaged: {error}; take another checkpoint") from error


def part_of(arrays: Mapping[str, np.ndarray], part: str) -> dict[str, np.ndarray]:
    """The arrays of a part of the state, as `params`, by their path in it."""
    prefix = f"{part}/"
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def has_checkpoint(run: Path) -> bool:
    """Whether there is one that seems whole, so that the run can be taken up again."""
    return any(map(_seems_whole, _folders(run)))


def _folders(run: Path) -> list[Path]:
    """Newest first."""
    return sorted((run / CHECKPOINTS).glob("update_*"), reverse=True)


def _seems_whole(folder: Path) -> bool:
    """Whether the manifest can be read and the arrays have the size that it says."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        return (folder / ARRAYS).stat().st_size == manifest["bytes"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write(path: Path, content: bytes) -> None:
    """Down to the disk: a name that is there after a power cut has its content, too."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    manifest = json.loads((folder / MANIFEST).read_bytes())
    if manifest["format"] != _FORMAT:
        raise RunError(
            f"{folder}: format {manifest['format']}; this version of Kinetix reads {_FORMAT}"
        )
    content = (folder / ARRAYS).read_bytes()
    if len(content) != manifest["bytes"] or zlib.crc32(content) != manifest["crc32"]:
        raise ValueError(f"{ARRAYS} is not what was written")
    try:
        return manifest, load(content)
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _to_arrays(state: Any) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Every leaf by its path, and the implementation of those that are random keys."""
    arrays, keys = {}, {}
    for path, leaf in jax.tree_util.tree_flatten_with_path(state)[0]:
        name = leaf_name(path)
        if _is_key(leaf):
            keys[name] = str(jax.random.key_impl(leaf))
            leaf = jax.random.key_data(leaf)
        arrays[name] = np.asarray(jax.device_get(leaf), order="C")
    return arrays, keys


def _from_arrays(
    like: Any, arrays: Mapping[str, np.ndarray], keys: Mapping[str, str], source: Path
) -> Any:
    paths, structure = jax.tree_util.tree_flatten_with_path(like)
    names = [leaf_name(path) for path, _ in paths]
    for name in arrays:
        if name not in names:
            raise OtherState(f"{source}: {name} is no part of this run{did_you_mean(name, names)}")
    leaves = []
    for name, (_, leaf) in zip(names, paths, strict=True):
        if name not in arrays:
            raise OtherState(f"{source}: {name} is missing; was the run composed differently?")
        array: Any = arrays[name]
        if name in keys:
            array = jax.random.wrap_key_data(jnp.asarray(array), impl=keys[name])
        if (array.shape, array.dtype) != (leaf.shape, leaf.dtype):
            raise OtherState(
                f"{source}: {name} is {array.dtype}{array.shape}; this run has "
                f"{leaf.dtype}{leaf.shape}: a setting is not the one it was saved with"
            )
        leaves.append(array)
    return jax.tree_util.tree_unflatten(structure, leaves)


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def leaf_name(path: Any) -> str:
    """Of a leaf in a tree, by its path, as `actor/hidden_0/kernel`."""
    return jax.tree_util.keystr(path, simple=True, separator="/")
