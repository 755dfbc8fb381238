"""logger/wandb: Weights & Biases, online or offline."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError
from kinetix_core.interfaces import Logger, RunInfo, Task

from ._scalars import STEPS, package, scalars, state_of
from .logger_config import WandbConfig

_ID = "wandb_id.txt"


@dataclass
class WandbLogger(Logger):
    """Scalars with environment steps as the axis of every curve, and the composed configuration.

    Its files lie in the run folder, with the run's id, so that a run that is gone on with
    continues its curves. In a run that a sweep agent started, the agent's id, project and entity
    count. Numbers that are not finite are left out. Raises `PluginError` where
    the extra is missing, and `RunError` where W&B refuses.
    """

    config: WandbConfig
    task: Task | None = None
    _run: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        package("wandb", "wandb")  # before the run has a folder

    def open(self, run: RunInfo) -> None:
        wandb, config = package("wandb", "wandb"), self.config
        id_file = run.directory / _ID
        try:
            self._run = wandb.init(
                **self._place(id_file),
                group=config.group or None,
                name=config.run_name or run.directory.name,
                tags=list(config.tags) or None,
                mode=None if config.mode is None else config.mode.name,
                resume="allow",
                dir=str(run.directory),
                config={**run.config, "steps_per_update": run.steps_per_update},
                settings=wandb.Settings(console="off"),
            )
            id_file.write_text(f"{self._run.id}\n", encoding="utf-8")
        except OSError as error:
            raise RunError(f"{id_file}: cannot be written: {error.strerror}") from error
        except wandb.errors.Error as error:
            raise RunError(
                f"logger=wandb: {' '.join(str(error).split())}; logger.wandb.mode=offline (or"
                " WANDB_MODE=offline) needs no account, and `wandb sync` uploads later"
            ) from error
        self._run.define_metric(STEPS)
        self._run.define_metric("*", step_metric=STEPS)

    def _place(self, id_file: Path) -> dict[str, Any]:
        """Under which id, project and entity the run is kept. Nothing: the sweep agent says."""
        if os.environ.get("WANDB_SWEEP_ID"):
            return {}
        if id_file.exists():
            run_id = id_file.read_text(encoding="utf-8").strip()
        else:
            run_id = secrets.token_hex(6)
        config = self.config
        return {"id": run_id, "project": config.project, "entity": config.entity or None}

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        row = {name: value for name, value in scalars(metrics).items() if math.isfinite(value)}
        self._run.log({**row, "update": step}, step=step)

    def close(self) -> None:
        if self._run is not None:
            self._run.finish()


def check() -> list[str]:
    """For `kinetix doctor`."""
    return state_of("wandb", "wandb")
