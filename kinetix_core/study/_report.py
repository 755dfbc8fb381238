"""The report of a study, of what is done."""

from __future__ import annotations

from pathlib import Path


def report_study(folder: Path) -> list[Path]:
    """Write the report beside the runs and return its pages; none where no run is done."""
    from kinetix_core.report import write_study_report

    pages = [folder / "report.html", folder / "cost.html"]
    return pages if write_study_report(folder) else []
