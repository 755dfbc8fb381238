"""logger/tensorboard: event files that TensorBoard reads."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kinetix_core.errors import RunError
from kinetix_core.interfaces import Logger, RunInfo, Task

from ._scalars import STEPS, package, scalars, state_of
from .logger_config import TensorboardConfig


@dataclass
class TensorboardLogger(Logger):
    """Scalars against environment steps, and the configuration as text, in the run folder.

    Numbers that are not finite are left out. Raises `PluginError` where the extra is missing.
    """

    config: TensorboardConfig
    task: Task | None = None
    _writer: Any = field(default=None, init=False)
    _folder: str = field(default="", init=False)

    def __post_init__(self) -> None:
        package("tensorboardX", "tensorboard")  # before the run has a folder

    def open(self, run: RunInfo) -> None:
        self._folder = str(run.directory / self.config.folder)
        make = package("tensorboardX", "tensorboard").SummaryWriter
        try:
            # what an interrupted start wrote of later steps is hidden by TensorBoard
            again = run.finished_updates * run.steps_per_update + 1
            self._writer = make(
                self._folder,
                flush_secs=self.config.flush_seconds,
                purge_step=again if run.finished_updates else None,
            )
        except OSError as error:
            raise self._error(error) from error
        text = json.dumps(dict(run.config), indent=2, default=str)
        self._writer.add_text("config", "\n".join(f"    {line}" for line in text.splitlines()))

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        at = int(metrics.get(STEPS, step))
        try:
            for name, value in {**scalars(metrics), "update": float(step)}.items():
                if math.isfinite(value):
                    self._writer.add_scalar(name, value, at)
        except OSError as error:
            raise self._error(error) from error

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _error(self, error: OSError) -> RunError:
        return RunError(f"{self._folder}: metrics cannot be written: {error.strerror}")


def check() -> list[str]:
    """For `kinetix doctor`."""
    return state_of("tensorboardX", "tensorboard")
