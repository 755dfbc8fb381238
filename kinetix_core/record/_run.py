"""A run read back: its configuration, its task and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from kinetix_core.errors import RunError
from kinetix_core.paths import user_path

from ._checkpoint import part_of, read_checkpoint
from ._listing import CHECKPOINTS, PARAMETERS, read_config
from ._parameters import read_parameters, unflatten

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun
    from kinetix_core.interfaces import Parameters, Task
    from kinetix_core.scene import LevelSet


@dataclass(frozen=True)
class Run:
    """A finished or stopped run, read back."""

    path: Path
    composed: ComposedRun
    task: Task
    params: Parameters  # a leading axis of `composed.num_seeds` where that is above 1
    update: int  # after which the parameters were saved

    def known_levels(self) -> LevelSet | None:
        """The levels of the training, found again; None where its generator has no list of them.

        Raises what the generator raises where they are gone.
        """
        from kinetix_core.compose import build_task

        generator = build_task(self.composed, ("engine", "action", "generator")).generator
        assert generator is not None
        return generator.known_levels()


def load_run(path: str | Path) -> Run:
    """Read a run folder, with its newest parameters. Raises `RunError` naming what is missing.

    The task has no generator and no curriculum: the run's levels are not needed to play others.
    """
    path = user_path(path, "run")
    config = read_config(path)
    return _run(path, config, *read_parameters(path / PARAMETERS), path / PARAMETERS)


def load_run_at(checkpoint: str | Path) -> Run:
    """The same with the parameters of a checkpoint, `RUN/checkpoints/update_00000042`."""
    folder = user_path(checkpoint, "checkpoint")
    if not folder.is_dir() or folder.parent.name != CHECKPOINTS:
        raise RunError(f"checkpoint={checkpoint}: no such checkpoint{_known(folder)}")
    path = folder.parent.parent
    config = read_config(path, "checkpoint")
    manifest, arrays = read_checkpoint(folder)
    return _run(path, config, part_of(arrays, "params"), int(manifest["update"]), folder)


def _known(folder: Path) -> str:
    """The checkpoints of the run that may be meant."""
    for run in (folder, folder.parent, folder.parent.parent):
        if names := sorted(found.name for found in (run / CHECKPOINTS).glob("update_*")):
            return f"; {run / CHECKPOINTS} has {', '.join(names)}"
    return f"; a folder as runs/NAME/{CHECKPOINTS}/update_00000042 is expected"


def _run(
    path: Path, config: Mapping[str, Any], arrays: dict[str, np.ndarray], update: int, source: Path
) -> Run:
    from kinetix_core.compose import build_task, compose_saved

    composed = compose_saved(config)
    # not its levels: they may be gone, or on another machine
    task = build_task(composed, ("engine", "action", "observation", "network"))
    assert task.network is not None
    assert task.observation is not None
    network, observation = task.network, task.observation

    def init() -> Any:
        from kinetix_core.scene import empty_scene

        scene = jax.tree.map(jax.numpy.asarray, empty_scene(task.size))
        return network.init(jax.random.key(0), observation.encode(scene))

    params = unflatten(jax.eval_shape(init), arrays, source, composed.num_seeds)
    return Run(path, composed, task, params, update)
