"""`kinetix study`: many runs that answer a question together, and their report."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinetix_core.errors import SettingError

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun
    from kinetix_core.study import JobState, Study, StudyRecord

HELP = "run a study, or what is left of it, and write its report: kinetix study NAME"
TAKES_SETTINGS = True
USES_JAX = True
_LIST = "list"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which study; everything else is a setting of every run."""
    parser.usage = (
        "kinetix study list\n"
        "       kinetix study NAME [--seeds 0,1,2] [--jobs N] [--directory DIR]"
        " [setting=value ...]\n"
        "       kinetix study NAME --status [--directory DIR]"
    )
    parser.add_argument(
        "name", nargs="?", help="of the study; the same command again runs what is not done yet"
    )
    parser.add_argument("--seeds", metavar="N,N", help="of each method; default: the study's own")
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="so many runs at once, each in a process of its own; default: one per core",
    )
    parser.add_argument(
        "--directory",
        default="studies",
        metavar="DIR",
        help="where the study has its folder, DIR/NAME; default: %(default)s",
    )
    parser.add_argument(
        "--status", action="store_true", help="only show how each run of the study stands"
    )


def setting_names() -> list[str]:
    """Those of a run."""
    from kinetix_core.compose import setting_names as names

    return names()


def guess(argument: str) -> str | None:
    """The way to list studies."""
    return "`kinetix study list`" if argument == f"--{_LIST}" else None


def more_help() -> str:
    """The studies that there are."""
    return f"studies:\n{_listing()}"


def run(args: argparse.Namespace) -> int:
    """List studies, show how one stands, or run it and print its report's files.

    The status is 1 where a run failed. Raises a `KinetixError` for what is wrong with the study.
    """
    _check_options(args)
    if args.name == _LIST:
        print(_listing())
        return 0
    from kinetix_core.bench.report import cores
    from kinetix_core.paths import user_path
    from kinetix_core.report import write_study_report
    from kinetix_core.study import load_study

    folder = user_path(args.directory, "--directory") / args.name
    if args.status:
        print(_status(args.name, folder))
        return 0
    study = load_study(args.name, args.settings, _seeds(args.seeds))
    at_once = cores() if args.jobs is None else args.jobs
    record = _run(study, folder, at_once)
    if write_study_report(folder):
        print(folder / "report.html", folder / "cost.html", sep="\n")
    if record.missing:
        print(_missing(record))
    return 1 if record.missing else 0


def _run(study: Study, folder: Path, at_once: int) -> StudyRecord:
    from kinetix_core.study import run_study

    try:
        return run_study(study, folder, at_once, train_job, evaluate_job)
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(
            f"stopped on request; everything is saved in {folder}; the same command goes on"
        ) from stop


def train_job(composed: ComposedRun, resume: Path | None) -> Path:
    """A training of a study, in a process of its own, where nobody shows yet what is logged."""
    from .train import train_with_log

    return train_with_log(composed, resume)


def evaluate_job(settings: Sequence[str]) -> None:
    """What `kinetix evaluate` does with these settings."""
    from . import evaluate
    from ._log import shown_log

    with shown_log():
        evaluate.run(argparse.Namespace(settings=list(settings)))


def _check_options(args: argparse.Namespace) -> None:
    """Refuse what would have no effect, and that no study is named."""
    if args.name is None:
        raise SettingError("kinetix study: a name is expected; `kinetix study list` shows them")
    given = {
        "--seeds": args.seeds is not None,
        "--jobs": args.jobs is not None,
        "--status": args.status and args.name == _LIST,
        " ".join(args.settings): bool(args.settings),
    }
    if args.status or args.name == _LIST:
        what = "--status" if args.status and args.name != _LIST else _LIST
        for name in (name for name, there in given.items() if there):
            raise SettingError(f"kinetix study {what}: {name} means nothing here")


def _seeds(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise SettingError(f"--seeds {text}: whole numbers are expected, as 0,1,2") from None


def _listing() -> str:
    from kinetix_core.study import studies, study_summary

    from ._tables import table

    return table(("NAME", "WHAT"), [(name, study_summary(name)) for name in sorted(studies())])


def _status(name: str, folder: Path) -> str:
    """Raises a `KinetixError` where there is neither a study of that name nor a folder of one."""
    from kinetix_core.study import DEFINITION, read_study, study_text

    if not (folder / DEFINITION).exists():
        study_text(name)
        return f"{folder}: not begun yet; `kinetix study {name}` begins it"
    return _standing(read_study(folder))


def _standing(record: StudyRecord) -> str:
    from kinetix_core.study import DONE

    from ._tables import counted, table

    done = sum(one.state == DONE for one in record.jobs)
    rows = [_row(one) for one in record.jobs]
    verb = "is" if len(rows) == 1 else "are"
    count = f"{done} of {counted(len(rows), 'run')} {verb} done"
    return f"{table(('RUN', 'PART', 'STEPS', 'STATE'), rows)}\n\n{count}"


def _row(one: JobState) -> tuple[str, ...]:
    from kinetix_core.record import is_run, summarise_run

    steps = summarise_run(one.path).steps if is_run(one.path) else None
    state = f"{one.state}: {one.reason}" if one.reason else one.state
    return (one.job.run, one.job.part, "-" if steps is None else f"{steps:,}", state)


def _missing(record: StudyRecord) -> str:
    from kinetix_core.study import DONE

    from ._tables import table

    rows = [(one.job.run, one.reason) for one in record.jobs if one.state != DONE]
    return f"\nnot in the report:\n{table(('RUN', 'WHY'), rows)}"
