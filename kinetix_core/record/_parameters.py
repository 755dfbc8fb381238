"""Parameters as arrays by path, in a file and back in a tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np

from kinetix_core.errors import RunError, did_you_mean

from ._checkpoint import leaf_name
from ._listing import without_parameters


def flatten(tree: Any) -> dict[str, np.ndarray]:
    """Leaves by their path, as in `actor/hidden_0/kernel`."""
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {leaf_name(path): np.asarray(leaf, order="C") for path, leaf in leaves}


def unflatten(like: Any, arrays: dict[str, np.ndarray], source: Path, seeds: int = 1) -> Any:
    """Arrays by path into the structure of `like`. Raises `RunError` naming what does not fit.

    `seeds > 1`: every array has a leading axis of that length.
    """
    paths, structure = jax.tree_util.tree_flatten_with_path(like)
    names = [leaf_name(path) for path, _ in paths]
    for name in arrays:
        if name not in names:
            raise RunError(f"{source}: {name} is not a parameter of this network")
    leaves = []
    for name, (_, leaf) in zip(names, paths, strict=True):
        if name not in arrays:
            raise RunError(f"{source}: parameter {name} is missing{did_you_mean(name, arrays)}")
        shape = tuple(leaf.shape) if seeds == 1 else (seeds, *leaf.shape)
        if arrays[name].shape != shape:
            raise RunError(
                f"{source}: parameter {name} has shape {arrays[name].shape}; {shape} is expected "
                "by this network, observation and size"
            )
        leaves.append(arrays[name])
    return jax.tree_util.tree_unflatten(structure, leaves)


def read_parameters(path: Path) -> tuple[dict[str, np.ndarray], int]:
    """Saved parameters by their path, and the update after which they were saved."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise RunError(f"{path}: {without_parameters(path.parent)}")
    try:
        with safe_open(path, framework="numpy") as file:
            update = int((file.metadata() or {}).get("update", 0))
            return {name: file.get_tensor(name) for name in file.keys()}, update  # noqa: SIM118
    except (OSError, ValueError, SafetensorError) as error:
        raise RunError(f"{path}: damaged, cannot be read: {error}") from error
