"""curriculum/sfl: sampling for learnability (Rutherford et al. 2024, arXiv 2408.15099).

From time to time many candidates are played with the present policy, and those that are
sometimes solved and sometimes not are kept. Source: spec/curricula.md 3.
"""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int, PRNGKeyArray

from kinetix_core.env import random_index
from kinetix_core.interfaces import Buffer, Curriculum, Outcome, Policy, Proposal, Tools
from kinetix_core.scene import Scene

from ._buffer import blank
from ._config import SFLConfig

SOLVED_FIRST = 1e-3
"""Weight of the solve rate in the score: of equally learnable levels, solved ones come first."""

PARTS = 16
"""A batch of candidates is drawn in at most so many parts."""

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


class Search(eqx.Module):
    """A buffer in the making, and what its candidates were like."""

    levels: Scene  # leading axis: slots
    score: Float[Array, " slots"]
    solve_rate: Float[Array, " slots"]
    played: Float[Array, "2 batches candidates"]  # score, solve rate; NaN without an episode


class SFL(Curriculum):
    """Environments begin anew at each update and play their level again and again."""

    config: SFLConfig

    def init(self, key: PRNGKeyArray, tools: Tools) -> SFLState:
        slots = self.config.buffer_size
        return SFLState(
            levels=blank(self.task.size, slots),
            score=jnp.full(slots, -jnp.inf, jnp.float32),
            solve_rate=jnp.zeros(slots),
            sampled_score=jnp.full(len(SUMMARY), jnp.nan, jnp.float32),
            sampled_solve_rate=jnp.full(len(SUMMARY), jnp.nan, jnp.float32),
            updates=jnp.int32(0),
        )

    def propose(
        self, state: SFLState, key: PRNGKeyArray, tools: Tools, policy: Policy
    ) -> tuple[SFLState, Proposal]:
        sample_key, draw_key = jax.random.split(key)
        kept = int(tools.num_envs * self.config.sampled_ratio)
        count = tools.num_envs - kept
        if kept:
            state, new = self._search(state, sample_key, tools, policy, count)
            drawn = random_index(draw_key, (kept,), self.config.buffer_size)
            places = jnp.concatenate([jnp.arange(count), new.timestep.shape[0] + drawn])
            levels = _rows(new, state.levels, places)
        else:  # no candidate is ever played: domain randomisation
            levels = tools.sample(sample_key, count)
        return replace(state, updates=state.updates + 1), Proposal(levels)

    def metrics(self, state: SFLState) -> dict[str, Array]:
        """Of the buffer (`selected`) and of the candidates that it was chosen from (`sampled`).

        NaN as long as no candidate was played.
        """
        values = jnp.stack([state.score, state.solve_rate])
        score, solve_rate = _summary(jnp.where(state.score >= 0, values, jnp.nan))
        found = {
            "learnability_selected": score,
            "learnability_sampled": state.sampled_score,
            "solve_rate_selected": solve_rate,
            "solve_rate_sampled": state.sampled_solve_rate,
        }
        return {
            f"{name}_{kind}" if kind else name: values[i]
            for name, values in found.items()
            for i, kind in enumerate(SUMMARY)
        }

    def buffer(self, state: SFLState) -> Buffer:
        return Buffer(state.levels, state.score, state.score >= 0)

    def _search(
        self, state: SFLState, key: PRNGKeyArray, tools: Tools, policy: Policy, count: int
    ) -> tuple[SFLState, Scene]:
        """Where it is due, a new buffer of which nothing was in the old one; and new levels, of
        which the first `count` are to be used.

        The new levels are the last batch of the loop that draws the candidates, because the
        generator takes long to compile: so it is in the program once.
        """
        config = self.config
        part = max(count, -(-config.batch_size // PARTS))
        parts = -(-config.batch_size // part)
        due = state.updates % config.update_every == 0
        batches = jnp.where(due, config.num_batches, 0)

        def batch(number: Array, carry: tuple[PRNGKeyArray, Scene, Search]):
            key, levels, search = carry
            key, sample_key, play_key = jax.random.split(key, 3)
            searching = number < batches
            many = jnp.where(searching, parts, min(count, 1))
            levels = _drawn(levels, sample_key, tools, part, many)

            def play(search: Search) -> Search:
                candidates = jax.tree.map(lambda x: x[: config.batch_size], levels)
                outcome = tools.play(play_key, policy, candidates, config.rollout_steps)
                return _selected(search, candidates, outcome, number)

            return key, levels, jax.lax.cond(searching, play, lambda search: search, search)

        search = Search(
            levels=state.levels,
            score=jnp.where(due, -jnp.inf, state.score),
            solve_rate=state.solve_rate,
            played=jnp.full((2, config.num_batches, config.batch_size), jnp.nan),
        )
        start = (key, blank(self.task.size, parts * part), search)
        _, levels, search = jax.lax.fori_loop(0, batches + 1, batch, start)
        before = jnp.stack([state.sampled_score, state.sampled_solve_rate])
        sampled = jnp.where(due, _summary(search.played.reshape(2, -1)), before)
        state = replace(
            state,
            levels=search.levels,
            score=search.score,
            solve_rate=search.solve_rate,
            sampled_score=sampled[0],
            sampled_solve_rate=sampled[1],
        )
        return state, levels


def _drawn(levels: Scene, key: PRNGKeyArray, tools: Tools, part: int, parts: Array) -> Scene:
    """The same with the first `parts` times `part` levels drawn anew."""

    def draw(number: Array, carry: tuple[PRNGKeyArray, Scene]) -> tuple[PRNGKeyArray, Scene]:
        key, levels = carry
        key, sample_key = jax.random.split(key)
        write = jax.lax.dynamic_update_slice_in_dim
        new = tools.sample(sample_key, part)
        return key, jax.tree.map(lambda x, y: write(x, y, number * part, 0), levels, new)

    return jax.lax.fori_loop(0, parts, draw, (key, levels))[1]


def _selected(search: Search, candidates: Scene, outcome: Outcome, number: Array) -> Search:
    """The most learnable of those held so far and of these candidates, batch `number`."""
    slots = search.score.shape[0]
    rate, score = jnp.asarray(outcome.solved), learnability(outcome)
    scores = jnp.concatenate([jnp.asarray(search.score), score])
    chosen = jnp.argsort(scores, stable=True)[-slots:]
    found = jnp.where(jnp.asarray(outcome.episodes > 0), jnp.stack([score, rate]), jnp.nan)
    return Search(
        levels=_rows(search.levels, candidates, chosen),
        score=scores[chosen],
        solve_rate=jnp.concatenate([jnp.asarray(search.solve_rate), rate])[chosen],
        played=jnp.asarray(search.played).at[:, number].set(found),
    )


def _rows(first: Scene, second: Scene, index: Int[Array, " rows"]) -> Scene:
    """Rows of two sets of levels, numbered one after the other."""
    count = first.timestep.shape[0]

    def leaf(a: Array, b: Array) -> Array:
        in_first = (index < count).reshape(-1, *(1,) * (a.ndim - 1))
        here, there = (
            jnp.take(x, i, axis=0, mode="clip") for x, i in ((a, index), (b, index - count))
        )
        return jnp.where(in_first, here, there)

    return jax.tree.map(leaf, first, second)


def _summary(values: Float[Array, "... values"]) -> Float[Array, "... summary"]:
    """Mean, median, least and greatest along the last axis; NaN does not count."""
    of = (jnp.nanmean, jnp.nanmedian, jnp.nanmin, jnp.nanmax)
    return jnp.stack([f(values, axis=-1) for f in of], axis=-1)


def learnability(outcome: Outcome) -> Float[Array, " levels"]:
    """p (1 - p) + 0.001 p; a level without a completed episode is worth less than any other."""
    p = jnp.asarray(outcome.solved)
    score = p * (1.0 - p) + SOLVED_FIRST * p
    return jnp.where(outcome.episodes > 0, score, -1.0)
