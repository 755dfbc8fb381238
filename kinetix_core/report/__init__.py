"""The report of runs: one page with what was learnt, how, and what it took."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._command import train_command
    from ._compare import (
        Comparison,
        Score,
        compare_runs,
        comparison_csv,
        comparison_text,
    )
    from ._comparison_chart import comparison_chart
    from ._explanation import explanation_page, write_explanation
    from ._gallery import KeptLevel, kept_levels
    from ._methods import Method, methods
    from ._page import report_page, several_seeds, write_report
    from ._read import RunRecord, read_run

_WHERE = {
    "._command": ("train_command",),
    "._compare": (
        "Comparison",
        "Score",
        "compare_runs",
        "comparison_csv",
        "comparison_text",
    ),
    "._comparison_chart": ("comparison_chart",),
    "._explanation": ("explanation_page", "write_explanation"),
    "._gallery": ("KeptLevel", "kept_levels"),
    "._methods": ("Method", "methods"),
    "._page": ("report_page", "several_seeds", "write_report"),
    "._read": ("RunRecord", "read_run"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
