"""Loggers: where metrics go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RunInfo:
    """What a logger is told about the run that it is opened for.

    finished_updates: above 0 for a run that is taken up again after that update; what was
    logged of later ones is about to be logged again, so it is dropped.
    """

    directory: Path
    config: Mapping[str, Any] = field(hash=False)
    total_updates: int
    steps_per_update: int
    num_seeds: int = 1
    finished_updates: int = 0


class Logger(ABC):
    """Called on the host, between updates. Metrics are floats; k seeds give lists of k floats."""

    @abstractmethod
    def open(self, run: RunInfo) -> None:
        """Called once, before the first update."""

    @abstractmethod
    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """`step`: finished updates. `metrics`: name to value; names are paths as `ppo/entropy`."""

    @abstractmethod
    def close(self) -> None:
        """Called once, also when the run is stopped by an error."""
