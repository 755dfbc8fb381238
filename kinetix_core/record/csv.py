"""logger/csv: one row per update, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError
from kinetix_core.interfaces import Logger, RunInfo, Task

from ._scalars import scalars
from .logger_config import CsvConfig


@dataclass
class CsvLogger(Logger):
    """A table with a column per metric and seed, on disk after every update.

    Numbers that are not finite, and metrics that an update did not have, are empty cells. Where a
    metric appears later, the file is written again with its column at the end. A run that is
    taken up again continues its file.
    """

    config: CsvConfig
    task: Task | None = None
    _path: Path | None = field(default=None, init=False)
    _columns: list[str] = field(default_factory=list, init=False)

    def open(self, run: RunInfo) -> None:
        self._path = run.directory / self.config.file
        try:
            with open(self._path, "a+", encoding="utf-8", newline="") as file:
                file.seek(0)
                self._columns, *rows = [*csv.reader(file)] or [[]]
            kept = [row for row in rows if _update_of(row) <= run.finished_updates]
            if len(kept) < len(rows):
                self._rewrite(kept)
        except (OSError, ValueError, csv.Error) as error:
            raise self._error(error) from error

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        assert self._path is not None
        row = {"update": step, **scalars(metrics)}
        cells = {name: _cell(value) for name, value in row.items()}
        new = [name for name in cells if name not in self._columns]
        try:
            if new:
                self._widen(new)
            with open(self._path, "a", encoding="utf-8", newline="") as file:
                file.write(_line([cells.get(name, "") for name in self._columns]))
        except (OSError, ValueError, csv.Error) as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Every row is on disk already."""

    def _widen(self, new: list[str]) -> None:
        """The same rows with empty cells in the new columns."""
        assert self._path is not None
        with open(self._path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        self._columns = self._columns + new
        self._rewrite(rows)

    def _rewrite(self, rows: list[list[str]]) -> None:
        assert self._path is not None
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            for cells in (self._columns, *rows):
                file.write(_line([*cells, *[""] * (len(self._columns) - len(cells))]))
        temporary.replace(self._path)

    def _error(self, error: Exception) -> RunError:
        reason = error.strerror if isinstance(error, OSError) else error
        return RunError(f"{self._path}: metrics cannot be written: {reason}")


def _update_of(row: list[str]) -> float:
    """Of a row (the first column); one that a crash cut off is after everything."""
    try:
        return float(row[0])
    except (ValueError, IndexError):
        return math.inf


def _cell(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
