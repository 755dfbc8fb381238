"""Score functions: how much a level is worth training on. Source: spec/curricula.md 2.3."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from kinetix_core.interfaces import Outcome, Score


class MaxMC(Score):
    """Mean over episodes and their steps of (best return so far - value).

    The best return counts as 0 where it is below (Jiang et al. 2021, arXiv 2110.02439).
    """

    def __call__(self, outcome: Outcome) -> Float[Array, " levels"]:
        return _where_played(outcome, jnp.maximum(outcome.best_return, 0.0) - outcome.mean_value)


class PositiveValueLoss(Score):
    """Mean over episodes and their steps of max(advantage, 0)."""

    def __call__(self, outcome: Outcome) -> Float[Array, " levels"]:
        return _where_played(outcome, jnp.asarray(outcome.mean_positive_advantage))


class Learnability(Score):
    """p (1 - p), p the share of episodes that were solved (Rutherford et al. 2024, 2408.15099)."""

    def __call__(self, outcome: Outcome) -> Float[Array, " levels"]:
        p = jnp.asarray(outcome.solved)
        return _where_played(outcome, p * (1.0 - p))


def _where_played(outcome: Outcome, score: Array) -> Float[Array, " levels"]:
    """-inf, which enters no buffer, where no episode was completed."""
    return jnp.where(outcome.episodes > 0, score, -jnp.inf)
