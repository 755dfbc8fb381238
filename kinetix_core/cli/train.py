"""`kinetix train`: compose a run and train it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
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
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="with -m: N runs at once, each in a process of its own (otherwise one after the"
        " other in this one)",
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
        return _sweep(args.settings, args.jobs)
    if args.jobs is not None:
        raise SettingError(f"--jobs {args.jobs}: one run is one job; add -m to train several")
    from kinetix_core.compose import compose_run

    settings, resume = _split_resume(args.settings)
    # before JAX: a mistake is seen at once
    composed = _composed_again(resume, settings) if resume else compose_run(settings)
    print(train_composed(composed, resume))
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
    if idle := [s for s in others if s.lstrip("-").startswith("init_")]:
        raise SettingError(
            f"{idle[0]}: {RESUME}={folders[-1]} goes on from that run's own checkpoint; leave one"
            " of them out"
        )
    return others, user_path(folders[-1], RESUME)


def _composed_again(run: Path, settings: list[str]) -> ComposedRun:
    """As the run was composed, with `settings` on top."""
    from kinetix_core.compose import compose_saved
    from kinetix_core.record import read_config

    return compose_saved(read_config(run, RESUME), settings)


def train_composed(composed: ComposedRun, resume: Path | None = None) -> Path:
    """Train as composed, mistakes first. Returns the run folder."""
    from kinetix_core.compose import levels_note

    # a name that means nothing is said before the seconds that JAX takes to start
    note = levels_note(composed["generator"], composed.size)
    print(note, file=sys.stderr, flush=True)
    if composed.init_from and not resume:
        from kinetix_core.paths import user_path
        from kinetix_core.record import check_parameters

        check_parameters(user_path(composed.init_from, "init_from"), "init_from")
    if composed.evaluation.every_updates:
        from kinetix_core.scene import find_sources

        find_sources(composed.evaluation.names)
    elif names := composed.evaluation.names:
        print(
            f"evaluation.levels={','.join(names)}: not played, since evaluation.every_updates=0",
            file=sys.stderr,
        )
    from kinetix_core.learn import train

    return train(composed, resume)


def train_with_log(composed: ComposedRun, resume: Path | None = None) -> Path:
    """The same in a process of its own, where nobody shows yet what is logged."""
    from ._log import shown_log

    with shown_log():
        return train_composed(composed, resume)


def _sweep(settings: list[str], at_once: int | None) -> int:
    from kinetix_core.compose import run_sweep

    if any(s.startswith(f"{RESUME}=") for s in settings):
        raise SettingError(f"-m: {RESUME}= takes up one run; leave -m out")
    if not settings:
        raise SettingError("-m: a sweep needs settings with several values, as seed=0,1,2")
    return show_jobs(run_sweep(settings, train_with_log, at_once))


def show_jobs(jobs: Sequence[Job]) -> int:
    """Print what became of each run of a sweep. Returns the worst exit status."""
    from ._tables import table

    rows = [(str(j.status), str(j.folder or j.error), " ".join(j.settings)) for j in jobs]
    print(table(("STATUS", "RUN", "SETTINGS"), rows))
    return max(job.status for job in jobs)
