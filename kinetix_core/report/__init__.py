"""The report of runs: one page with what was learnt, how, and what it took."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._command import train_command
    from ._gallery import KeptLevel, kept_levels
    from ._page import report_page, write_report
    from ._read import RunRecord, read_run

_WHERE = {
    "._command": ("train_command",),
    "._gallery": ("KeptLevel", "kept_levels"),
    "._page": ("report_page", "write_report"),
    "._read": ("RunRecord", "read_run"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
