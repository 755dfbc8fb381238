"""Observations are shown to a network with a running mean of 0 and a running variance of 1.

Source: spec/training_and_evaluation.md 9 (observation normalisation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, PRNGKeyArray

from kinetix_core.errors import PluginError
from kinetix_core.interfaces import (
    Distribution,
    Memory,
    Observation,
    ObservationEncoder,
    Parameters,
    PolicyNetwork,
)
from kinetix_core.scene import Array

FIRST_COUNT = 1e-4
"""Weight of the mean of 0 and the variance of 1 that every feature begins with."""
EPSILON = 1e-4
"""Added to a variance before its root is taken."""


class Moments(eqx.Module):
    """What is known of one part of an observation. A table has a feature per column."""

    mean: Float[Array, "*features"]
    variance: Float[Array, "*features"]
    count: Float[Array, ""]  # numbers seen of each feature


class NormalisedParameters(eqx.Module):
    """Parameters of a network, with the moments of the observations that it was trained on."""

    network: Parameters
    observation: dict[str, Moments]  # by part; `observation` where there are no parts


@dataclass(frozen=True)
class NormalisedNetwork(PolicyNetwork):
    """A network that is shown (x - mean) / sqrt(variance + 1e-4) of each floating-point feature.

    row_masks: of the encoder (see `ObservationEncoder`). The rows of such a part are one kind of
    entity and share their features; rows that are not there neither count nor show (they are 0).
    The published system is known to share features among the entities of a kind; whether empty
    slots count there is not. Of every other part each number is a feature, as each pixel.

    The moments are part of the parameters, so they are saved and played with them, but no
    gradient changes them: `observed` does, after the learner has seen a rollout.
    """

    network: PolicyNetwork
    row_masks: tuple[tuple[str, str], ...] = ()

    def init(self, key: PRNGKeyArray, observation: Observation) -> Parameters:
        """Raises `PluginError` where `row_masks` do not fit the observation."""
        moments, masks = {}, dict(self.row_masks)
        parts = _parts(observation)
        for name, part in parts.items():
            if not jnp.issubdtype(part.dtype, jnp.floating):
                continue
            _check_mask(name, masks.get(name), parts)
            shape = jnp.shape(part)[1:] if name in masks else jnp.shape(part)
            moments[name] = Moments(jnp.zeros(shape), jnp.ones(shape), jnp.float32(FIRST_COUNT))
        seen = self._shown(moments, observation)
        return NormalisedParameters(self.network.init(key, seen), moments)

    def memory(self) -> Memory:
        return self.network.memory()

    def apply(
        self,
        params: Parameters,
        memory: Memory,
        observation: Observation,
        reset: Bool[Array, ""],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Memory, Distribution, Float[jax.Array, ""]]:
        seen = self._shown(params.observation, observation)
        return self.network.apply(params.network, memory, seen, reset, key=key)

    def unroll(
        self,
        params: Parameters,
        memory: Memory,
        observations: Observation,
        resets: Bool[Array, " time"],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Memory, Distribution, Float[jax.Array, " time"]]:
        seen = jax.vmap(lambda x: self._shown(params.observation, x))(observations)
        return self.network.unroll(params.network, memory, seen, resets, key=key)

    def activations(
        self,
        params: Parameters,
        memory: Memory,
        observation: Observation,
        reset: Bool[Array, ""],
    ) -> dict[str, Float[jax.Array, "*entities units"]]:
        seen = self._shown(params.observation, observation)
        return self.network.activations(params.network, memory, seen, reset)

    @property
    def value_layer(self) -> str:
        return self.network.value_layer

    def observed(self, params: Parameters, observations: Observation) -> Parameters:
        """The parameters with the moments of `observations`, leaves (envs, time, ...), added."""
        parts, masks = _parts(observations), dict(self.row_masks)
        moments = {
            name: _added(old, parts[name], parts[masks[name]] if name in masks else None)
            for name, old in params.observation.items()
        }
        return NormalisedParameters(params.network, moments)

    def _shown(self, moments: Mapping[str, Moments], observation: Observation) -> Observation:
        """One observation as the network is shown it."""
        parts, masks = _parts(observation), dict(self.row_masks)
        structure = jax.tree.structure(observation)
        shown = []
        for name, x in parts.items():
            if name in moments:
                m, old = moments[name], x
                if name in masks:
                    there = jnp.asarray(parts[masks[name]])[:, None]
                    x = jnp.where(there, (x - m.mean[None]) * _scale(m)[None], 0.0)
                else:
                    x = (x - m.mean) * _scale(m)
                x = x.astype(old.dtype)
            shown.append(x)
        return jax.tree.unflatten(structure, shown)


def normalised(network: PolicyNetwork, encoder: ObservationEncoder) -> NormalisedNetwork:
    """`network`, shown what `encoder` sees with mean 0 and variance 1."""
    return NormalisedNetwork(network, tuple(encoder.row_masks.items()))


def learnable(params: Parameters) -> Parameters:
    """The part of the parameters that gradients change."""
    return params.network if isinstance(params, NormalisedParameters) else params


def with_learnable(params: Parameters, learnt: Parameters) -> Parameters:
    """`params` with that part replaced."""
    if isinstance(params, NormalisedParameters):
        return NormalisedParameters(learnt, params.observation)
    return learnt


def _parts(observation: Observation) -> dict[str, Any]:
    """Leaves by their path, in order."""
    leaves = jax.tree_util.tree_flatten_with_path(observation)[0]
    keystr = jax.tree_util.keystr
    return {keystr(p, simple=True, separator="/") or "observation": leaf for p, leaf in leaves}


def _check_mask(name: str, mask: str | None, parts: Mapping[str, Any]) -> None:
    if mask is None:
        return
    rows = jnp.shape(parts[name])[:1]
    if mask not in parts or jnp.shape(parts[mask]) != rows or parts[mask].dtype != bool:
        raise PluginError(
            f"row_masks of the observation: {mask} is given for {name}; a part of truth values is "
            f"expected, one for each of its rows (parts: {', '.join(parts)})"
        )


def _scale(moments: Moments) -> Array:
    return jax.lax.rsqrt(jnp.asarray(moments.variance) + EPSILON)


def _added(old: Moments, x: Array, mask: Array | None) -> Moments:
    """The moments of everything so far (Chan et al. 1979, equation 2.1).

    With n numbers of mean m and variance v, and N of mean M and variance V before:
    mean (N M + n m) / (N + n), variance (N V + n v + (M - m)^2 N n / (N + n)) / (N + n).
    """
    features = jnp.ndim(old.mean)
    x = jnp.asarray(x, jnp.float32)
    axes = tuple(range(x.ndim - features))
    shown = jnp.ones((1,) * x.ndim, bool) if mask is None else jnp.asarray(mask)[..., None]
    n = jnp.sum(jnp.broadcast_to(shown, (*x.shape[: len(axes)], *(1,) * features)), dtype=float)
    per = 1.0 / jnp.maximum(n, 1.0)
    mean = jnp.sum(jnp.where(shown, x, 0.0), axis=axes) * per
    far = x - jnp.expand_dims(mean, axes)
    variance = jnp.sum(jnp.where(shown, far * far, 0.0), axis=axes) * per
    total = old.count + n
    new, before = n / total, old.count / total
    step = mean - old.mean
    return Moments(
        mean=old.mean + step * new,
        variance=old.variance * before + variance * new + step * step * before * new,
        count=total,
    )
