"""Settings of the loggers. Standard library only."""

from dataclasses import dataclass
from enum import Enum

from kinetix_core.errors import SettingError


@dataclass(frozen=True)
class ConsoleConfig:
    """Progress on standard error: live bar and curves on a terminal, else lines."""

    every: float = 10.0
    """Seconds between two lines where standard error is not a terminal."""
    curves: tuple[str, ...] = ("episode/solved", "episode/return", "ppo/entropy")
    """Metrics whose course is drawn on a terminal."""

    def __post_init__(self) -> None:
        if not self.every >= 0:
            raise SettingError(f"logger.console.every={self.every}: 0 or more is expected")


@dataclass(frozen=True)
class JsonlConfig:
    """One JSON object per update, in the run folder."""

    file: str = "metrics.jsonl"
    """Name of the file in the run folder."""

    def __post_init__(self) -> None:
        _check_plain("jsonl.file", self.file)


@dataclass(frozen=True)
class CsvConfig:
    """One row per update, in the run folder."""

    file: str = "metrics.csv"
    """Name of the file in the run folder."""

    def __post_init__(self) -> None:
        _check_plain("csv.file", self.file)


@dataclass(frozen=True)
class TensorboardConfig:
    """Event files for TensorBoard, in the run folder."""

    folder: str = "tensorboard"
    """Name of the folder in the run folder."""
    flush_seconds: int = 10
    """Seconds between two writes to disk."""

    def __post_init__(self) -> None:
        _check_plain("tensorboard.folder", self.folder)
        if self.flush_seconds < 1:
            raise SettingError(
                f"logger.tensorboard.flush_seconds={self.flush_seconds}: at least 1 is expected"
            )


class WandbMode(Enum):
    """Where W&B keeps a run."""

    online = "online"
    offline = "offline"
    disabled = "disabled"


@dataclass(frozen=True)
class WandbConfig:
    """Weights & Biases."""

    project: str = "kinetix"
    """The project that the run belongs to."""
    entity: str = ""
    """User or team; empty: W&B's own default."""
    group: str = ""
    """What puts runs together, such as the seeds of a study."""
    run_name: str = ""
    """Name of the run in W&B; empty: that of the run folder."""
    tags: tuple[str, ...] = ()
    """Words to find the run by."""
    mode: WandbMode | None = None
    """Where the run is kept; null: what WANDB_MODE says, else online."""

    def __post_init__(self) -> None:
        if not self.project:
            raise SettingError("logger.wandb.project=: a name is expected, such as kinetix")


def _check_plain(setting: str, value: str) -> None:
    if not value or value in (".", "..") or any(c in value for c in "/\\\0"):
        raise SettingError(f"logger.{setting}={value!r}: a plain file name is expected")
