"""What the folder of a run says, without JAX."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError
from kinetix_core.record import (
    EVALUATION,
    EVALUATIONS,
    METRICS,
    PARAMETERS,
    START,
    VERSIONS,
    parameters_hash,
    read_config,
    summarise_run,
)

REPLAYS = "replay.html"


@dataclass(frozen=True, eq=False)
class RunRecord:
    """One run, read back.

    rows: one mapping per logged update, as `metrics.jsonl` has them. evaluation: what
    `kinetix evaluate` wrote into the folder; None where it has not. state: as `kinetix runs` says.
    """

    path: Path
    name: str
    state: str
    config: Mapping[str, Any]
    versions: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]
    evaluation: Mapping[str, Any] | None
    parameters: str  # the first digits of the SHA-256 of the file
    start: Mapping[str, Any] | None = None  # what it began with, where that was another run's
    evaluations: Sequence[Mapping[str, Any]] = ()  # of every level, while the run went on

    @property
    def seeds(self) -> int:
        return int(self.config.get("num_seeds", 1))

    def column(self, metric: str) -> list[tuple[float, list[float | None]]]:
        """Environment steps of one agent, and the metric of each seed, where it was logged."""
        found = []
        for row in self.rows:
            if metric in row and row.get("time/env_steps") is not None:
                value = row[metric]
                values = value if isinstance(value, list) else [value]
                found.append((float(row["time/env_steps"]), values))
        return found

    def level_curves(self, of_set: str) -> list[tuple[float, list[list[float]]]]:
        """Environment steps of one agent, and the solve rate of every level of a set for each
        seed, at each evaluation while the run went on."""
        steps = {row["update"]: row.get("time/env_steps") for row in self.rows}
        found = [
            (float(steps[row["update"]]), row["solve_rates"])  # pyright: ignore[reportArgumentType]
            for row in self.evaluations
            if row.get("set") == of_set and steps.get(row["update"]) is not None
        ]
        return sorted(found)

    def metrics(self, prefix: str, suffix: str = "") -> list[str]:
        """The names that were logged at any time, in the order of their first appearance."""
        names = dict.fromkeys(name for row in self.rows for name in row)
        return [n for n in names if n.startswith(prefix) and n.endswith(suffix)]


def read_run(path: Path) -> RunRecord:
    """Raises `RunError` for a folder that is no run or has no metrics or parameters yet."""
    config = read_config(path)
    summary = summarise_run(path)
    parameters = path / PARAMETERS
    if not parameters.is_file():
        raise RunError(
            f"{parameters}: no parameters were saved in this run yet: it has not "
            "finished an update; train it again with the command that began it"
        )
    rows = _rows(path / METRICS)
    if not rows:
        raise RunError(
            f"{path / METRICS}: no update was logged there, so there is nothing to show; a report"
            " needs logger=jsonl"
        )
    state = f"{summary.state}: {summary.reason}" if summary.reason else summary.state
    return RunRecord(
        path,
        path.resolve().name,
        state,
        config,
        _json(path / VERSIONS) or {},
        rows,
        _evaluation(path / EVALUATION),
        parameters_hash(path),
        _json(path / START),
        _evaluations(path / EVALUATIONS) if (path / EVALUATIONS).is_file() else (),
    )


def _evaluations(path: Path) -> list[dict[str, Any]]:
    """Of an update that was done twice the later row counts."""
    found = {(row["update"], row.get("set")): row for row in _rows(path)}
    return list(found.values())


def _rows(path: Path) -> list[dict[str, Any]]:
    """Every line that is whole; one that is being written is left out."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(
            f"{path}: cannot be read, so there is nothing to show ({error}); a report needs"
            " logger=jsonl"
        ) from error
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and "update" in row:
            rows.append(row)
    return rows


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: damaged, cannot be read: {error}") from error
    return found if isinstance(found, dict) else None


def _evaluation(path: Path) -> dict[str, Any] | None:
    found = _json(path)
    if found is not None and not (found.get("sets") and found.get("levels")):
        raise RunError(f"{path}: it names no sets of levels; run `kinetix evaluate` again")
    return found
