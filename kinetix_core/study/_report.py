"""The report of a study, of what is done."""

from __future__ import annotations

from pathlib import Path

from ._folder import DONE, read_study
from ._graph import AGENTS


def report_study(folder: Path) -> list[Path]:
    """Write the report beside the runs and return its files; none where no agent is done."""
    from kinetix_core.report import read_run, write_report

    agents = [one for one in read_study(folder).jobs if one.job.part == AGENTS]
    runs = [read_run(one.path) for one in agents if one.state == DONE]
    return write_report(folder / "report.html", runs) if runs else []
