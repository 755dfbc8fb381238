"""Settings of the loggers. Standard library only."""

from dataclasses import dataclass

from kinetix_core.errors import SettingError


@dataclass(frozen=True)
class ConsoleConfig:
    """Progress on standard error: a live bar on a terminal, now and then a line elsewhere."""

    every: float = 10.0
    """Seconds between two lines where standard error is not a terminal."""

    def __post_init__(self) -> None:
        if not self.every >= 0:
            raise SettingError(f"logger.console.every={self.every}: 0 or more is expected")


@dataclass(frozen=True)
class JsonlConfig:
    """One JSON object per update, in the run folder."""

    file: str = "metrics.jsonl"
    """Name of the file in the run folder."""

    def __post_init__(self) -> None:
        if not self.file or any(c in self.file for c in "/\\\0"):
            raise SettingError(f"logger.jsonl.file={self.file!r}: a plain file name is expected")
