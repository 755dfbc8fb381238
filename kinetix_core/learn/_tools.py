"""What a curriculum may ask for (`kinetix_core.interfaces.Tools`), in a run."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from kinetix_core.interfaces import Curriculum, Outcome, Policy, Proposal, Tools
from kinetix_core.scene import Scene

from ._advantage import advantages
from ._outcome import Tally, count
from ._rollout import begin, last_value, rollout
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
        return self.setup.task.generator.sample(key, n)

    def play(self, key: PRNGKeyArray, policy: Policy, levels: Scene, steps: int) -> Outcome:
        """How `policy` plays each level, one environment each, for `steps` steps."""
        n = levels.timestep.shape[0]
        setup = _side_by_side(self.setup, n, steps)
        pool = jax.vmap(setup.environment.reset)(jax.tree.map(jnp.asarray, levels))
        players, played = rollout(setup, policy, begin(setup, pool), pool, key)
        ppo = setup.ppo
        advantage = advantages(
            played.reward,
            played.value,
            played.done,
            played.end_value,
            last_value(setup, policy, players),
            gamma=ppo.gamma,
            gae_lambda=ppo.gae_lambda,
        )
        tally, _ = count(Tally.empty(n), players, played, advantage)
        return tally.outcome()


class _EachItsOwn(Curriculum):
    """Ended episodes play their level again; what a play outside of learning needs to know."""

    def init(self, key: PRNGKeyArray, tools: Tools) -> None:
        raise NotImplementedError

    def propose(
        self, state: None, key: PRNGKeyArray, tools: Tools, policy: Policy
    ) -> tuple[None, Proposal]:
        raise NotImplementedError


def _side_by_side(setup: Setup, envs: int, steps: int) -> Setup:
    """The same task for a rollout of `steps` steps in `envs` environments."""
    ppo = replace(setup.ppo, num_envs=envs, num_steps=steps, num_minibatches=1)
    task = replace(setup.task, curriculum=_EachItsOwn(None, setup.task))
    return replace(setup, task=task, ppo=ppo)
