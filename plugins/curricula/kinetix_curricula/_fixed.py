"""curriculum/fixed: the generator's levels as they come.

Source: spec/training_and_evaluation.md 3 and 5 (the published PPO script): environments run on
between updates, and each episode's level is drawn uniformly when it begins.
"""

from __future__ import annotations

from jaxtyping import PRNGKeyArray

from kinetix_core.interfaces import Curriculum, Policy, Proposal, Tools

from ._config import FixedConfig


class Fixed(Curriculum):
    """Keeps no state."""

    config: FixedConfig
    restart = False
    repeat = False

    def init(self, key: PRNGKeyArray, tools: Tools) -> tuple[()]:
        return ()

    def propose(
        self, state: tuple[()], key: PRNGKeyArray, tools: Tools, policy: Policy
    ) -> tuple[tuple[()], Proposal]:
        return state, Proposal(tools.sample(key, self.config.pool or tools.num_envs))
