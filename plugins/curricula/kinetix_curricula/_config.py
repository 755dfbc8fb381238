"""Settings of the built-in curricula. Standard library only."""

import math
from dataclasses import dataclass
from enum import Enum

from kinetix_core.errors import SettingError
from kinetix_core.learn.config import MOST


class Prioritization(Enum):
    """How scores become weights."""

    rank = "rank"
    topk = "topk"


@dataclass(frozen=True)
class FixedConfig:
    """Training on a given set of levels: single-level training and fine-tuning."""

    pool: int = 0
    """Levels drawn per update, from which ended episodes draw; 0: one per environment."""

    def __post_init__(self) -> None:
        if self.pool < 0:
            raise SettingError(f"pool={self.pool}: 0 or more is expected")


@dataclass(frozen=True)
class DomainRandomizationConfig:
    """New levels for every update; each environment plays its level again and again."""


@dataclass(frozen=True)
class PLRConfig:
    """Prioritised level replay. Source: spec/curricula.md 2."""

    buffer_size: int = 4000
    """Levels that are kept."""
    replay_prob: float = 0.5
    """Chance that an update replays levels, once the buffer is filled enough."""
    minimum_fill_ratio: float = 0.5
    """Share of the buffer that must be filled before levels are replayed."""
    robust: bool = False
    """Whether only replayed levels are learnt from (robust PLR); False: new ones too."""
    score: str = "max_mc"
    """Score function by which levels are kept and replayed."""
    prioritization: Prioritization = Prioritization.rank
    """How scores become chances: by rank, or as a softmax over the `topk` best."""
    temperature: float = 1.0
    """With rank: chances go as (1 / rank)^(1 / temperature)."""
    topk: int = 8
    """With topk: how many of the best levels are replayed."""
    staleness_coef: float = 0.3
    """Share of a chance that comes from how long ago a level was played."""
    refuse_duplicates: bool = False
    """Whether a level that the buffer holds already is not put in again."""

    def __post_init__(self) -> None:
        for name in ("buffer_size", "topk"):
            _check(self, name, getattr(self, name) >= 1, "at least 1")
            _check(self, name, getattr(self, name) <= MOST, f"at most {MOST:,}")
        for name in ("replay_prob", "minimum_fill_ratio", "staleness_coef"):
            _check(self, name, 0 <= getattr(self, name) <= 1, "0 to 1")
        _check(self, "temperature", 0 < self.temperature < math.inf, "a number above 0")
        if self.robust and self.replay_prob == 0:
            raise SettingError(
                "replay_prob=0.0: with robust=true only replayed levels are learnt from, so "
                "nothing would be learnt"
            )


@dataclass(frozen=True)
class AccelConfig(PLRConfig):
    """PLR whose replayed levels are edited and played again. Source: spec/curricula.md 2.5."""

    num_edits: int = 5
    """Mutations that a replayed level goes through."""
    start_from_empty: bool = False
    """Whether new levels are small ones to grow from, in place of the run's generator's: two
    shapes, and a joint with a third one, a thruster, or both. Source: spec/generator.md 7."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(self, "num_edits", self.num_edits >= 1, "at least 1")


@dataclass(frozen=True)
class SFLConfig:
    """Sampling for learnability. Source: spec/curricula.md 3."""

    sampled_ratio: float = 0.5
    """Share of the environments that play levels of the buffer; the others play new ones."""
    batch_size: int = 4096
    """Candidates played side by side when the buffer is made."""
    num_batches: int = 3
    """Such batches per buffer."""
    rollout_steps: int = 512
    """Environment steps for which each candidate is played."""
    buffer_size: int = 1024
    """Levels that are kept: the most learnable candidates."""
    update_every: int = 128
    """Updates between two makings of the buffer."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "num_batches", "rollout_steps", "buffer_size", "update_every"):
            _check(self, name, getattr(self, name) >= 1, "at least 1")
            _check(self, name, getattr(self, name) <= MOST, f"at most {MOST:,}")
        _check(self, "sampled_ratio", 0 <= self.sampled_ratio <= 1, "0 to 1")
        candidates = self.batch_size * self.num_batches
        if self.buffer_size > candidates:
            raise SettingError(
                f"buffer_size={self.buffer_size}: at most the {candidates} candidates "
                "(batch_size x num_batches) can be kept"
            )


@dataclass(frozen=True)
class ScoreConfig:
    """Score functions have no settings."""


def _check(config: object, name: str, holds: bool, expected: str) -> None:
    if not holds:
        raise SettingError(f"{name}={getattr(config, name)}: {expected} is expected")
