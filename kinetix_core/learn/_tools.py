"""What a curriculum may ask for (`kinetix_core.interfaces.Tools`), in a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from kinetix_core.interfaces import CurriculumState, Outcome, Policy, Proposal
from kinetix_core.scene import Scene

from ._check import check_levels, check_proposal
from ._outcome import Tally, count
from ._rollout import Pool, begin, rollout, rollout_advantages
from ._setup import Setup


@dataclass(frozen=True)
class RunTools:
    """The run's generator, environment and network, as far as a curriculum sees them."""

    setup: Setup

    @property
    def num_envs(self) -> int:
        """Environments that play side by side."""
        return self.setup.ppo.num_envs

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        """`n` new levels, along a leading axis."""
        assert self.setup.task.generator is not None
        levels = self.setup.task.generator.sample(key, n)
        check_levels(self.setup, "generator", levels, n)
        return levels

    def play(self, key: PRNGKeyArray, policy: Policy, levels: Scene, steps: int) -> Outcome:
        """How `policy` plays each level, one environment each, for `steps` steps."""
        n = levels.timestep.shape[0]
        ppo = replace(self.setup.ppo, num_envs=n, num_steps=steps, num_minibatches=1)
        setup = replace(self.setup, ppo=ppo)
        begun = jax.vmap(setup.environment.reset)(jax.tree.map(jnp.asarray, levels))
        pool = Pool.of(setup, begun)
        players, played = rollout(setup, policy, begin(setup, pool), pool, key, repeat=True)
        advantage = rollout_advantages(setup, policy, players, played)
        tally, _ = count(Tally.empty(n), players, played, advantage)
        return tally.outcome()


Propose = Callable[[Setup, CurriculumState, PRNGKeyArray, Policy], tuple[CurriculumState, Proposal]]


def propose(
    setup: Setup, state: CurriculumState, key: PRNGKeyArray, policy: Policy
) -> tuple[CurriculumState, Proposal]:
    """The levels of the next update."""
    found = setup.curriculum.propose(state, key, RunTools(setup), policy)
    check_proposal(setup, found)
    return found


def traced_once(setup: Setup) -> Propose:
    """`propose` for `setup` with whatever levels, traced once in all programs that call it.

    Curricula that play candidates take long to trace. What a run begins with needs the shapes of
    the first proposal, and the update the proposal.
    """

    @jax.jit
    def traced(levels: Any, state: CurriculumState, key: PRNGKeyArray, policy: Policy) -> Any:
        state, proposal = propose(setup.with_levels(levels), state, key, policy)
        # what comes out of jit is no longer known to be True: None says so
        return state, replace(proposal, train=None) if proposal.train is True else proposal

    def known(other: Setup, *args: Any) -> tuple[CurriculumState, Proposal]:
        state, proposal = traced(other.levels, *args)
        return state, replace(proposal, train=True) if proposal.train is None else proposal

    return known
