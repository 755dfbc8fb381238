"""What is kept of a run: its folder, parameters, metrics."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._checkpoint import Checkpoint, load_checkpoint
    from ._listing import (
        EVALUATIONS,
        RunSummary,
        check_run,
        list_runs,
        read_config,
        run_folders,
        summarise_run,
    )
    from ._run_folder import Run, RunFolder, flatten, load_run, unflatten, versions
    from .console import ConsoleLogger
    from .csv import CsvLogger
    from .jsonl import JsonlLogger
    from .tensorboard import TensorboardLogger
    from .wandb import WandbLogger

_WHERE = {
    "._checkpoint": ("Checkpoint", "load_checkpoint"),
    "._listing": (
        "EVALUATIONS",
        "RunSummary",
        "check_run",
        "list_runs",
        "read_config",
        "run_folders",
        "summarise_run",
    ),
    "._run_folder": (
        "Run",
        "RunFolder",
        "flatten",
        "load_run",
        "unflatten",
        "versions",
    ),
    ".console": ("ConsoleLogger",),
    ".csv": ("CsvLogger",),
    ".jsonl": ("JsonlLogger",),
    ".tensorboard": ("TensorboardLogger",),
    ".wandb": ("WandbLogger",),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
