"""What is logged of levels and of the network, beside losses and episodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.interfaces import Parameters
from kinetix_core.scene import BLUE, BOUNDARY, GREEN, Array, Scene

from ._setup import Setup

if TYPE_CHECKING:
    from ._rollout import Players

LEARNT = "ppo/learnt"
"""Whether an update was learnt from (1) or only played (0: the learner's other metrics are NaN)."""


def level_metrics(levels: Scene) -> dict[str, Array]:
    """Means over a proposal: what there is per level, without the room's own boundary.

    Source: spec/training_and_evaluation.md 7 (complexity).
    """
    polygons, circles, joints = levels.polygons, levels.circles, levels.joints
    bodies = jnp.concatenate([polygons.active, circles.active], axis=-1)
    role = jnp.concatenate([polygons.role, circles.role], axis=-1)
    present = {
        "shapes": bodies[:, BOUNDARY:],
        "joints": joints.active,
        "fixed_joints": joints.active & joints.is_fixed_joint,
        "motors": joints.active & ~joints.is_fixed_joint & joints.motor_on,
        "thrusters": levels.thrusters.active,
        "with_green": jnp.any(bodies & (role == GREEN), axis=-1, keepdims=True),
        "with_blue": jnp.any(bodies & (role == BLUE), axis=-1, keepdims=True),
    }
    counts = {name: jnp.sum(jnp.asarray(x), axis=-1) for name, x in present.items()}
    return {f"levels/{name}": jnp.mean(x.astype(jnp.float32)) for name, x in counts.items()}


def network_metrics(setup: Setup, params: Parameters, players: Players) -> dict[str, Array]:
    """The share of dormant units, where the network tells what its units do.

    A unit is dormant if its mean absolute activation, over what every environment shows now, is at
    most `dormant_threshold` times the mean of its layer (Sokar et al. 2023, arXiv 2302.12902,
    equation 1).
    """
    units = jax.vmap(setup.network.activations, in_axes=(None, 0, 0, 0))(
        params, players.memory, players.observation, players.reset
    )
    if not units:
        return {}
    layers = [jnp.abs(x).reshape(-1, x.shape[-1]) for x in units.values()]
    size = jnp.concatenate([jnp.mean(x, axis=0) for x in layers])
    widths = [x.shape[-1] for x in layers]
    layer = np.repeat(np.arange(len(widths)), widths)
    own = (layer == np.arange(len(widths))[:, None]) / np.asarray(widths, np.float32)[:, None]
    mean = jnp.sum(own.astype(np.float32) * size[None], axis=1)
    dormant = size <= setup.ppo.dormant_threshold * mean[layer]
    return {"network/dormant": jnp.mean(dormant.astype(jnp.float32))}
