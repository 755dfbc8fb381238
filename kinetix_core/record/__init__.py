"""What is kept of a run: its folder, parameters, metrics."""

from typing import TYPE_CHECKING

from kinetix_core._lazy import lazy_exports

if TYPE_CHECKING:
    from ._run_folder import Run, RunFolder, flatten, load_run, unflatten, versions
    from .console import ConsoleLogger
    from .jsonl import JsonlLogger

_FOLDER = ("Run", "RunFolder", "flatten", "load_run", "unflatten", "versions")
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__,
    dict.fromkeys(_FOLDER, "._run_folder") | {"ConsoleLogger": ".console", "JsonlLogger": ".jsonl"},
)
