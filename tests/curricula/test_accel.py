"""curriculum/accel: after a replay the same levels are played edited, and enter by score."""

from dataclasses import dataclass, replace
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_curricula import Accel, AccelConfig
from kinetix_curricula._accel import PUBLISHED_MUTATIONS
from kinetix_curricula._plr import MUTATE, NEW, REPLAY

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Mutation, mutate
from kinetix_core.scene import S
from kinetix_core.testing import example_task

from .toy import Numbers, ToyTools, numbered, numbers, outcome_of

TOOLS = ToyTools(generator=Numbers(1000))


@dataclass(frozen=True)
class Adds(Mutation):
    """Adds to a level's number; possible below a limit."""

    amount: float
    often: float = 1.0
    below: float = np.inf

    @property
    def weight(self):
        return self.often

    def possible(self, scene):
        return scene.circles.position[0, 1] < self.below

    def mutate(self, key, scene):
        return numbered(scene.circles.position[0, 1] + self.amount)


@lru_cache
def turns():
    """Kind, proposal, and the states before and after, of some updates."""
    task = replace(example_task(S), mutations=(Adds(1000.0),))
    config = AccelConfig(buffer_size=12, replay_prob=1.0, num_edits=2, score="learnability")
    curriculum = Accel(config, task)

    @jax.jit
    def update(state, key):
        played, proposal = curriculum.propose(state, key, TOOLS, None)
        outcome = outcome_of(jnp.minimum(numbers(proposal.levels), 2500) / 5000)
        return curriculum.learn(played, proposal, outcome), played, proposal

    state = curriculum.init(jax.random.key(0), TOOLS)
    found = []
    for key in jax.random.split(jax.random.key(1), 6):
        after, played, proposal = update(state, key)
        found.append(jax.device_get((played.kind, proposal, played, after)))
        state = after
    return found


def test_each_replay_is_followed_by_its_mutation_and_nothing_else_is():
    kinds = [int(kind) for kind, *_ in turns()]
    assert kinds == [NEW, REPLAY, MUTATE, REPLAY, MUTATE, REPLAY]


def test_all_parents_are_edited_as_often_as_asked_for():
    (_, replayed, *_), (_, mutated, *_) = turns()[1:3]
    children, parents = numbers(mutated.levels), numbers(replayed.levels)
    np.testing.assert_array_equal(children, parents + 2000)


def test_children_enter_where_there_is_room():
    """What was held stays, and the best of all is a child."""
    before, after = turns()[2][2].buffer, turns()[2][3].buffer
    assert set(numbers(before.levels)[: before.slots.size]) < set(numbers(after.levels))
    assert np.max(after.slots.score) == 0.25
    assert int(after.slots.size) == 12


def test_a_child_takes_a_slot_of_a_full_buffer_only_with_a_better_score():
    """Children of even parents are solved half the time, those of odd ones never."""
    task = replace(example_task(S), mutations=(Adds(1000.0),))
    config = AccelConfig(buffer_size=6, replay_prob=1.0, num_edits=1, score="learnability")
    curriculum = Accel(config, task)

    @jax.jit
    def update(state, key):
        played, proposal = curriculum.propose(state, key, TOOLS, None)
        n = numbers(proposal.levels)
        rate = jnp.where(n < 1000, 0.01 + n / 1e5, 0.5 * (n % 2 == 0))
        return curriculum.learn(played, proposal, outcome_of(rate)), played, proposal

    state = curriculum.init(jax.random.key(0), TOOLS)
    for key in jax.random.split(jax.random.key(4), 3):
        before = state
        state, played, proposal = update(state, key)
    assert int(played.kind) == MUTATE
    assert int(before.buffer.slots.size) == 6, "it is full"
    children, held = np.asarray(numbers(proposal.levels)), np.asarray(numbers(state.buffer.levels))
    better, worse = children[children % 2 == 0], children[children % 2 == 1]
    assert len(better) > 0
    assert len(worse) > 0
    assert set(held[held >= 1000]) == set(better)
    assert not set(worse) & set(held)
    assert int(state.buffer.slots.counter) == 18, "all of them were tried"


def test_what_children_scored_is_logged_apart():
    curriculum = Accel(AccelConfig(), example_task(S))
    for kind, _, _, after in turns()[:3]:
        found = curriculum.metrics(after)
        told = {n for n in ("new", "replay", "mutate") if not np.isnan(found[f"{n}_solved"])}
        assert told == {("new", "replay", "mutate")[int(kind)]}


def test_a_curriculum_without_named_mutations_takes_the_published_ones():
    curriculum = Accel(AccelConfig(), example_task(S))
    assert len(curriculum._mutations) == len(PUBLISHED_MUTATIONS) == 9
    weights = {type(m).__name__: m.weight for m in curriculum._mutations}
    assert weights.pop("ToggleFixation") == 0.1
    assert set(weights.values()) == {1.0}


def drawn(mutations, start=0.0, edits=1, n=600):
    edit = jax.jit(jax.vmap(lambda key: mutate(mutations, key, numbered(start), edits)))
    return np.asarray(numbers(edit(jax.random.split(jax.random.key(3), n))))


def test_mutations_are_drawn_by_weight_among_those_possible():
    found = drawn((Adds(1.0, often=3.0), Adds(10.0), Adds(100.0, below=-1.0)))
    assert set(found) == {1.0, 10.0}
    assert abs(np.mean(found == 1.0) - 0.75) < 4 * 0.45 / np.sqrt(600)


def test_what_is_possible_is_asked_again_after_each_edit():
    assert set(drawn((Adds(1.0, below=2.0), Adds(0.5, often=0.0)), edits=5, n=8)) == {2.0}


def test_settings_that_cannot_be():
    with pytest.raises(SettingError, match="num_edits=0: at least 1"):
        AccelConfig(num_edits=0)
