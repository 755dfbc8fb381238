"""Distributions over actions: one per kind of action space, with any leading axes."""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray

from kinetix_core.env import uniform
from kinetix_core.interfaces import Box, Discrete, Distribution, MultiDiscrete
from kinetix_core.scene import Array

_NEVER = -1e9  # logit of an option that does not exist; finite, so that gradients are


class Categorical(eqx.Module):
    """One choice out of n. `logits`: (..., n), normalised on construction."""

    logits: Float[Array, "*batch n"]

    def __init__(self, logits: Float[Array, "*batch n"]):
        self.logits = jax.nn.log_softmax(logits)

    def sample(self, key: PRNGKeyArray) -> Int[jax.Array, "*batch"]:
        # By inversion: one uniform number per choice instead of one per option.
        cumulative = jnp.cumsum(jnp.exp(self.logits), axis=-1)
        u = uniform(key, cumulative.shape[:-1])[..., None] * cumulative[..., -1:]
        return jnp.sum(u >= cumulative[..., :-1], axis=-1).astype(jnp.int32)

    def mode(self) -> Int[jax.Array, "*batch"]:
        return jnp.argmax(self.logits, axis=-1).astype(jnp.int32)

    def log_prob(self, action: Int[Array, "*batch"]) -> Float[jax.Array, "*batch"]:
        chosen = jax.nn.one_hot(action, self.logits.shape[-1], dtype=bool)
        return jnp.sum(jnp.where(chosen, self.logits, 0.0), axis=-1)

    def entropy(self) -> Float[jax.Array, "*batch"]:
        return -jnp.sum(jnp.exp(self.logits) * self.logits, axis=-1)

    def tempered(self, temperature: float) -> Categorical:
        """Probabilities to the power of 1 / `temperature`, normalised again."""
        return Categorical(self.logits / temperature)


class MultiCategorical(eqx.Module):
    """Independent choices; log-probability and entropy are sums over them.

    `outputs`: (..., sum of sizes), logits of every choice one after the other. They are
    normalised with the batch on the last axes: loops over a handful of options are slow.
    """

    outputs: Float[Array, "*batch n"]
    sizes: tuple[int, ...] = eqx.field(static=True)

    @property
    def logits(self) -> Float[jax.Array, "options choices *batch"]:
        """Normalised; those of options that do not exist: never."""
        option = np.arange(max(self.sizes))[:, None]
        exists = option < np.array(self.sizes)
        starts = np.cumsum((0, *self.sizes[:-1]))
        logits = jnp.moveaxis(self.outputs, -1, 0)[np.where(exists, starts + option, 0)]
        known = exists.reshape(*exists.shape, *(1,) * (logits.ndim - 2))
        return jax.nn.log_softmax(jnp.where(known, logits, _NEVER), axis=0)

    def sample(self, key: PRNGKeyArray) -> Int[jax.Array, "*batch choices"]:
        cumulative = jnp.cumsum(jnp.exp(self.logits), axis=0)
        u = uniform(key, cumulative.shape[1:]) * cumulative[-1]
        drawn = jnp.sum(u[None] >= cumulative[:-1], axis=0)
        return jnp.moveaxis(drawn, 0, -1).astype(jnp.int32)

    def mode(self) -> Int[jax.Array, "*batch choices"]:
        return jnp.moveaxis(jnp.argmax(self.logits, axis=0), 0, -1).astype(jnp.int32)

    def log_prob(self, action: Int[Array, "*batch choices"]) -> Float[jax.Array, "*batch"]:
        chosen = jax.nn.one_hot(jnp.moveaxis(action, -1, 0), max(self.sizes), dtype=bool, axis=0)
        return jnp.sum(jnp.where(chosen, self.logits, 0.0), axis=(0, 1))

    def entropy(self) -> Float[jax.Array, "*batch"]:
        logits = self.logits
        return -jnp.sum(jnp.exp(logits) * logits, axis=(0, 1))

    def tempered(self, temperature: float) -> MultiCategorical:
        """Each choice's probabilities to the power of 1 / `temperature`, normalised again."""
        return MultiCategorical(self.outputs / temperature, self.sizes)


class DiagonalNormal(eqx.Module):
    """Independent normal distributions; samples are not squashed."""

    mean: Float[Array, "*batch n"]
    log_std: Float[Array, "*batch n"]

    def sample(self, key: PRNGKeyArray) -> Float[jax.Array, "*batch n"]:
        noise = jax.random.normal(key, (self.mean.size,), self.mean.dtype)
        noise = noise.reshape(self.mean.shape)  # along one axis it is compiled sooner
        return jnp.asarray(self.mean) + jnp.exp(self.log_std) * noise

    def mode(self) -> Float[jax.Array, "*batch n"]:
        return jnp.asarray(self.mean)

    def log_prob(self, action: Float[Array, "*batch n"]) -> Float[jax.Array, "*batch"]:
        z = (action - self.mean) * jnp.exp(-self.log_std)
        return jnp.sum(-0.5 * z**2 - self.log_std - 0.5 * math.log(2 * math.pi), axis=-1)

    def entropy(self) -> Float[jax.Array, "*batch"]:
        return jnp.sum(self.log_std + 0.5 * math.log(2 * math.pi * math.e), axis=-1)

    def tempered(self, temperature: float) -> DiagonalNormal:
        """The density to the power of 1 / `temperature`, normalised again: the variance grows by
        that factor."""
        return DiagonalNormal(self.mean, self.log_std + 0.5 * math.log(temperature))


def action_outputs(space: Discrete | MultiDiscrete | Box) -> int:
    """How many numbers a network puts out per action: logits, or means for a Box."""
    if isinstance(space, MultiDiscrete):
        return sum(space.sizes)
    return space.n if isinstance(space, Discrete) else math.prod(space.shape)


def distribution_for(
    space: Discrete | MultiDiscrete | Box,
    outputs: Float[Array, "*batch n"],
    log_std: Float[Array, " n"] | None = None,
) -> Distribution:
    """The distribution over `space` that network outputs stand for.

    `outputs`: `action_outputs(space)` numbers on the last axis. `log_std`: for a Box only.
    """
    if isinstance(space, MultiDiscrete):
        return MultiCategorical(outputs, space.sizes)
    if isinstance(space, Discrete):
        return Categorical(outputs)
    assert log_std is not None, "a Box needs log standard deviations"
    return DiagonalNormal(outputs, jnp.broadcast_to(log_std, outputs.shape))
