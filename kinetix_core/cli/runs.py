"""`kinetix runs`: the runs in a folder and how they stand."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ._tables import table

if TYPE_CHECKING:
    from kinetix_core.record import RunSummary

HELP = "list the runs in a folder: state, steps, solve rate, date"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder."""
    parser.add_argument("folder", nargs="?", default="runs", help="default: %(default)s")


def more_help() -> str:
    """What the columns say."""
    return """\
STATE   running, finished, or interrupted and why
STEPS   environment steps of each agent
SOLVED  share of the episodes of the last ten updates, all seeds together; `kinetix evaluate`
        measures it properly
BEGUN   local time"""


def run(args: argparse.Namespace) -> int:
    """Print a table. Raises `RunError` where the folder cannot be read or holds no runs."""
    from kinetix_core.errors import RunError
    from kinetix_core.paths import user_path
    from kinetix_core.record import list_runs

    folder = user_path(args.folder)
    found = list_runs(folder)
    if not found:
        raise RunError(f"{folder}: there are no runs in this folder{_way_out(folder)}")
    print(table(("RUN", "BEGUN", "STEPS", "SOLVED", "STATE"), [_row(run, folder) for run in found]))
    return 0


def _way_out(folder: Path) -> str:
    from kinetix_core.record import folders_of_runs

    if not (places := folders_of_runs(folder)):
        return "; `kinetix train` makes them in train.directory"
    shown = ", ".join(f"`kinetix runs {place}`" for place in places[:3])
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f", but there are below it: {shown}{more}"


def _row(run: RunSummary, folder: Path) -> tuple[str, ...]:
    return (
        str(run.path.relative_to(folder)) if run.path != folder else run.path.name,
        time.strftime("%Y-%m-%d %H:%M", time.localtime(run.begun)),
        "-" if run.steps is None else f"{run.steps:,}",
        "-" if run.solve_rate is None else f"{run.solve_rate:.3f}",
        f"{run.state}: {run.reason}" if run.reason else run.state,
    )
