"""Curricula that break a promise each; variations of a small buffer of levels."""

import itertools
from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp

from kinetix_core.interfaces import Curriculum, Proposal
from kinetix_core.scene import Scene

SLOTS = 4


class Kept(eqx.Module):
    levels: Scene
    score: jax.Array


@dataclass(frozen=True)
class Buffer(Curriculum):
    """Half new levels, half those of its buffer that were solved least."""

    def init(self, key, tools):
        return Kept(tools.sample(key, SLOTS), jnp.zeros(SLOTS))

    def propose(self, state, key, tools, policy):
        new = tools.sample(key, tools.num_envs - SLOTS)
        levels = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), new, state.levels)
        return state, Proposal(levels, train=jnp.min(state.score) < 0.9)

    def learn(self, state, proposal, outcome):
        worst = jnp.argsort(outcome.solved)[:SLOTS]
        kept = jax.tree.map(lambda x: x[worst], proposal.levels)
        return Kept(kept, outcome.solved[worst])

    def metrics(self, state):
        return {"score": jnp.mean(state.score)}


class Unfrozen(Buffer):
    __hash__ = None


class Undecided(Buffer):
    repeat = "sometimes"


class Counts(Buffer):
    """Its count becomes a float after the first update."""

    def init(self, key, tools):
        return super().init(key, tools), jnp.int32(0)

    def propose(self, state, key, tools, policy):
        kept, proposal = super().propose(state[0], key, tools, policy)
        return (kept, state[1]), proposal

    def learn(self, state, proposal, outcome):
        kept = super().learn(state[0], proposal, outcome)
        return kept, state[1] + jnp.mean(outcome.solved)

    def metrics(self, state):
        return {}


class TrainsPerLevel(Buffer):
    def propose(self, state, key, tools, policy):
        state, proposal = super().propose(state, key, tools, policy)
        return state, replace(proposal, train=jnp.ones(tools.num_envs, bool))


class DamagesLevels(Buffer):
    """Heavier and heavier, until a density is below 0."""

    def learn(self, state, proposal, outcome):
        kept = super().learn(state, proposal, outcome)
        polygons = kept.levels.polygons
        lighter = replace(polygons, density=polygons.density - 0.4)
        return replace(kept, levels=replace(kept.levels, polygons=lighter))


class OneKeyTwice(Buffer):
    def propose(self, state, key, tools, policy):
        tools.sample(key, 1)
        return super().propose(state, key, tools, policy)


class SameKeyEachUpdate(Buffer):
    def propose(self, state, key, tools, policy):
        return super().propose(state, jax.random.key(3), tools, policy)


class DividesByZero(Buffer):
    def learn(self, state, proposal, outcome):
        kept = super().learn(state, proposal, outcome)
        return replace(kept, score=kept.score / jnp.sum(outcome.solved > 2))


_calls = itertools.count()


class Restless(Buffer):
    def learn(self, state, proposal, outcome):
        kept = super().learn(state, proposal, outcome)
        return replace(kept, score=kept.score + next(_calls))


def _make(kind):
    return lambda task: kind(None, task)


GOOD = _make(Buffer)
BROKEN = {
    "is_a_frozen_dataclass": [_make(Unfrozen)],
    "says_how_episodes_go_on": [_make(Undecided)],
    "states_keep_their_shape": [_make(Counts)],
    "proposals_keep_their_shape": [_make(TrainsPerLevel)],
    "levels_are_valid": [_make(DamagesLevels)],
    "uses_each_key_once": [_make(OneKeyTwice), _make(SameKeyEachUpdate)],
    "metrics_are_numbers": [_make(DividesByZero)],
    "repeats_itself": [_make(Restless)],
}
