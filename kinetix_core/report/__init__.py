"""The report of runs: one page with what was learnt, how, and what it took."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._attempts import NOTHING_KEPT, kept_attempts, level_name
    from ._canvas import LETTER, Canvas, cut
    from ._chart import (
        SHARES,
        Axes,
        Line,
        Point,
        line_chart,
        percent_label,
        short,
        stepped_line,
        ticks,
    )
    from ._command import evaluate_command, train_command, usual_sets
    from ._compare import (
        NOT_PLAYED,
        SCORE_TITLES,
        Comparison,
        Interval,
        Score,
        compare_methods,
        compare_runs,
        comparison_text,
        no_intervals,
        no_intervals_note,
        score_cells,
    )
    from ._curve import (
        STEPS,
        TRAINED,
        banded,
        line_rows,
        mean_curve,
        mean_line,
        measure_name,
        measures_of,
        method_curves,
        metric_curves,
        seed_lines,
        solved_curves,
        window,
    )
    from ._data import (
        Labelled,
        ReportData,
        report_data,
    )
    from ._explanation import explanation_page, write_explanation
    from ._figures import Drawn, draw_figures, figure_named, usual_figures
    from ._files import HOW_TO_PNG, can_write_png, figure_svg
    from ._grid import Cell, grid_chart
    from ._html import code, table
    from ._methods import Method, methods
    from ._page import report_page, several_seeds, write_report
    from ._read import RunRecord, read_run
    from ._study import study_data, write_study_report

_WHERE = {
    "._attempts": ("NOTHING_KEPT", "kept_attempts", "level_name"),
    "._canvas": ("LETTER", "Canvas", "cut"),
    "._chart": (
        "SHARES",
        "Axes",
        "Line",
        "Point",
        "line_chart",
        "percent_label",
        "short",
        "stepped_line",
        "ticks",
    ),
    "._command": ("evaluate_command", "train_command", "usual_sets"),
    "._compare": (
        "NOT_PLAYED",
        "SCORE_TITLES",
        "Comparison",
        "Interval",
        "Score",
        "compare_methods",
        "compare_runs",
        "comparison_text",
        "no_intervals",
        "score_cells",
        "no_intervals_note",
    ),
    "._curve": (
        "STEPS",
        "TRAINED",
        "banded",
        "line_rows",
        "mean_curve",
        "mean_line",
        "measure_name",
        "measures_of",
        "method_curves",
        "metric_curves",
        "seed_lines",
        "solved_curves",
        "window",
    ),
    "._data": (
        "Labelled",
        "ReportData",
        "report_data",
    ),
    "._figures": ("Drawn", "draw_figures", "figure_named", "usual_figures"),
    "._files": ("HOW_TO_PNG", "can_write_png", "figure_svg"),
    "._grid": ("Cell", "grid_chart"),
    "._html": ("code", "table"),
    "._explanation": ("explanation_page", "write_explanation"),
    "._methods": ("Method", "methods"),
    "._page": ("report_page", "several_seeds", "write_report"),
    "._read": ("RunRecord", "read_run"),
    "._study": ("study_data", "write_study_report"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
