"""A trained policy in another size than its own."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import jax

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Parameters, Task
from kinetix_core.scene import SceneSize

from ._sets import untrained_params

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun

_KINDS = ("engine", "action", "observation", "network")


def task_in_size(
    composed: ComposedRun, size: SceneSize, params: Parameters, setting: str = "size"
) -> Task:
    """The task of a run in `size`, for its parameters (of one seed, or their shapes).

    Networks over entities take any number of them. Raises `SettingError`, naming `setting`, for
    a network whose parameters would have another shape.
    """
    from kinetix_core.compose import build_task

    task = build_task(dataclasses.replace(composed, size=size), _KINDS)
    fresh = jax.eval_shape(lambda key: untrained_params(task, key), jax.random.key(0))
    if _shapes(fresh) != _shapes(params):
        raise SettingError(
            f"{setting}={size.written}: network={composed['network'].name} with observation="
            f"{composed['observation'].name} takes the size that it was trained in only, size"
            f" {composed.size.written}; train with size={size.written}, or train a network that"
            " takes any size, one over entities"
        )
    return task


def _shapes(params: Parameters) -> dict[str, tuple[int, ...]]:
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return {jax.tree_util.keystr(path): tuple(leaf.shape) for path, leaf in leaves}
