"""Score functions that break a promise each."""

import itertools
from dataclasses import dataclass

import jax.numpy as jnp

from kinetix_core.interfaces import Score


@dataclass(frozen=True)
class Solved(Score):
    """The share of episodes that were solved."""

    def __call__(self, outcome):
        return jnp.where(outcome.episodes > 0, outcome.solved, -jnp.inf)


class Unfrozen(Solved):
    __hash__ = None


class Mean(Solved):
    def __call__(self, outcome):
        return jnp.mean(super().__call__(outcome))


class DividesByEpisodes(Solved):
    def __call__(self, outcome):
        return outcome.solved * outcome.episodes / outcome.episodes


class TakesUnplayed(Solved):
    def __call__(self, outcome):
        return outcome.solved


class Ranks(Solved):
    def __call__(self, outcome):
        score = super().__call__(outcome)
        rank = jnp.argsort(jnp.argsort(score)).astype(jnp.float32)
        return jnp.where(outcome.episodes > 0, rank, -jnp.inf)


_calls = itertools.count()


class Restless(Solved):
    def __call__(self, outcome):
        return super().__call__(outcome) + next(_calls) % 7


def _make(kind):
    return lambda task: kind(None, task)


GOOD = _make(Solved)
BROKEN = {
    "is_a_frozen_dataclass": [_make(Unfrozen)],
    "gives_one_number_per_level": [_make(Mean), _make(DividesByEpisodes)],
    "refuses_levels_that_were_not_played": [_make(TakesUnplayed)],
    "looks_at_one_level_at_a_time": [_make(Ranks)],
    "traces_once": [_make(Restless)],
}
