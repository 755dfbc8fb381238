"""Pieces of work in processes of their own: what sweeps and studies run by."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._outcome import FAILED, SKIPPED, Outcome, attempt
    from ._processes import Watcher, Work, run_in_processes

_WHERE = {
    "._outcome": ("FAILED", "SKIPPED", "Outcome", "attempt"),
    "._processes": ("Watcher", "Work", "run_in_processes"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
