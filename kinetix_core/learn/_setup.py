"""Setup: everything static that an update is closed over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kinetix_core.env import Environment
from kinetix_core.interfaces import Curriculum, PolicyNetwork, Task

from .config import PPOConfig, TrainConfig


@dataclass(frozen=True)
class Setup:
    """A complete task with the learner's settings; decided before anything is traced.

    names: under which names the parts were chosen, by kind, for messages.
    """

    task: Task
    ppo: PPOConfig
    train: TrainConfig
    names: tuple[tuple[str, str], ...] = ()

    def name(self, kind: str) -> str:
        """As `network=mlp`; the class of the part where no name is known."""
        known = dict(self.names).get(kind)
        return f"{kind}={known}" if known else f"{kind} {type(getattr(self.task, kind)).__name__}"

    @property
    def levels(self) -> Any:
        """What the generator draws from: an argument of what is compiled, not a part of it."""
        assert self.task.generator is not None
        return self.task.generator.arrays()

    def with_levels(self, levels: Any) -> Setup:
        """The same, drawing from these."""
        assert self.task.generator is not None
        generator = self.task.generator.with_arrays(levels)
        return replace(self, task=replace(self.task, generator=generator))

    @property
    def environment(self) -> Environment:
        return Environment(self.task)

    @property
    def network(self) -> PolicyNetwork:
        assert self.task.network is not None
        return self.task.network

    @property
    def curriculum(self) -> Curriculum:
        assert self.task.curriculum is not None
        return self.task.curriculum

    @property
    def steps_per_update(self) -> int:
        """Environment steps of one update."""
        return self.ppo.num_envs * self.ppo.num_steps * self.train.rollouts_per_update

    @property
    def updates(self) -> int:
        """Updates of the whole run: `total_steps`, rounded up."""
        return -(-self.train.total_steps // self.steps_per_update)
