"""`kinetix report`: one page of one or more runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kinetix_core.errors import KinetixError, SettingError, printable

if TYPE_CHECKING:
    from kinetix_core.report import KeptLevel, RunRecord

HELP = "one page of a run: curves, solve rates, replays, levels, cost: kinetix report DIR"
USES_JAX = True
OPTIONS_ANYWHERE = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, and where the page goes."""
    parser.add_argument(
        "run",
        nargs="+",
        help="folder of a run; several are compared: those that differ only in their seed are one"
        " method",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="the page; default: report.html in the run folder (several runs: here). The comparison"
        " of several seeds goes beside it, as .csv and .svg",
    )


def run(args: argparse.Namespace) -> int:
    """Write the page and print its path, after the table of the methods where several seeds are
    compared. Raises `RunError` for a run without parameters."""
    from kinetix_core.report import read_run, write_report

    folders = [_folder(text) for text in args.run]
    out = _out(args.out, folders)
    records = [read_run(folder) for folder in dict.fromkeys(folders)]
    names = [record.name for record in records]
    for name in names:
        if names.count(name) > 1:
            raise SettingError(f"{name}: two of the runs have this name; rename a folder")
    from kinetix_core.report import compare_runs, comparison_text, several_seeds

    comparison = compare_runs(records)
    print("looking at the levels that the curriculum keeps ...", file=sys.stderr)
    shown = [method.shown for method in comparison.methods]
    kept = {record.name: _kept(record) for record in shown}
    files = write_report(out, records, kept, comparison)
    if several_seeds(comparison):
        if comparison.sets:
            print(f"{comparison_text(comparison)}\n")
        for line in (*comparison.notices, *comparison.commands):
            print(line, file=sys.stderr)
    else:
        for record in records:
            if record.evaluation is None:
                said = "not evaluated yet; the page says which command does it"
                print(f"{record.name}: {said}", file=sys.stderr)
    print(*files, sep="\n")
    return 0


def _folder(text: str) -> Path:
    """Of a run, given as DIR or run=DIR. Raises `RunError`, naming it as it was given."""
    from kinetix_core.paths import user_path
    from kinetix_core.record import check_run

    setting = "run" if text.startswith("run=") else ""
    folder = user_path(text.removeprefix("run="), setting)
    check_run(folder, setting)
    return folder


def _kept(record: RunRecord) -> list[KeptLevel]:
    """The levels of the curriculum. Where they cannot be had the page does without, saying so."""
    from kinetix_core.report import kept_levels

    try:
        return kept_levels(record.path)
    except KinetixError as error:
        text = f"{record.name}: the levels of its curriculum are left out: {error}"
        print(printable(text), file=sys.stderr)
        return []


def _out(text: str | None, folders: list[Path]) -> Path:
    from kinetix_core.paths import user_path

    if text is None:
        return folders[0] / "report.html" if len(folders) == 1 else Path("report.html")
    out = user_path(text, "out")
    if out.suffix != ".html":
        raise SettingError(f"--out {text}: a file that ends with .html is expected")
    return out
