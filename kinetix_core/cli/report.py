"""`kinetix report`: one page of one or more runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kinetix_core.errors import RunError, SettingError, printable

from ._settings import page_file

if TYPE_CHECKING:
    from kinetix_core.report import Drawn, ReportData

HELP = "one page of a run or study: curves, solve rates, replays, cost: kinetix report DIR"
USES_JAX = True
OPTIONS_ANYWHERE = True
_MOST_STUDIES = 5
"""Named where a folder of them was given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, and where the page goes."""
    parser.add_argument(
        "run",
        nargs="+",
        help="folder of a run, or of a study; several runs are compared: those that differ only in"
        " their seed are one method",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="the page; default: report.html in the run folder (several runs: here). Its figures go"
        " beside it, as .svg, .csv and .png, the comparison of several seeds as .csv",
    )
    parser.add_argument(
        "--figures",
        metavar="NAMES",
        help="which figures, as learning,profile (`kinetix plugins figure` lists them); default:"
        " the usual ones that have something to show",
    )


def run(args: argparse.Namespace) -> int:
    """Write the page and print its path, after the table of the methods where several seeds are
    compared. Raises `RunError` for a run without parameters."""
    from kinetix_core.registry import registry
    from kinetix_core.report import (
        read_run,
        report_data,
        study_data,
        write_report,
        write_study_report,
    )

    names = args.figures.split(",") if args.figures else None
    for name in names or ():
        registry().get("figure", name)  # raises for one that is unknown
    if (study := _study(args.run)) is not None:
        out = study / "report.html" if args.out is None else page_file(args.out)
        data = study_data(study)
        drawn = write_study_report(study, out, names, data)
        if not drawn:
            raise RunError(f"{study}: no run of this study is done; `kinetix study` runs it")
    else:
        folders = [_folder(text) for text in args.run]
        out = _out(args.out, folders)
        records = [read_run(folder) for folder in dict.fromkeys(folders)]
        known = [record.name for record in records]
        for name in known:
            if known.count(name) > 1:
                raise SettingError(f"{name}: two of the runs have this name; rename a folder")
        data = report_data(records)
        print("drawing; a curriculum that keeps levels plays them ...", file=sys.stderr)
        drawn = write_report(out, data, names)
    _say(data, drawn)
    print(out)
    return 0


def _study(words: list[str]) -> Path | None:
    """The folder of a study, where one was given. Raises `SettingError` for one among others."""
    from kinetix_core.paths import user_path
    from kinetix_core.study import DEFINITION

    folders = [user_path(text.removeprefix("run="), "") for text in words]
    studies = [folder for folder in folders if (folder / DEFINITION).is_file()]
    if studies and len(words) > 1:
        raise SettingError(f"{studies[0]}: a study has a report of its own; give it alone")
    return studies[0] if studies else None


def _say(data: ReportData, drawn: Drawn) -> None:
    """The table of the methods, and what is missing."""
    from kinetix_core.interfaces import Missing
    from kinetix_core.report import HOW_TO_PNG, can_write_png, comparison_text, several_seeds

    comparison, lines = data.comparison, list(data.missing)
    if several_seeds(comparison):
        if comparison.sets:
            print(f"{comparison_text(comparison)}\n")
        lines += [*comparison.notices, *comparison.commands]
    elif data.study is None:
        said = "not evaluated yet; the page says which command does it"
        lines += [f"{run.record.name}: {said}" for run in data.runs if not run.record.evaluation]
    missing = {name: f for name, f in drawn.items() if isinstance(f, Missing)}
    lines += [f"{name}: {f.why}" for name, f in missing.items() if not f.fault]  # faults are logged
    if not can_write_png():
        lines.append(HOW_TO_PNG)
    for line in lines:
        print(printable(line), file=sys.stderr)


def _folder(text: str) -> Path:
    """Of a run, given as DIR or run=DIR. Raises `RunError`, naming it as it was given."""
    from kinetix_core.paths import user_path
    from kinetix_core.record import check_run
    from kinetix_core.study import DEFINITION

    setting = "run" if text.startswith("run=") else ""
    folder = user_path(text.removeprefix("run="), setting)
    if studies := sorted(file.parent for file in folder.glob(f"*/{DEFINITION}")):
        shown = ", ".join(map(str, studies[:_MOST_STUDIES]))
        raise RunError(f"{folder}: not a run, but a folder of studies: {shown}; give one of them")
    check_run(folder, setting)
    return folder


def _out(text: str | None, folders: list[Path]) -> Path:
    if text is None:
        return folders[0] / "report.html" if len(folders) == 1 else Path("report.html")
    return page_file(text)
