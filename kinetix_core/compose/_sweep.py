"""Several runs from one command line: every combination of the values that settings list."""

from __future__ import annotations

import dataclasses
import functools
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kinetix_core.errors import KinetixError, SettingError
from kinetix_core.paths import user_path

from ._compose import add_config_folders, compose_run
from ._overrides import check_choice, normalised, parse
from ._run import ComposedRun, typed_run
from ._schema import ROOT, store_schema

if TYPE_CHECKING:
    from hydra._internal.hydra import Hydra
    from omegaconf import DictConfig

_QUIET = ("hydra/job_logging=none", "hydra/hydra_logging=none", "hydra.output_subdir=null")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One run of a sweep. `status` is what the run on its own would have ended with: 0 is good.

    settings: those that differ from run to run.
    """

    settings: tuple[str, ...]
    status: int
    folder: Path | None
    error: str = ""


def run_sweep(settings: Sequence[str], run: Callable[[ComposedRun], Path]) -> list[Job]:
    """Run `run` for every combination, in folders of their own under one folder of the sweep.

    All combinations are composed before the first begins, so a mistake in any costs nothing.
    A run that fails does not stop the others. `run` must be a function of a module, as a
    launcher may send it to another process. Raises as `compose_run`.
    """
    texts = normalised(settings)
    for override in parse(texts, multirun=True):
        if override.is_choice and not override.sweep:
            check_choice(override)
    add_config_folders()
    store_schema()
    hydra = _hydra()
    combinations = _combinations(hydra, texts)
    composed = [compose_run(combination) for combination in combinations]
    folder = user_path(composed[0].train.directory, "train.directory") / (
        composed[0].train.name or f"{time.strftime('%Y%m%d-%H%M%S')}-sweep"
    )
    swept = tuple(o.key for o in parse(texts, multirun=True) if o.sweep)
    machinery = [*_QUIET, f"hydra.sweep.dir={_quoted(str(folder))}", "hydra.sweep.subdir=."]
    batches = hydra.multirun(
        ROOT,
        functools.partial(_job, run=run, directory=str(folder), swept=swept),
        overrides=[*machinery, *texts],
        with_log_configuration=False,
    )
    return [returned.return_value for batch in batches for returned in batch]


def _hydra() -> Hydra:
    # the public entry reads the process's own arguments; this is what it calls
    from hydra._internal.hydra import Hydra
    from hydra._internal.utils import create_config_search_path
    from hydra.core.global_hydra import GlobalHydra

    GlobalHydra.instance().clear()
    try:
        return Hydra.create_main_hydra2("kinetix", create_config_search_path(None))
    finally:
        GlobalHydra.instance().clear()  # composing single runs makes its own


def _combinations(hydra: Hydra, texts: Sequence[str]) -> list[list[str]]:
    """The settings of each run, without those of the machinery itself."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    own = [t for t in texts if not t.startswith(("hydra.", "hydra/"))]
    try:
        parsed = OverridesParser.create(hydra.config_loader).parse_overrides(own)
        return BasicSweeper.split_arguments(parsed, None)[0]
    except HydraException as error:
        raise SettingError(" ".join(str(error).split())) from error


def _job(
    config: DictConfig,
    run: Callable[[ComposedRun], Path],
    directory: str,
    swept: tuple[str, ...],
) -> Job:
    """Called by Hydra for each combination."""
    from hydra.core.hydra_config import HydraConfig

    own = HydraConfig.get()
    texts = tuple(t for t in own.overrides.task if t.partition("=")[0] in swept)
    name = re.sub(r"[^A-Za-z0-9._]+", "-", "-".join([f"{own.job.num:03d}", *texts])).strip("-")
    try:
        return Job(texts, 0, run(_placed(typed_run(config), directory, name[:120])))
    except KinetixError as error:
        return Job(texts, 2, None, str(error))
    except Exception as error:
        _log.exception("run %s of the sweep failed", name)
        return Job(texts, 1, None, f"{type(error).__name__}: {error}")


def _placed(composed: ComposedRun, directory: str, name: str) -> ComposedRun:
    """The same run, in the folder of the sweep."""
    train = dataclasses.replace(composed.train, directory=directory, name=name)
    section = {**composed.config["train"], "directory": directory, "name": name}
    return dataclasses.replace(composed, train=train, config={**composed.config, "train": section})


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
