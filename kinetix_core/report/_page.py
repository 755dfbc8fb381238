"""The page of a report: one file, no network, the same bytes for the same runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from pathlib import Path

from kinetix_core.errors import RunError
from kinetix_core.interfaces import Missing
from kinetix_core.registry import registry

from ._compare import Comparison, comparison_rows
from ._data import ReportData, report_data
from ._document import document
from ._figures import Drawn, draw_figures
from ._files import can_write_png, csv_text, figure_png, figure_svg
from ._html import figure_section
from ._methods import Method
from ._provenance import cost, differences, facts, provenance
from ._read import RunRecord


def write_report(path: Path, data: ReportData, names: Sequence[str] | None = None) -> Drawn:
    """Write `report_page(...)` to `path`, and beside it the figures as `STEM-NAME.svg`, `.png` and
    `.csv`. The comparison of several seeds is `STEM.csv`.

    Returns the figures. Raises `RunError` where something cannot be written.
    """
    drawn = draw_figures(data, names)
    write_files(path, data, drawn, _page(data, drawn))
    return drawn


def write_files(path: Path, data: ReportData, drawn: Drawn, page: str) -> None:
    """The page, the table of the comparison and the files of the figures, in the place of those
    that an earlier report of that name left."""
    files: dict[Path, str | bytes] = {}
    if several_seeds(data.comparison) and data.comparison.sets:
        files[path.with_suffix(".csv")] = csv_text(comparison_rows(data.comparison))
    for name, figure in drawn.items():
        if isinstance(figure, Missing):
            continue
        beside = path.with_name(f"{path.stem}-{name}")
        if figure.table:
            files[beside.with_suffix(".csv")] = csv_text(figure.table)
        if figure.charts:
            svg = figure_svg(figure)
            files[beside.with_suffix(".svg")] = svg
            if can_write_png():
                files[beside.with_suffix(".png")] = figure_png(svg)
    files[path] = page
    for file, content in files.items():
        write_file(file, content)
    _remove_earlier(path, files)


def _remove_earlier(path: Path, written: Collection[Path]) -> None:
    """Files of figures that the page has no more."""
    for name in registry().names("figure"):
        beside = path.with_name(f"{path.stem}-{name}")
        if beside.with_suffix(".html").exists():
            continue  # another page, whose table has this name
        for suffix in (".csv", ".svg", ".png"):
            file = beside.with_suffix(suffix)
            if file not in written and file.is_file():
                try:
                    file.unlink()
                except OSError as error:
                    raise RunError(f"{file}: cannot be removed ({error.strerror})") from error


def write_file(file: Path, content: str | bytes) -> None:
    """Raises `RunError` where it cannot be written."""
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise RunError(f"{file}: cannot be written ({error.strerror})") from error


def several_seeds(comparison: Comparison) -> bool:
    """Whether there is anything to compare."""
    return sum(method.seeds for method in comparison.methods) > 1


def report_page(runs: Sequence[RunRecord], names: Sequence[str] | None = None) -> str:
    """The whole page. names: of the figures; None: the usual ones that have something to show.
    Levels and replays are those of one run for each method."""
    data = report_data(runs)
    return _page(data, draw_figures(data, names))


def _page(data: ReportData, drawn: Drawn) -> str:
    runs = [run.record for run in data.runs]
    parts = [figure_section(name, figure) for name, figure in drawn.items()]
    parts += [cost(runs), differences(runs) if len(runs) > 1 else "", provenance(runs)]
    first = dict(facts(runs[0])) if len(runs) == 1 else {}
    return document(data.title, _subtitle(runs, data.methods), first, parts)


def _subtitle(runs: Sequence[RunRecord], methods: Sequence[Method]) -> str:
    def words(run: RunRecord) -> str:
        config = run.config
        kinds = ("curriculum", "generator", "observation", "network")
        chosen = [f"{kind} {config[kind]['name']}" for kind in kinds]
        return " · ".join([f"size {config['size']}", *chosen])

    if len(runs) == 1:
        return escape(words(runs[0]))
    if len(methods) == len(runs):
        return f"{len(runs)} runs"
    counts = f"{len(runs)} runs, {len(methods)} {'method' if len(methods) == 1 else 'methods'}"
    return f"{counts}; levels and replays are of one run for each: " + escape(
        ", ".join(method.shown.name for method in methods)
    )
