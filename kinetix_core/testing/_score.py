"""What a score function promises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.interfaces import Outcome, Score, Task

from ._compare import assert_same, assert_traces_once
from ._curriculum import fake_outcome
from ._levels import example_levels
from ._shared import is_a_frozen_dataclass


@dataclass(frozen=True, eq=False)
class ScoreCase:
    """tolerance: between compiled and not, see `kinetix_core.testing.difference`."""

    component: Score
    task: Task
    levels: int = 24
    seed: int = 0
    tolerance: float = 1e-5

    @cached_property
    def outcome(self) -> Outcome:
        """Of a made-up policy; some levels without a completed episode."""
        levels = jax.tree.map(jnp.asarray, example_levels(self.task.size, self.levels, self.seed))
        return fake_outcome(jax.random.key(self.seed), levels, 0.5)


def gives_one_number_per_level(case: ScoreCase) -> None:
    """Floating-point numbers along the axis of the levels, none of them NaN."""
    score = np.asarray(case.component(case.outcome))
    found = (score.shape, score.dtype)
    assert found == ((case.levels,), np.dtype(np.float32)), f"shape and type {found}"
    assert not np.isnan(score).any(), f"NaN for level {np.argmax(np.isnan(score))}"


def refuses_levels_that_were_not_played(case: ScoreCase) -> None:
    """-inf for levels without a completed episode, and only for those."""
    score, episodes = np.asarray(case.component(case.outcome)), np.asarray(case.outcome.episodes)
    wrong = np.isneginf(score) != (episodes == 0)
    at = int(np.argmax(wrong))
    assert not wrong.any(), f"score {score[at]} after {episodes[at]} episodes"


def looks_at_one_level_at_a_time(case: ScoreCase) -> None:
    """A level's score does not depend on the other levels."""
    turned = jax.tree.map(lambda x: x[::-1], case.outcome)
    assert_same(case.component(turned)[::-1], case.component(case.outcome), case.tolerance)
    half = jax.tree.map(lambda x: x[: case.levels // 2], case.outcome)
    whole = case.component(case.outcome)[: case.levels // 2]
    assert_same(case.component(half), whole, case.tolerance)


def traces_once(case: ScoreCase) -> None:
    """Compiled once for one shape, with the same result as uncompiled."""
    first, _ = assert_traces_once(case.component, [(case.outcome,), (case.outcome,)])
    assert_same(first, case.component(case.outcome), case.tolerance)


PROMISES = (
    is_a_frozen_dataclass,
    gives_one_number_per_level,
    refuses_levels_that_were_not_played,
    looks_at_one_level_at_a_time,
    traces_once,
)
