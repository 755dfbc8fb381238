"""`kinetix train`: compose a run and train it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kinetix_core.errors import SettingError

from ._settings import guess_setting

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun, Job

HELP = "train agents: kinetix train levels=FOLDER, or experiment=PRESET"
TAKES_SETTINGS = True
USES_JAX = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`-m`; everything else is a setting."""
    parser.add_argument(
        "-m",
        "--multirun",
        action="store_true",
        help="train every combination of the values that settings list: -m seed=0,1,2",
    )


def setting_names() -> list[str]:
    """Those of a run."""
    from kinetix_core.compose import setting_names as names

    return names()


def guess(argument: str) -> str | None:
    """A preset, a component or levels."""
    return guess_setting(argument)


def more_help() -> str:
    """Every component and setting."""
    from ._train_help import train_help

    return train_help()


def run(args: argparse.Namespace) -> int:
    """Train, and print the run folder. With `-m` a run for each combination, then a table."""
    if args.multirun:
        return _sweep(args.settings)
    from kinetix_core.compose import compose_run

    composed = compose_run(args.settings)  # before JAX: a mistake is seen at once
    print(_train(composed))
    return 0


def _train(composed: ComposedRun) -> Path:
    from kinetix_core.compose import levels_note

    # a name that means nothing is said before the seconds that JAX takes to start
    note = levels_note(composed["generator"], composed.size)
    print(note, file=sys.stderr, flush=True)
    from kinetix_core.learn import train

    return train(composed)


def _sweep(settings: list[str]) -> int:
    from kinetix_core.compose import run_sweep

    from ._tables import table

    if not settings:
        raise SettingError("-m: a sweep needs settings with several values, as seed=0,1,2")
    jobs = run_sweep(settings, _train)
    print(table(("STATUS", "RUN", "SETTINGS"), [_row(job) for job in jobs]))
    return max(job.status for job in jobs)


def _row(job: Job) -> tuple[str, str, str]:
    return str(job.status), str(job.folder or job.error), " ".join(job.settings)
