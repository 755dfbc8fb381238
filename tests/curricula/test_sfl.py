"""curriculum/sfl: the buffer is the most learnable candidates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_curricula import SFL, SFLConfig
from numpy.testing import assert_allclose, assert_array_equal

from kinetix_core.errors import SettingError
from kinetix_core.scene import S
from kinetix_core.testing import example_task

from .toy import ToyTools, numbers


@pytest.fixture(scope="module")
def task():
    return example_task(S)


def sfl(task, **settings):
    chosen = {"batch_size": 40, "num_batches": 3, "buffer_size": 12, "update_every": 3} | settings
    curriculum = SFL(SFLConfig(**chosen), task)
    return curriculum


def run(curriculum, tools, updates, seed=0):
    """The states after each proposal, and the proposals."""
    propose = jax.jit(lambda state, key: curriculum.propose(state, key, tools, None))
    state = curriculum.init(jax.random.key(seed), tools)
    states, proposals = [], []
    for key in jax.random.split(jax.random.key(seed + 1), updates):
        state, proposal = propose(state, key)
        states.append(state)
        proposals.append(proposal)
    return states, proposals


def test_the_buffer_holds_the_levels_of_known_learnability(task):
    """Ten levels solved at 0, 0.1 .. 0.9: those at 0.5 are the most learnable, then 0.6 and 0.4."""
    (state,), (proposal,) = run(sfl(task), ToyTools(), 1)
    held = np.asarray(numbers(state.levels))
    assert np.all(np.diff(np.asarray(state.score)) >= 0), "the best level is the last one"
    count = np.sum(held == 5)
    assert count >= 4, "of 120 candidates about 12 are level 5"
    assert set(held) <= {5, 6, 4}
    p = held / 10
    assert_allclose(state.score, p * (1 - p) + 0.001 * p, rtol=1e-5)
    assert_allclose(state.solve_rate, p, rtol=1e-6)
    assert bool(proposal.train)
    played = np.asarray(numbers(proposal.levels))
    assert played.shape == (6,)
    assert set(played[3:]) <= {4, 5, 6}, "the second half plays levels of the buffer"


def test_levels_that_are_always_solved_come_before_those_that_never_are(task):
    (state,), _ = run(sfl(task), ToyTools(solved=lambda n: (n >= 8).astype(jnp.float32)), 1)
    assert set(np.asarray(numbers(state.levels))) == {8, 9}


def test_the_buffer_is_made_again_when_it_is_due_and_nothing_of_the_old_one_stays(task):
    states, _ = run(sfl(task, buffer_size=5), ToyTools(), 4)
    assert_array_equal(states[0].score, states[2].score)
    assert [int(s.updates) for s in states] == [1, 2, 3, 4]
    hard = ToyTools(solved=lambda n: jnp.zeros_like(n))
    curriculum = sfl(task, buffer_size=5)
    after = curriculum.propose(states[2], jax.random.key(5), hard, None)[0]
    assert_array_equal(after.score, np.zeros(5))


def test_batches_smaller_than_the_buffer_fill_it_together(task):
    (state,), _ = run(sfl(task, batch_size=5, num_batches=3, buffer_size=12), ToyTools(), 1)
    assert np.isfinite(state.score).all()
    assert bool(jnp.all(sfl(task).buffer(state).valid))


def test_without_a_share_no_candidate_is_played(task):
    class Refuses(ToyTools):
        def play(self, key, policy, levels, steps):
            raise AssertionError("played")

    _, (proposal,) = run(sfl(task, sampled_ratio=0.0), Refuses(), 1)
    assert numbers(proposal.levels).shape == (6,)


def test_metrics_say_what_was_selected_and_from_what(task):
    (state,), _ = run(sfl(task), ToyTools(), 1)
    found = sfl(task).metrics(state)
    assert found["learnability_selected"] > found["learnability_sampled"] > 0.1
    assert_allclose(found["solve_rate_sampled"], 0.45, atol=0.08)
    held = np.asarray(numbers(state.levels)) / 10
    for name, values in (("solve_rate", held), ("learnability", held * (1 - held) + 0.001 * held)):
        for kind in ("median", "min", "max"):
            wanted = getattr(np, kind)(values)
            assert_allclose(found[f"{name}_selected_{kind}"], wanted, rtol=1e-5)
    assert found["solve_rate_sampled_min"] == 0.0
    assert_allclose(found["solve_rate_sampled_max"], 0.9, rtol=1e-5)
    assert_allclose(found["learnability_sampled_max"], 0.2505, rtol=1e-5)


def test_before_a_candidate_was_played_there_is_nothing_to_tell(task):
    state = sfl(task).init(jax.random.key(0), ToyTools())
    assert all(np.isnan(value) for value in sfl(task).metrics(state).values())


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"buffer_size": 121}, "buffer_size=121: at most the 120 candidates"),
        ({"sampled_ratio": 1.5}, r"sampled_ratio=1.5: 0 to 1"),
        ({"update_every": 0}, "update_every=0: at least 1"),
    ],
)
def test_settings_that_cannot_be(settings, text, task):
    with pytest.raises(SettingError, match=text):
        sfl(task, **settings)
