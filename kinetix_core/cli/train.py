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

RESUME = "resume"
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

    return [*names(), RESUME]


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

    settings, resume = _split_resume(args.settings)
    # before JAX: a mistake is seen at once
    composed = _composed_again(resume, settings) if resume else compose_run(settings)
    print(_train(composed, resume))
    return 0


def _split_resume(settings: list[str]) -> tuple[list[str], Path | None]:
    """`resume=FOLDER` and the other settings."""
    from kinetix_core.paths import user_path

    folders = [s.partition("=")[2] for s in settings if s.startswith(f"{RESUME}=")]
    if not folders:
        return settings, None
    if not folders[-1]:
        raise SettingError(f"{RESUME}=: the folder of a run is expected")
    others = [s for s in settings if not s.startswith(f"{RESUME}=")]
    return others, user_path(folders[-1], RESUME)


def _composed_again(run: Path, settings: list[str]) -> ComposedRun:
    """As the run was composed, with `settings` on top."""
    from kinetix_core.compose import compose_saved
    from kinetix_core.record import read_config

    return compose_saved(read_config(run, RESUME), settings)


def _train(composed: ComposedRun, resume: Path | None = None) -> Path:
    from kinetix_core.compose import levels_note

    # a name that means nothing is said before the seconds that JAX takes to start
    note = levels_note(composed["generator"], composed.size)
    print(note, file=sys.stderr, flush=True)
    from kinetix_core.learn import train

    return train(composed, resume)


def _sweep(settings: list[str]) -> int:
    from kinetix_core.compose import run_sweep

    from ._tables import table

    if any(s.startswith(f"{RESUME}=") for s in settings):
        raise SettingError(f"-m: {RESUME}= takes up one run; leave -m out")
    if not settings:
        raise SettingError("-m: a sweep needs settings with several values, as seed=0,1,2")
    jobs = run_sweep(settings, _train)
    print(table(("STATUS", "RUN", "SETTINGS"), [_row(job) for job in jobs]))
    return max(job.status for job in jobs)


def _row(job: Job) -> tuple[str, str, str]:
    return str(job.status), str(job.folder or job.error), " ".join(job.settings)
