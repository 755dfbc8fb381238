"""logger/jsonl: one JSON object per update."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from kinetix_core.errors import RunError
from kinetix_core.interfaces import Logger, RunInfo, Task

from ._rows import drop_after
from .logger_config import JsonlConfig


@dataclass
class JsonlLogger(Logger):
    """Writes `{"update": n, "ppo/entropy": x, ...}` and flushes, so nothing logged is lost.

    Numbers that are not finite are written as null.
    """

    config: JsonlConfig
    task: Task | None = None
    _file: TextIO | None = field(default=None, init=False)

    def open(self, run: RunInfo) -> None:
        path = run.directory / self.config.file
        try:
            drop_after(path, run.finished_updates)
            self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 (closed by close)
        except OSError as error:
            raise RunError(f"{path}: metrics cannot be written: {error.strerror}") from error

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        assert self._file is not None
        row = {"update": step, **{k: _finite(v) for k, v in sorted(metrics.items())}}
        try:
            self._file.write(json.dumps(row) + "\n")
            self._file.flush()
        except OSError as error:
            raise RunError(
                f"{self._file.name}: metrics cannot be written: {error.strerror}"
            ) from error

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return value if not isinstance(value, float) or math.isfinite(value) else None
