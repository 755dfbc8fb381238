"""logger/jsonl: one JSON object per update."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from kinetix_core.errors import RunError
from kinetix_core.interfaces import Logger, RunInfo, Task

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
            _drop_after(path, run.finished_updates)
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


def _drop_after(path: Path, update: int) -> None:
    """Keep the rows up to `update` of a file that an earlier start has left."""
    if not path.exists():
        return
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if _update_of(line) <= update]
    if len(kept) < len(lines):
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_bytes(b"".join(kept))
        temporary.replace(path)


def _update_of(line: bytes) -> float:
    """Of a row; a line that a crash cut off is after everything."""
    try:
        return float(json.loads(line)["update"])
    except (ValueError, TypeError, KeyError):
        return math.inf


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return value if not isinstance(value, float) or math.isfinite(value) else None
