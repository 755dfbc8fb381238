"""What is logged of levels and of the network, beside losses and episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Float

from kinetix_core.interfaces import Parameters
from kinetix_core.scene import BLUE, BOUNDARY, GREEN, Array, Scene

from ._normalise import learnable
from ._setup import Setup

if TYPE_CHECKING:
    from ._rollout import Players

LEARNT = "ppo/learnt"
"""Whether an update was learnt from (1) or only played (0: the learner's other metrics are NaN)."""


Metrics = dict[str, Array]

RANK_SAMPLES = 64
"""Observations that an effective rank is taken over, so also the highest there can be.

More would cost most of what there is to see: libraries for CPUs begin to share such small
problems among threads, which takes many times as long.
"""


class Row(eqx.Module):
    """Metrics in one array, which a loop keeps with one operation."""

    values: Float[Array, "... metrics"]
    names: tuple[str, ...] = eqx.field(static=True)

    @staticmethod
    def of(metrics: Metrics) -> Row:
        values = [jnp.asarray(x, jnp.float32) for x in metrics.values()]
        return Row(jnp.stack(values), tuple(metrics))

    def means(self) -> Metrics:
        return self._named(jnp.mean(self._rows, axis=0))

    def sums(self) -> Metrics:
        return self._named(jnp.sum(self._rows, axis=0))

    @property
    def _rows(self) -> Array:
        return self.values.reshape(-1, len(self.names))

    def _named(self, values: Array) -> Metrics:
        return dict(zip(self.names, values, strict=True))


def level_metrics(levels: Scene) -> Metrics:
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
    columns = jnp.concatenate([jnp.asarray(x) for x in present.values()], axis=-1)
    means = jnp.mean(columns.astype(jnp.float32), axis=0)
    counts = _sums(means, [x.shape[-1] for x in present.values()])
    return {f"levels/{name}": x for name, x in zip(present, counts, strict=True)}


def network_metrics(setup: Setup, params: Parameters, players: Players) -> Metrics:
    """How able to learn a network still is: weights, and units over what environments show.

    Called with what a rollout ended with, before anything is learnt from it: the network is
    evaluated there anyway, for the value of the last state, and compiled once for both.

    The weight norm is Euclidean, over all that gradients change. The others where the network
    tells what its units do: the share of dormant units, and the effective rank of its
    `value_layer`. A unit is dormant if its mean absolute activation is at most
    `dormant_threshold` times the mean of its layer (Sokar et al. 2023, arXiv 2302.12902,
    equation 1).
    """
    weights = ravel_pytree(learnable(params))[0]
    found: Metrics = {"network/weight_norm": jnp.linalg.norm(weights)}
    units = jax.vmap(setup.network.activations, in_axes=(None, 0, 0, 0))(
        params, players.memory, players.observation, players.reset
    )
    if units:
        found["network/dormant"] = _dormant(units, setup.ppo.dormant_threshold)
    if layer := setup.network.value_layer:
        found["network/effective_rank"] = effective_rank(units[layer])
    return found


def effective_rank(activation: Float[Array, "*samples units"]) -> Float[Array, ""]:
    """In how many directions a layer's activations spread: exp(H(p)), p_i = s_i / sum of s.

    H is the entropy in nats and s are the singular values of the matrix of samples by units, the
    roots of the eigenvalues of the Gram matrix of the samples, of which `RANK_SAMPLES` are taken,
    evenly spaced. Eigenvalues that rounding may have made, below n epsilon times the largest for
    n samples, count as 0; the rank of nothing but zeros is 0. Source: Roy and Vetterli, EUSIPCO
    2007, definition 1; as a measure of plasticity: Dohare et al., Nature 632 (2024).
    """
    x = activation.reshape(-1, activation.shape[-1])
    x = x[:: max(x.shape[0] // RANK_SAMPLES, 1)][:RANK_SAMPLES]
    gram = x @ x.T  # positive semidefinite, so its singular values are its eigenvalues
    values = jnp.linalg.svd(gram, compute_uv=False)
    least = gram.shape[0] * jnp.finfo(gram.dtype).eps * values[0]
    singular = jnp.sqrt(jnp.where(values <= least, 0.0, values))
    total = jnp.sum(singular)
    share = singular / jnp.where(total > 0, total, 1.0)
    entropy = jnp.sum(jax.scipy.special.entr(share))
    return jnp.where(total == 0, 0.0, jnp.exp(entropy))


def _dormant(units: Mapping[str, Array], threshold: float) -> Array:
    """The share of units of all layers; a unit is the last axis, all others are averaged over."""
    layers = [jnp.abs(x).reshape(-1, x.shape[-1]) for x in units.values()]
    size = jnp.concatenate([jnp.mean(x, axis=0) for x in layers])
    widths = [x.shape[-1] for x in layers]
    layer = np.repeat(np.arange(len(widths)), widths)
    mean = _sums(size, widths) / np.asarray(widths, np.float32)
    return jnp.mean((size <= threshold * mean[layer]).astype(jnp.float32))


def _sums(values: Float[Array, " n"], widths: Sequence[int]) -> Float[Array, " parts"]:
    """Of so many values, one part after the other."""
    own = np.repeat(np.arange(len(widths)), widths) == np.arange(len(widths))[:, None]
    return jnp.sum(jnp.where(own, values[None], 0.0), axis=1)
