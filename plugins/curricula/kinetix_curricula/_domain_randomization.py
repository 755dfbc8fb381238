"""curriculum/dr: domain randomisation (Tobin et al. 2017, arXiv 1703.06907).

Source: spec/curricula.md 1: new levels for every update, and each environment repeats its own.
"""

from __future__ import annotations

from jaxtyping import PRNGKeyArray

from kinetix_core.interfaces import Curriculum, Policy, Proposal, Tools

from ._config import DomainRandomizationConfig


class DomainRandomization(Curriculum):
    """Keeps no state."""

    config: DomainRandomizationConfig

    def init(self, key: PRNGKeyArray, tools: Tools) -> tuple[()]:
        return ()

    def propose(
        self, state: tuple[()], key: PRNGKeyArray, tools: Tools, policy: Policy
    ) -> tuple[tuple[()], Proposal]:
        return state, Proposal(tools.sample(key, tools.num_envs))
