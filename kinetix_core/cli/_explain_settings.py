"""What `kinetix explain` is told, checked before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ._evaluate_settings import named_size, read_settings, whole


@dataclass(frozen=True)
class Settings:
    """What `kinetix explain` is told."""

    run: str
    """The folder of a training run."""
    attempts: int = 20
    """Episodes that are watched, with sampled actions."""
    agent: int = 0
    """Which of several agents of the run, 0 being the first."""
    size: str = ""
    """Size to play in, s, m or l; empty: that of the training."""
    seed: int = 0
    """Decides the random actions and the training on the level."""


_READ = {
    "attempts": whole(1, 1000),
    "agent": whole(0),
    "size": named_size,
    "seed": whole(0),
}


def parse(texts: Sequence[str]) -> tuple[Settings, list[str]]:
    """Settings from `name=value` texts, and those for the training on the level, as `ppo.epochs=4`.

    Raises `SettingError` for each mistake.
    """
    from kinetix_core.explain import check_learner_settings

    training = [text for text in texts if "." in text.partition("=")[0]]
    check_learner_settings(training)
    own = [text for text in texts if text not in training]
    return Settings(**read_settings(Settings, _READ, own)), training
