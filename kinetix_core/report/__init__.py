"""The report of runs: one page with what was learnt, how, and what it took."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._attempts import kept_attempts, level_name
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
        Comparison,
        Interval,
        Score,
        compare_methods,
        compare_runs,
        comparison_rows,
        comparison_text,
        ends_text,
        no_interval,
    )
    from ._curve import (
        STEPS,
        TRAINED,
        banded,
        line_rows,
        mean_line,
        measure_name,
        measures_of,
        method_curves,
        metric_curves,
        shared_steps,
        solved_curves,
        window,
    )
    from ._data import (
        AGENTS,
        FINETUNE,
        FRESH,
        SCRATCH,
        SEQUENCE,
        Labelled,
        ReportData,
        report_data,
    )
    from ._explanation import explanation_page, write_explanation
    from ._figures import Drawn, draw_figures, figure_named, usual_figures
    from ._files import HOW_TO_PNG, can_write_png, csv_text, figure_png, figure_svg
    from ._grid import Cell, grid_chart
    from ._html import code, drawn_chart, table
    from ._methods import Method, methods
    from ._page import report_page, several_seeds, write_report
    from ._read import RunRecord, read_run
    from ._study import study_data, write_study_report

_WHERE = {
    "._attempts": ("kept_attempts", "level_name"),
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
        "Comparison",
        "Interval",
        "Score",
        "compare_methods",
        "compare_runs",
        "comparison_rows",
        "comparison_text",
        "ends_text",
        "no_interval",
    ),
    "._curve": (
        "STEPS",
        "TRAINED",
        "banded",
        "line_rows",
        "mean_line",
        "measure_name",
        "measures_of",
        "method_curves",
        "metric_curves",
        "shared_steps",
        "solved_curves",
        "window",
    ),
    "._data": (
        "AGENTS",
        "FINETUNE",
        "FRESH",
        "SCRATCH",
        "SEQUENCE",
        "Labelled",
        "ReportData",
        "report_data",
    ),
    "._figures": ("Drawn", "draw_figures", "figure_named", "usual_figures"),
    "._files": ("HOW_TO_PNG", "can_write_png", "csv_text", "figure_png", "figure_svg"),
    "._grid": ("Cell", "grid_chart"),
    "._html": ("code", "drawn_chart", "table"),
    "._explanation": ("explanation_page", "write_explanation"),
    "._methods": ("Method", "methods"),
    "._page": ("report_page", "several_seeds", "write_report"),
    "._read": ("RunRecord", "read_run"),
    "._study": ("study_data", "write_study_report"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
