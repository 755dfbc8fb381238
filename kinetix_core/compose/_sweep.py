"""Several runs from one command line: every combination of the values that settings list."""

from __future__ import annotations

import dataclasses
import functools
import gc
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kinetix_core.errors import RunError, SettingError
from kinetix_core.jobs import Outcome, Work, attempt, run_in_processes
from kinetix_core.paths import user_path

from ._compose import add_config_folders, compose_run
from ._overrides import check_choice, normalised, parse
from ._run import ComposedRun
from ._schema import ROOT, store_schema

if TYPE_CHECKING:
    from hydra._internal.hydra import Hydra
    from omegaconf import DictConfig

_QUIET = ("hydra/job_logging=none", "hydra/hydra_logging=none", "hydra.output_subdir=null")
_ADDED = ("+hydra.", "++hydra.")
"""Entries that a launcher has no default of, such as options of `sbatch`, are added."""
_MACHINERY = ("hydra.", "hydra/", *_ADDED)
_NUMBER = "number_in_sweep"
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


@dataclass(frozen=True)
class _Pending:
    """A run that is still to come, named and placed in the folder of the sweep."""

    name: str
    settings: tuple[str, ...]
    composed: ComposedRun

    def work(self, run: Callable[[ComposedRun], Path]) -> Work:
        return Work(self.name, functools.partial(run, self.composed))

    def job(self, outcome: Outcome) -> Job:
        return Job(self.settings, outcome.status, outcome.result, outcome.error)


def run_sweep(
    settings: Sequence[str], run: Callable[[ComposedRun], Path], at_once: int | None = None
) -> list[Job]:
    """Run `run` for every combination, in folders of their own under one folder of the sweep.

    at_once: how many run at the same time, each in a process of its own; None: one after the
    other in this process, or as the launcher that `settings` choose does it.
    All combinations are composed before the first begins, so a mistake in any costs nothing.
    A run that fails does not stop the others. `run` must be a function of a module, as it may
    be sent to another process. Raises as `compose_run`, and `RunError` where a launcher fails.
    """
    texts = normalised(settings)
    overrides = parse([t for t in texts if not t.startswith(_ADDED)], multirun=True)
    for override in overrides:
        if override.is_choice and not override.sweep:
            check_choice(override)
    if at_once is not None:
        _check_at_once(at_once, texts)
    add_config_folders()
    store_schema()
    hydra = _hydra()
    combinations = _combinations(hydra, texts)
    composed = [compose_run(combination) for combination in combinations]
    folder = user_path(composed[0].train.directory, "train.directory") / (
        composed[0].train.name or f"{time.strftime('%Y%m%d-%H%M%S')}-sweep"
    )
    swept = tuple(o.key for o in overrides if o.sweep)
    pending = [
        _pending(number, combination, one, str(folder), swept)
        for number, (combination, one) in enumerate(zip(combinations, composed, strict=True))
    ]
    if at_once is None:
        return _launched(hydra, texts, functools.partial(_job, run, pending), len(pending), folder)
    outcomes = run_in_processes([one.work(run) for one in pending], folder, at_once)
    return [one.job(outcomes[one.name]) for one in pending]


def _check_at_once(at_once: int, texts: Sequence[str]) -> None:
    if at_once < 1:
        raise SettingError(f"--jobs {at_once}: at least 1 is expected")
    if own := [t for t in texts if t.startswith(_MACHINERY)]:
        raise SettingError(
            f"--jobs {at_once}: runs are started here, not by a launcher; leave {own[0]} out,"
            " or --jobs"
        )


def _launched(
    hydra: Hydra,
    texts: Sequence[str],
    job: Callable[[DictConfig], Job],
    count: int,
    folder: Path,
) -> list[Job]:
    """Through Hydra's launcher, which is told of the machinery and the number of each job only."""
    from hydra.errors import HydraException

    machinery = [*_QUIET, f"hydra.sweep.dir={_quoted(str(folder))}", "hydra.sweep.subdir=."]
    machinery += [t for t in texts if t.startswith(_MACHINERY)]
    numbers = f"+{_NUMBER}={','.join(map(str, range(count)))}"
    try:
        batches = hydra.multirun(
            ROOT, job, overrides=[*machinery, numbers], with_log_configuration=False
        )
    except HydraException as error:
        raise SettingError(_launcher_error(texts, error)) from error
    except Exception as error:  # a process that was killed, a cluster that refuses
        _log.exception("the launcher failed")
        raise RunError(f"{_launcher_error(texts, error)}; see the runs in {folder}") from error
    return [returned.return_value for batch in batches for returned in batch]


def _launcher_error(texts: Sequence[str], error: Exception) -> str:
    chosen = [t for t in texts if t.startswith("hydra/launcher=")]
    said = " ".join(str(error).split()) or type(error).__name__
    if chosen and "Could not find" in said:
        package = f"hydra-{chosen[-1].partition('=')[2].partition('_')[0]}-launcher"
        said = f"unknown, or not installed: pip install {package}; --jobs N needs nothing more"
    return f"{chosen[-1] if chosen else 'hydra'}: {said}"


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

    own = [t for t in texts if not t.startswith(_MACHINERY)]
    try:
        parsed = OverridesParser.create(hydra.config_loader).parse_overrides(own)
        return BasicSweeper.split_arguments(parsed, None)[0]
    except HydraException as error:
        raise SettingError(" ".join(str(error).split())) from error


def _job(
    run: Callable[[ComposedRun], Path], pending: Sequence[_Pending], config: DictConfig
) -> Job:
    """Called by Hydra's launcher for each combination, perhaps in another process."""
    own = pending[config[_NUMBER]]
    outcome = attempt(own.name, own.work(run).call)
    gc.collect()  # of what JAX traced for this run; the command line rarely does
    return own.job(outcome)


def _pending(
    number: int, texts: Sequence[str], composed: ComposedRun, directory: str, swept: tuple[str, ...]
) -> _Pending:
    """One of the combinations, named after what differs from the others."""
    own = tuple(t for t in texts if t.partition("=")[0] in swept)
    name = re.sub(r"[^A-Za-z0-9._]+", "-", "-".join([f"{number:03d}", *own])).strip("-")[:120]
    return _Pending(name, own, _placed(composed, directory, name))


def _placed(composed: ComposedRun, directory: str, name: str) -> ComposedRun:
    """The same run, in the folder of the sweep."""
    train = dataclasses.replace(composed.train, directory=directory, name=name)
    section = {**composed.config["train"], "directory": directory, "name": name}
    return dataclasses.replace(composed, train=train, config={**composed.config, "train": section})


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
