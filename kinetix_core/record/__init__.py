"""What is kept of a run: its folder, parameters, metrics."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._checkpoint import Checkpoint, has_checkpoint, load_checkpoint
    from ._listing import (
        EVALUATION,
        EVALUATIONS,
        FINISHED,
        METRICS,
        PARAMETERS,
        RUNNING,
        START,
        VERSIONS,
        RunSummary,
        check_parameters,
        check_run,
        folders_of_runs,
        is_run,
        list_runs,
        parameters_hash,
        read_config,
        run_folders,
        summarise_run,
    )
    from ._parameters import flatten, unflatten
    from ._run import Run, load_run, load_run_at
    from ._run_folder import RunFolder, versions
    from ._start import Start, load_start
    from ._versions import changed_versions, package_versions
    from .console import ConsoleLogger
    from .csv import CsvLogger
    from .jsonl import JsonlLogger
    from .tensorboard import TensorboardLogger
    from .wandb import WandbLogger

_WHERE = {
    "._checkpoint": ("Checkpoint", "has_checkpoint", "load_checkpoint"),
    "._listing": (
        "EVALUATION",
        "EVALUATIONS",
        "FINISHED",
        "METRICS",
        "PARAMETERS",
        "RUNNING",
        "START",
        "VERSIONS",
        "RunSummary",
        "check_parameters",
        "check_run",
        "is_run",
        "folders_of_runs",
        "list_runs",
        "parameters_hash",
        "read_config",
        "run_folders",
        "summarise_run",
    ),
    "._parameters": ("flatten", "unflatten"),
    "._run": ("Run", "load_run", "load_run_at"),
    "._run_folder": ("RunFolder", "versions"),
    "._start": ("Start", "load_start"),
    "._versions": ("changed_versions", "package_versions"),
    ".console": ("ConsoleLogger",),
    ".csv": ("CsvLogger",),
    ".jsonl": ("JsonlLogger",),
    ".tensorboard": ("TensorboardLogger",),
    ".wandb": ("WandbLogger",),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
