"""Settings of the learner and of a run. Standard library only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from kinetix_core.errors import SettingError


class Schedule(Enum):
    """How the learning rate changes over a run."""

    constant = "constant"
    linear = "linear"
    warmup_cosine = "warmup_cosine"


# a class body cannot have a member `continue`, and members' names are what is written
OnNaN = Enum("OnNaN", {"stop": "stop", "continue": "continue"})
"""What happens when a state is not finite."""


MOST = 1 << 24
"""Of environments, steps, levels: more than any machine holds, and counted in 32 bits."""


@dataclass(frozen=True)
class PPOConfig:
    """Proximal policy optimisation. Source: spec/training_and_evaluation.md 3."""

    num_envs: int = 256
    """Environments that play side by side."""
    num_steps: int = 64
    """Environment steps per rollout."""
    num_minibatches: int = 8
    """Parts that the environments of a rollout are split into, whole environments each."""
    epochs: int = 8
    """Passes over each rollout."""
    learning_rate: float = 3e-4
    """Step size of Adam (the published runs use 5e-5 with 2048 environments)."""
    schedule: Schedule = Schedule.constant
    """How the learning rate changes: constant, linear down to 0 at the end of the run, or
    warmup_cosine: up from `warmup_start` to `learning_rate`, then down to 0 along a cosine."""
    warmup_start: float = 1e-5
    """With warmup_cosine: learning rate of the first update."""
    warmup_fraction: float = 0.1
    """With warmup_cosine: share of the run in which the learning rate rises."""
    weight_decay: float = 0.0
    """Share of each parameter taken off per step, times the learning rate (AdamW); 0: Adam."""
    adam_beta1: float = 0.9
    """Decay of Adam's mean of the gradients."""
    adam_beta2: float = 0.999
    """Decay of Adam's mean of their squares."""
    adam_eps: float = 1e-5
    """Added to the root of that mean before a gradient is divided by it."""
    max_grad_norm: float = 1.0
    """Gradients are scaled down to this global norm."""
    gamma: float = 0.995
    """Discount per environment step."""
    gae_lambda: float = 0.9
    """Trace decay of generalised advantage estimation."""
    clip_eps: float = 0.2
    """Clip range of the policy ratio."""
    value_clip_eps: float | None = None
    """Clip range of the value; null: that of the ratio; 0: values are not clipped."""
    entropy_coef: float = 0.01
    """Weight of the entropy bonus."""
    value_coef: float = 0.5
    """Weight of the value loss."""
    dormant_threshold: float = 0.025
    """Units below this share of their layer's mean activity are logged as dormant."""
    normalise_observations: bool = False
    """Whether the network is shown each feature with a running mean of 0 and variance of 1."""
    bootstrap_at_time_limit: bool = False
    """Whether an episode cut off by the time limit counts the value of its last state."""

    def __post_init__(self) -> None:
        for name in ("num_envs", "num_steps", "num_minibatches", "epochs"):
            if getattr(self, name) < 1:
                raise SettingError(f"ppo.{name}={getattr(self, name)}: at least 1 is expected")
        for name in ("num_envs", "num_steps"):
            self._check(name, getattr(self, name) <= MOST, f"at most {MOST:,}")
        if self.num_envs % self.num_minibatches:
            raise SettingError(
                f"ppo.num_minibatches={self.num_minibatches}: ppo.num_envs={self.num_envs} is "
                "not a multiple of it, and a minibatch holds whole environments"
            )
        for name in ("learning_rate", "max_grad_norm", "clip_eps", "adam_eps"):
            self._check(name, 0 < getattr(self, name) < math.inf, "a number above 0")
        for name in (
            "entropy_coef",
            "value_coef",
            "warmup_start",
            "weight_decay",
            "dormant_threshold",
        ):
            self._check(name, 0 <= getattr(self, name) < math.inf, "0 or more")
        for name in ("gamma", "gae_lambda"):
            self._check(name, 0 <= getattr(self, name) <= 1, "0 to 1")
        for name in ("warmup_fraction", "adam_beta1", "adam_beta2"):
            self._check(name, 0 <= getattr(self, name) < 1, "at least 0, below 1")
        self._check("value_clip_eps", 0 <= (self.value_clip_eps or 0) < math.inf, "0 or more")

    def _check(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise SettingError(f"ppo.{name}={getattr(self, name)}: {expected} is expected")


@dataclass(frozen=True)
class TrainConfig:
    """How long a run lasts and where it is kept."""

    total_steps: int = 5_000_000
    """Environment steps of the run, rounded up to whole updates."""
    rollouts_per_update: int = 1
    """Rollouts (each followed by learning) between two proposals of the curriculum."""
    directory: str = "runs"
    """Where run folders are made."""
    name: str = ""
    """Name of the run folder; empty: made from the time and the choices."""
    on_nan: OnNaN = OnNaN.stop
    """Whether a state that is not finite stops the run, or is counted and left behind."""
    check_memory: bool = True
    """Refuse a run that needs more memory than is available."""

    def __post_init__(self) -> None:
        for name in ("total_steps", "rollouts_per_update"):
            if getattr(self, name) < 1:
                raise SettingError(f"train.{name}={getattr(self, name)}: at least 1 is expected")
        if any(c in self.name for c in "/\\\0"):
            raise SettingError(f"train.name={self.name}: a plain name is expected, without slashes")


@dataclass(frozen=True)
class CheckpointConfig:
    """When everything that a run needs to go on is saved.

    The state after the first update and the last one always are.
    """

    every_seconds: float = 60.0
    """Seconds between two checkpoints; 0: time does not count."""
    every_updates: int = 0
    """Updates between two checkpoints; 0: updates do not count."""
    keep: int = 2
    """Checkpoints that are kept: the newest ones."""

    def __post_init__(self) -> None:
        if not 0 <= self.every_seconds < math.inf:
            raise SettingError(
                f"checkpoint.every_seconds={self.every_seconds}: 0 or more is expected"
            )
        if self.every_updates < 0:
            raise SettingError(
                f"checkpoint.every_updates={self.every_updates}: 0 or more is expected"
            )
        if self.keep < 1:
            raise SettingError(f"checkpoint.keep={self.keep}: at least 1 is expected")

    def due(self, update: int, seconds: float) -> bool:
        """Whether to save after `update`, `seconds` after the last time."""
        by_count = self.every_updates > 0 and update % self.every_updates == 0
        return update == 1 or by_count or 0 < self.every_seconds <= seconds
