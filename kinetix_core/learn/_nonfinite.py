"""What is said and kept where a number is not finite: component, update, level."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.scene import write_level

from ._metrics import LEARNT
from ._setup import Setup
from ._update import TrainState

if TYPE_CHECKING:
    from kinetix_core.env import EnvState
    from kinetix_core.record import RunFolder

REPORT = "nan_report.json"
_LEARNER = ("ppo/loss", "ppo/gradient_norm")


def diverged(values: Mapping[str, Any]) -> str:
    """The first of the learner's metrics that is not finite; empty: they all are.

    The gradient is looked at because the last step of an update has no loss after it. Where an
    update was not learnt from there is nothing to measure, which is no divergence.
    """
    learnt = np.ravel(values.get(LEARNT, 1.0)) > 0
    for name in _LEARNER:
        if np.any(learnt & ~np.isfinite(np.ravel(values.get(name, 0.0)))):
            return name
    return ""


def blind_level(state: TrainState, seeds: int) -> EnvState | None:
    """How an episode began whose observation is not finite now; None where all are."""
    for seed in range(seeds):
        own = jax.tree.map(lambda x, s=seed: x[s], state) if seeds > 1 else state
        players = own.players
        for leaf in jax.tree.leaves(players.observation):
            if not jnp.issubdtype(leaf.dtype, jnp.floating):
                continue
            bad = ~np.isfinite(np.asarray(leaf)).reshape(leaf.shape[0], -1).all(axis=1)
            if bad.any():
                env = int(np.argmax(bad))
                begun, index = players.carried, env
                if players.current[env]:
                    begun, index = own.pool, int(players.level[env])
                return jax.tree.map(lambda x, i=index: x[i], begun)
    return None


def save_begun(setup: Setup, folder: RunFolder, number: int, begun: EnvState) -> Path:
    """Write the level that an episode began with, to be looked at and played again."""
    path = folder.path / f"nan_level_update_{number}.json"
    write_level(path, jax.device_get(setup.environment.scene(begun)))
    return path


def write_report(
    folder: RunFolder, number: int, component: str, level: Path | None, values: Mapping[str, Any]
) -> None:
    """`nan_report.json` in the run folder: what happened, where, with all metrics of the update."""
    report = {
        "update": number,
        "component": component,
        "level": None if level is None else level.name,
        "parameters_of_update": folder.parameters_update,
        "metrics": {name: _plain(value) for name, value in sorted(values.items())},
    }
    folder.write_json(REPORT, report)


def _plain(value: Any) -> Any:
    """JSON has no word for what is not finite, so such numbers are written as text."""
    if isinstance(value, list):
        return [_plain(x) for x in value]
    return value if math.isfinite(value) else str(value)
