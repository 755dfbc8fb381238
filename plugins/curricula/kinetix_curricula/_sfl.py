"""curriculum/sfl: sampling for learnability (Rutherford et al. 2024, arXiv 2408.15099).

From time to time many candidates are played with the present policy, and those that are
sometimes solved and sometimes not are kept. Source: spec/curricula.md 3.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Int, PRNGKeyArray

from kinetix_core.interfaces import Buffer, Curriculum, Outcome, Policy, Proposal, Tools
from kinetix_core.scene import Scene

from ._config import SFLConfig

SOLVED_FIRST = 1e-3
"""Weight of the solve rate in the score: of equally learnable levels, solved ones come first."""

SUMMARY = ("", "median", "min", "max")
"""What is logged of many levels: the mean under the plain name, and these."""


class SFLState(eqx.Module):
    """The buffer, best level last, and what was measured when it was made."""

    levels: Scene  # leading axis: slots
    score: Float[Array, " slots"]
    solve_rate: Float[Array, " slots"]
    sampled_score: Float[Array, " summary"]  # over all candidates, see `_summary`
    sampled_solve_rate: Float[Array, " summary"]
    updates: Int[Array, ""]  # proposals made


class SFL(Curriculum):
    """Environments begin anew at each update and play their level again and again."""

    config: SFLConfig

    def init(self, key: PRNGKeyArray, tools: Tools) -> SFLState:
        slots = self.config.buffer_size
        level = jax.tree.map(lambda x: jnp.asarray(x)[0], tools.sample(key, 1))
        return SFLState(
            levels=jax.tree.map(lambda x: jnp.broadcast_to(x, (slots, *x.shape)), level),
            score=jnp.full(slots, -jnp.inf),
            solve_rate=jnp.zeros(slots),
            sampled_score=jnp.full(len(SUMMARY), jnp.nan),
            sampled_solve_rate=jnp.full(len(SUMMARY), jnp.nan),
            updates=jnp.int32(0),
        )

    def propose(
        self, state: SFLState, key: PRNGKeyArray, tools: Tools, policy: Policy
    ) -> tuple[SFLState, Proposal]:
        rebuild_key, new_key, draw_key = jax.random.split(key, 3)
        kept = int(tools.num_envs * self.config.sampled_ratio)
        if kept:  # without, no candidate is ever played: domain randomisation
            due = state.updates % self.config.update_every == 0
            rebuild = lambda state: self._rebuild(state, rebuild_key, tools, policy)  # noqa: E731
            state = jax.lax.cond(due, rebuild, lambda state: state, state)
        index = jax.random.randint(draw_key, (kept,), 0, self.config.buffer_size)
        best = jax.tree.map(lambda x: x[index], state.levels)
        new = tools.sample(new_key, tools.num_envs - kept)
        levels = jax.tree.map(lambda a, b: jnp.concatenate([jnp.asarray(a), b]), new, best)
        state = eqx.tree_at(lambda s: s.updates, state, state.updates + 1)
        return state, Proposal(levels)

    def metrics(self, state: SFLState) -> dict[str, Array]:
        """Of the buffer (`selected`) and of the candidates that it was chosen from (`sampled`).

        NaN as long as no candidate was played.
        """
        held = state.score >= 0
        found = {
            "learnability_selected": _summary(state.score, held),
            "learnability_sampled": state.sampled_score,
            "solve_rate_selected": _summary(state.solve_rate, held),
            "solve_rate_sampled": state.sampled_solve_rate,
        }
        return {
            f"{name}_{kind}" if kind else name: values[i]
            for name, values in found.items()
            for i, kind in enumerate(SUMMARY)
        }

    def buffer(self, state: SFLState) -> Buffer:
        return Buffer(state.levels, state.score, state.score >= 0)

    def _rebuild(
        self, state: SFLState, key: PRNGKeyArray, tools: Tools, policy: Policy
    ) -> SFLState:
        """The most learnable of all candidates; nothing of the old buffer stays."""
        config = self.config

        def batch(kept: tuple[Scene, Array, Array], key: PRNGKeyArray):
            sample_key, play_key = jax.random.split(key)
            levels = tools.sample(sample_key, config.batch_size)
            outcome = tools.play(play_key, policy, levels, config.rollout_steps)
            rate, score = jnp.asarray(outcome.solved), learnability(outcome)
            old_levels, old_score, old_rate = kept
            scores = jnp.concatenate([old_score, score])
            chosen = jnp.argsort(scores, stable=True)[-config.buffer_size :]
            kept = (
                jax.tree.map(
                    lambda a, b: jnp.concatenate([a, jnp.asarray(b)])[chosen], old_levels, levels
                ),
                scores[chosen],
                jnp.concatenate([old_rate, rate])[chosen],
            )
            played = jnp.asarray(outcome.episodes > 0)
            return kept, (score, rate, played)

        start = (state.levels, jnp.full_like(state.score, -jnp.inf), state.solve_rate)
        keys = jax.random.split(key, config.num_batches)
        (levels, score, rate), (scores, rates, played) = jax.lax.scan(batch, start, keys)
        return SFLState(
            levels=levels,
            score=score,
            solve_rate=rate,
            sampled_score=_summary(scores, played),
            sampled_solve_rate=_summary(rates, played),
            updates=state.updates,
        )


def _summary(values: Array, counted: Bool[Array, " *values"]) -> Float[Array, " summary"]:
    """Mean, median, least and greatest of those that count; NaN where none does."""
    x = jnp.where(counted, values, jnp.nan)
    return jnp.stack([f(x) for f in (jnp.nanmean, jnp.nanmedian, jnp.nanmin, jnp.nanmax)])


def learnability(outcome: Outcome) -> Float[Array, " levels"]:
    """p (1 - p) + 0.001 p; a level without a completed episode is worth less than any other."""
    p = jnp.asarray(outcome.solved)
    score = p * (1.0 - p) + SOLVED_FIRST * p
    return jnp.where(outcome.episodes > 0, score, -1.0)
