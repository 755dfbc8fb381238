"""curriculum/plr: prioritised level replay (Jiang et al. 2021, arXiv 2010.03934 and 2110.02439).

An update plays either new levels or levels that were worth playing before.
Source: spec/curricula.md 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float, Int, PRNGKeyArray

from kinetix_core.interfaces import Buffer, Curriculum, Outcome, Policy, Proposal, Score, Tools
from kinetix_core.registry import registry
from kinetix_core.scene import Scene

from ._buffer import LevelBuffer, Weighting, blank, draw, empty_buffer, insert, renew, weights
from ._config import PLRConfig, ScoreConfig
from ._scores import Learnability, MaxMC, PositiveValueLoss

NEW, REPLAY, MUTATE = range(3)
"""What an update plays."""

_EPISODES = {"return": "mean_return", "solved": "solved", "length": "mean_length"}
_SCORES = {
    "max_mc": MaxMC,
    "positive_value_loss": PositiveValueLoss,
    "learnability": Learnability,
}

Branch = Callable[[PRNGKeyArray], "tuple[PLRState, Scene]"]


class PLRState(eqx.Module):
    """`kind` and `replayed` are those of the proposal that is being played."""

    buffer: LevelBuffer
    kind: Int[Array, ""]
    replayed: Int[Array, " envs"]  # slots of the last replay: the parents of a mutation
    played: dict[str, Float[Array, ""]]  # what to log of the last outcome


@dataclass(frozen=True)
class PLR(Curriculum):
    """Environments begin anew at each update and play their level again and again."""

    config: PLRConfig

    def __post_init__(self) -> None:
        _ = self._score  # an unknown name is an error now, not after the first rollout

    def init(self, key: PRNGKeyArray, tools: Tools) -> PLRState:
        return PLRState(
            buffer=empty_buffer(blank(self.task.size, self.config.buffer_size)),
            kind=jnp.int32(NEW),
            replayed=jnp.zeros(tools.num_envs, jnp.int32),
            played={name: jnp.float32(jnp.nan) for name in (*_EPISODES, *_SCORES)},
        )

    def propose(
        self, state: PLRState, key: PRNGKeyArray, tools: Tools, policy: Policy
    ) -> tuple[PLRState, Proposal]:
        kind_key, level_key = jax.random.split(key)
        kind = self._kind(state, kind_key)

        def new(key: PRNGKeyArray) -> tuple[PLRState, Scene]:
            return state, jax.tree.map(jnp.asarray, self._sample(tools, key, tools.num_envs))

        def replay(key: PRNGKeyArray) -> tuple[PLRState, Scene]:
            buffer, drawn = draw(state.buffer, key, tools.num_envs, self._weighting)
            played = replace(state, buffer=buffer, replayed=drawn)
            return played, jax.tree.map(lambda x: x[drawn], buffer.levels)

        branches = (new, replay, *self._more_kinds(state))
        state, levels = jax.lax.switch(kind, branches, level_key)
        train = (kind == REPLAY) if self.config.robust else jnp.bool_(True)
        return replace(state, kind=kind), Proposal(levels, train)

    def learn(self, state: PLRState, proposal: Proposal, outcome: Outcome) -> PLRState:
        at = state.replayed
        known = jnp.where(state.kind == REPLAY, state.buffer.slots.max_return[at], -jnp.inf)
        best = jnp.maximum(outcome.best_return, known)
        outcome = replace(outcome, best_return=best)

        def replayed(buffer: LevelBuffer) -> LevelBuffer:
            return renew(buffer, at, self._score(outcome), best)

        def others(buffer: LevelBuffer) -> LevelBuffer:
            return insert(
                buffer,
                proposal.levels,
                self._score(outcome),
                best,
                self._weighting,
                refuse_duplicates=self.config.refuse_duplicates,
            )

        buffer = jax.lax.cond(state.kind == REPLAY, replayed, others, state.buffer)
        return replace(state, buffer=buffer, played=self._played(outcome))

    def _played(self, outcome: Outcome) -> dict[str, Float[Array, ""]]:
        """Means over episodes, and of each score over levels with one; NaN where there is none."""
        count = jnp.asarray(outcome.episodes, jnp.float32)
        episodes = {
            name: jnp.sum(count * getattr(outcome, field)) / jnp.sum(count)
            for name, field in _EPISODES.items()
        }
        scores = {name: score(ScoreConfig(), self.task)(outcome) for name, score in _SCORES.items()}
        some = count > 0
        return episodes | {name: jnp.mean(x, where=some) for name, x in scores.items()}

    def metrics(self, state: PLRState) -> dict[str, Array]:
        """What the published scripts log of their level sampler, and of each kind of update.

        Of a kind that this update was not: NaN.
        """
        played = {
            f"{kind}_{name}": jnp.where(state.kind == number, value, jnp.nan)
            for number, kind in enumerate(self._kinds)
            for name, value in state.played.items()
        }
        slots, valid = state.buffer.slots, state.buffer.valid
        score = jnp.where(valid, slots.score, 0.0)
        filled = jnp.maximum(slots.size, 1)
        return played | {
            "buffer_size": slots.size,
            "levels_seen": slots.counter,
            "score_max": jnp.where(slots.size > 0, jnp.max(slots.score), 0.0),
            "score_mean": jnp.sum(score) / filled,
            "score_weighted": jnp.sum(score * weights(slots, self._weighting)),
            "replayed": (state.kind == REPLAY).astype(jnp.float32),
            "mutated": (state.kind == MUTATE).astype(jnp.float32),
        }

    @property
    def _kinds(self) -> tuple[str, ...]:
        """What to call the kinds of updates that there are."""
        return ("new", "replay")

    def buffer(self, state: PLRState) -> Buffer:
        return Buffer(state.buffer.levels, state.buffer.slots.score, state.buffer.valid)

    @property
    def _weighting(self) -> Weighting:
        c = self.config
        return Weighting(c.prioritization, c.temperature, c.topk, c.staleness_coef)

    @property
    def _score(self) -> Score:
        name = self.config.score
        return registry().build("score", name, registry().config_class("score", name)(), self.task)

    def _sample(self, tools: Tools, key: PRNGKeyArray, n: int) -> Scene:
        """`n` new levels."""
        return tools.sample(key, n)

    def _kind(self, state: PLRState, key: PRNGKeyArray) -> Int[Array, ""]:
        return jnp.where(self._replays(state, key), REPLAY, NEW).astype(jnp.int32)

    def _replays(self, state: PLRState, key: PRNGKeyArray) -> Bool[Array, ""]:
        """Filled enough, and a flip of a coin."""
        slots = state.buffer.slots
        needed = self.config.minimum_fill_ratio * self.config.buffer_size
        filled = (slots.size >= needed) & (slots.size > 0)
        chance: Float[Array, ""] = jax.random.uniform(key)
        return filled & (chance < self.config.replay_prob)

    def _more_kinds(self, state: PLRState) -> tuple[Branch, ...]:
        return ()
