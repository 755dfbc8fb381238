"""What a curriculum is told: how each level of its proposal was played."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float

from kinetix_core.interfaces import Outcome
from kinetix_core.scene import Array

from ._rollout import Players, Step


class Tally(eqx.Module):
    """Sums over completed episodes, per level of the proposal."""

    episodes: Float[Array, " levels"]
    solved: Float[Array, " levels"]
    returns: Float[Array, " levels"]
    lengths: Float[Array, " levels"]
    values: Float[Array, " levels"]
    advantages: Float[Array, " levels"]
    best: Float[Array, " levels"]

    @staticmethod
    def empty(levels: int) -> Tally:
        zeros = jnp.zeros(levels)
        return Tally(*(zeros,) * 6, best=jnp.full(levels, -jnp.inf))

    def outcome(self) -> Outcome:
        per = jnp.maximum(self.episodes, 1.0)
        return Outcome(
            episodes=self.episodes.astype(jnp.int32),
            solved=self.solved / per,
            best_return=self.best,
            mean_return=self.returns / per,
            mean_length=self.lengths / per,
            mean_value=self.values / per,
            mean_positive_advantage=self.advantages / per,
        )


def count(
    tally: Tally, players: Players, steps: Step, advantage: Float[Array, "time envs"]
) -> tuple[Tally, Players]:
    """Add the episodes that this rollout completed; sums of unfinished ones stay with players.

    Episodes that began under an earlier proposal are left out.
    """

    def add(carry: tuple[Array, Array], now: tuple[Array, Array, Array]):
        value, positive, done = now
        sums = carry[0] + value, carry[1] + positive
        return (jnp.where(done, 0.0, sums[0]), jnp.where(done, 0.0, sums[1])), sums

    begin = (players.value_sum, players.advantage_sum)
    now = (steps.value, jnp.maximum(advantage, 0.0), steps.done)
    (value_sum, advantage_sum), (values, positives) = jax.lax.scan(add, begin, now)

    counted = (steps.done & steps.current).reshape(-1)
    level = steps.level.reshape(-1)
    length = steps.length.astype(jnp.float32)

    def total(old: Array, what: Array) -> Array:
        return (
            jnp.asarray(old).at[level].add(jnp.where(counted, what.reshape(-1), 0.0), mode="drop")
        )

    tally = Tally(
        episodes=total(tally.episodes, jnp.ones_like(length)),
        solved=total(tally.solved, steps.goal.astype(jnp.float32)),
        returns=total(tally.returns, steps.episode_return),
        lengths=total(tally.lengths, length),
        values=total(tally.values, values / length),
        advantages=total(tally.advantages, positives / length),
        best=jnp.asarray(tally.best)
        .at[level]
        .max(jnp.where(counted, steps.episode_return.reshape(-1), -jnp.inf), mode="drop"),
    )
    return tally, replace(players, value_sum=value_sum, advantage_sum=advantage_sum)
