"""Which runs there are and how they stand, from their folders alone. Standard library only."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError, nearest

CONFIG, STATUS, METRICS = "config.json", "run.json", "metrics.jsonl"
EVALUATION, EVALUATIONS = "evaluation.json", "evaluations.jsonl"
VERSIONS, START = "versions.json", "start.json"
PARAMETERS = "parameters.safetensors"
CHECKPOINTS = "checkpoints"
RUNNING, FINISHED, INTERRUPTED = "running", "finished", "interrupted"
_LATEST = 10
"""Updates at the end of a run that its solve rate is the mean of."""
_DEPTH = 5
"""As deep as runs are looked for where there are none to list."""
_TAIL_BYTES = 200_000


@dataclass(frozen=True)
class RunSummary:
    """How a run stands.

    state: one of `running`, `finished` and `interrupted`. reason: why it was interrupted.
    steps: environment steps of one agent; None where none were logged. solve_rate: of the
    episodes that ended in the last ten updates, over all seeds. begun: seconds since the epoch.
    """

    path: Path
    state: str
    reason: str
    steps: int | None
    solve_rate: float | None
    begun: float


def process() -> dict[str, Any]:
    """What says later whether this process is still there."""
    pid = os.getpid()
    return {"host": platform.node(), "pid": pid, "started": _state_and_start(pid)[1]}


def _state_and_start(pid: int) -> tuple[str, int | None]:
    """The state of a process (Z: dead, but nobody has asked for its end yet), and when it began in
    ticks since the machine did; empty and None where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0], int(fields[19])
    except (OSError, IndexError, ValueError):
        return "", None


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run."""
    return (folder / CONFIG).is_file() and (folder / STATUS).is_file()


def run_folders(directory: Path) -> list[Path]:
    """The runs in a folder, and those of the sweeps in it, by name. The folder may be a run."""
    if is_run(directory):
        return [directory]
    return list(_below(directory, 2))


def folders_of_runs(directory: Path) -> list[Path]:
    """Where runs are that lie too deep in a folder to be listed with it."""
    with suppress(OSError):
        return list(dict.fromkeys(run.parent for run in _below(directory, _DEPTH)))
    return []


def _below(directory: Path, depth: int) -> Iterator[Path]:
    places = (p for p in directory.iterdir() if p.is_dir() and not p.name.startswith("."))
    for place in sorted(places):
        if is_run(place):
            yield place
        elif depth > 1 and os.access(place, os.R_OK | os.X_OK):
            yield from _below(place, depth - 1)


def list_runs(directory: Path) -> list[RunSummary]:
    """Every run in a folder, the oldest first. Raises `RunError` where it cannot be read."""
    try:
        if not directory.exists():
            raise RunError(
                f"{directory}: no such folder; `kinetix train` makes runs in train.directory, which"
                " is runs unless it is set"
            )
        summaries = [summarise_run(path) for path in run_folders(directory)]
    except OSError as error:
        raise RunError(f"{directory}: cannot be read: {error.strerror}") from error
    return sorted(summaries, key=lambda summary: (summary.begun, summary.path))


def summarise_run(path: Path) -> RunSummary:
    """How one run stands. What its files do not say, or say unreadably, is left out."""
    status = _json(path / STATUS)
    state, reason = _state(status)
    rows = _last_rows(path / METRICS)
    steps = rows[-1].get("time/env_steps") if rows else None
    return RunSummary(
        path,
        state,
        reason,
        int(steps) if isinstance(steps, int | float) else None,
        _solve_rate(rows),
        (path / CONFIG).stat().st_mtime,
    )


def _state(status: dict[str, Any]) -> tuple[str, str]:
    said = str(status.get("status", ""))
    if said == FINISHED:
        return FINISHED, ""
    if said not in ("starting", RUNNING):
        return INTERRUPTED, said or f"{STATUS} cannot be read"
    if _is_gone(status.get("process")):
        return INTERRUPTED, "its process is gone"
    return RUNNING, ""


def _is_gone(of: Any) -> bool:
    """Whether a process is known to have ended; those of other machines cannot be asked."""
    if not isinstance(of, dict) or of.get("host") != platform.node():
        return False
    try:
        os.kill(int(of["pid"]), 0)
        state, now = _state_and_start(int(of["pid"]))
        began = of.get("started")
        other = None not in (began, now) and began != now  # with the same number
        return state == "Z" or other
    except ProcessLookupError:
        return True
    except (OSError, KeyError, TypeError, ValueError, OverflowError):
        return False


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _last_rows(path: Path) -> list[dict[str, Any]]:
    """The last logged updates; a line that is being written is left out."""
    try:
        with open(path, "rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
            lines = file.read().splitlines()
    except OSError:
        return []
    rows = []
    for line in lines[-_LATEST - 1 :]:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows[-_LATEST:]


def _solve_rate(rows: list[dict[str, Any]]) -> float | None:
    solved = episodes = 0.0
    for row in rows:
        rates, counts = (_numbers(row.get(f"episode/{key}")) for key in ("solved", "count"))
        for rate, count in zip(rates, counts, strict=False):
            if rate is not None and count:
                solved, episodes = solved + rate * count, episodes + count
    return solved / episodes if episodes else None


def _numbers(value: Any) -> list[float | None]:
    values = value if isinstance(value, list) else [value]
    return [v if isinstance(v, int | float) else None for v in values]


def check_run(path: Path, setting: str = "run") -> None:
    """Raises `RunError` where a folder is no run folder, with the runs that are near.

    setting: where the folder was given; empty for an argument that has no name.
    """
    given = f"{setting}=" if setting else ""
    try:
        if not path.is_dir():
            known = run_folders(path.parent) if path.parent.is_dir() else []
            names = {run.name: run for run in reversed(known)}
            near = " or ".join(f"{given}{names[n]}" for n in nearest(path.name, names))
            hint = f"did you mean {near}?" if near else "`kinetix runs FOLDER` lists runs"
            raise RunError(f"{given}{path}: no such run folder; {hint}")
        if (path / CONFIG).is_file():
            return
        inside = [f"{given}{run}" for run in run_folders(path)]
    except OSError as error:
        raise RunError(f"{given}{path}: cannot be read: {error.strerror}") from error
    if not inside:
        raise RunError(f"{given}{path}: not a run folder: it has no {CONFIG}")
    shown = ", ".join(inside[:5])
    more = f" and {len(inside) - 5} more (`kinetix runs {path}`)" if len(inside) > 5 else ""
    raise RunError(f"{given}{path}: not a run, but a folder of runs: {shown}{more}")


def check_parameters(path: Path, setting: str = "run") -> None:
    """Raises `RunError` where a folder is no run folder, or one without parameters."""
    check_run(path, setting)
    if not (path / PARAMETERS).is_file():
        raise RunError(f"{setting}={path}: {without_parameters(path)}")


def without_parameters(run: Path) -> str:
    """What to say of a run folder that has no file of parameters."""
    if saved := sorted((run / CHECKPOINTS).glob("update_*")):
        return (
            f"{PARAMETERS} is gone; `kinetix evaluate checkpoint={saved[-1]}` plays its newest"
            " checkpoint"
        )
    return "no parameters were saved in this run yet; they are after its first update"


def parameters_hash(path: Path) -> str:
    """The first digits of the SHA-256 of the file of parameters in a run folder."""
    return hashlib.sha256((path / PARAMETERS).read_bytes()).hexdigest()[:16]


def read_config(path: Path, setting: str = "run") -> dict[str, Any]:
    """The composed configuration of a run. Raises `RunError`."""
    check_run(path, setting)
    try:
        config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path / CONFIG}: cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise RunError(f"{path / CONFIG}: damaged: it holds no settings")
    return config
