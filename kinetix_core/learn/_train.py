"""A run from start to end: compile once, update, log, save, and stop without losing anything."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from kinetix_core.errors import RunError
from kinetix_core.interfaces import Logger, RunInfo

from ._compiled import Init, compiled
from ._evaluation import Evaluator, evaluator_of
from ._memory import check_memory, tree_bytes
from ._nonfinite import REPORT, blind_level, diverged, save_begun, write_report
from ._setup import Setup
from ._start import start_of, started
from ._stop import STOPPED, Interrupted, stop_requests
from ._update import Incident, TrainState
from .config import OnNaN

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun
    from kinetix_core.record import RunFolder, Start

_log = logging.getLogger(__name__)


class Diverged(RunError):
    """The loss is not finite, so the parameters are not worth keeping."""


def train(composed: ComposedRun, resume: Path | None = None) -> Path:
    """Train as composed, and return the run folder.

    Writes config, versions, metrics, parameters and checkpoints there. `resume`: the folder of
    an earlier run, which goes on from its newest checkpoint as if it had never stopped.

    SIGINT and SIGTERM end the run after the update in progress, with everything saved, and at once
    while it is compiled (raises `Interrupted`). Raises `RunError` where the folder cannot be
    written or holds no checkpoint, or where a state or loss is not finite.
    """
    # from the start: compiling takes a while, and an exception in the midst of it may get lost
    with stop_requests() as stop_requested:
        return _train(composed, resume, stop_requested)


def _train(composed: ComposedRun, resume: Path | None, stop_requested: Callable[[], bool]) -> Path:
    from kinetix_core.compose import build_loggers, build_task
    from kinetix_core.record import START, RunFolder

    names = tuple((kind, chosen.name) for kind, chosen in composed.components.items())
    setup = Setup(build_task(composed), composed.ppo, composed.train, names)
    loggers = build_loggers(composed)
    init, step = compiled(setup, composed.num_seeds)
    # parts that do not fit together are found before the run has a folder
    shapes = init.shapes(composed.seed)
    evaluator = evaluator_of(composed, setup.task, shapes.params)
    start = None if resume else start_of(composed, shapes)
    folder = RunFolder.reopen(resume, composed) if resume else RunFolder.create(composed)
    run = _Run(setup, folder, composed, step, evaluator)
    try:
        if resume:
            run.take_up(shapes, stop_requested)
            folder.take_over(composed)
        else:
            run.begin(shapes, init, start, stop_requested)
            if start:
                folder.write_json(START, start.note)
    except KeyboardInterrupt:
        if not resume:  # the earlier run stays as it was
            folder.set_status(STOPPED)
        raise Interrupted(folder.path, nothing_done=True) from None
    except BaseException as error:
        if not resume:
            _say_failed(folder, error)
        raise
    info = RunInfo(
        directory=folder.path,
        config=composed.config,
        total_updates=setup.updates,
        steps_per_update=setup.steps_per_update,
        num_seeds=composed.num_seeds,
        finished_updates=run.finished,
    )
    if not any(logger.name == "console" for logger in composed.loggers):
        _log.info(
            "training in %s, %d updates of %s environment steps; logger=[console,...] shows them",
            *(folder.path, setup.updates, f"{setup.steps_per_update:,}"),
        )
    try:
        with _opened(loggers, info):
            run.loop(loggers, stop_requested)
    except Interrupted:
        raise
    except BaseException as error:
        _say_failed(folder, error)
        raise
    return folder.path


def _say_failed(folder: RunFolder, error: BaseException) -> None:
    with suppress(RunError):  # what went wrong first is what is said
        folder.set_status(f"failed: {type(error).__name__}: {error}")


@contextmanager
def _opened(loggers: Sequence[Logger], info: RunInfo) -> Iterator[None]:
    """Every logger open, and closed again whatever happens."""
    with ExitStack() as stack:
        for logger in loggers:
            logger.open(info)
            stack.callback(logger.close)
        yield


class _Run:
    """The state of a run on the host."""

    def __init__(
        self,
        setup: Setup,
        folder: RunFolder,
        composed: ComposedRun,
        step: Any,
        evaluator: Evaluator | None,
    ):
        self.setup, self.folder, self.seeds = setup, folder, composed.num_seeds
        self.evaluator = evaluator
        self.checkpoint, self._composed, self._step = composed.checkpoint, composed, step
        self.started = time.monotonic()
        self.finished = 0  # updates after which the parameters are good

    def begin(
        self, shapes: Any, init: Init, start: Start | None, stop_requested: Callable[[], bool]
    ) -> None:
        """The state before the first update. Of `shapes` only shapes are looked at."""
        _log.info("compiling what the run begins with")
        self._compile(shapes, init, stop_requested)
        self.state: TrainState = started(init(self._composed.seed), start)
        self._saved = time.monotonic()

    def take_up(self, shapes: Any, stop_requested: Callable[[], bool]) -> None:
        """The state of the newest checkpoint; what cannot be taken up is said first."""
        found = self.folder.load_checkpoint(shapes, self._composed)
        _check_unfinished(self.folder.path, found.update, self.setup)
        self._compile(shapes, None, stop_requested)
        self.state = found.state
        self.finished = self.folder.parameters_update = found.update
        self.started -= float(found.notes.get("seconds", 0.0))
        self._saved = time.monotonic()
        _log.info("going on after update %d of %d", found.update, self.setup.updates)

    def _compile(self, shapes: Any, init: Init | None, stop_requested: Callable[[], bool]) -> None:
        """The update, and beside it `init`, if there is room in memory and on the disk."""

        def update() -> Any:
            self.folder.check_room((self.checkpoint.keep + 1) * tree_bytes(shapes))
            if init:
                init.compile_aside(self._composed.seed)
            return self._step.compile(shapes, stop_requested)

        check_memory(self.setup, shapes, self.seeds, update)

    def loop(self, loggers: Sequence[Logger], stop_requested: Callable[[], bool]) -> None:
        self.folder.set_status("running")
        self.loggers = loggers
        try:
            for number in range(self.finished + 1, self.setup.updates + 1):
                if stop_requested():
                    self._save(number - 1)
                    self.folder.set_status(STOPPED)
                    raise Interrupted(self.folder.path)
                self._one_update(number)
            self._save(self.setup.updates)
        except (Interrupted, Diverged):
            raise
        except BaseException:
            self._rescue()
            raise
        self.folder.set_status("finished")

    def _rescue(self) -> None:
        """Keep what was learnt since the last save, if it is still there."""
        if self.finished > (self.folder.parameters_update or 0):
            # an update that failed half way has used up the state that it was given
            with suppress(RunError, RuntimeError, ValueError):
                self._save(self.finished)

    def _one_update(self, number: int) -> None:
        begun = time.monotonic()
        self.state, metrics, incident = self._step(self.state)
        values = {k: np.asarray(v).tolist() for k, v in jax.device_get(metrics).items()}
        now = time.monotonic()
        steps = self.setup.steps_per_update * self.seeds
        values |= {
            "time/seconds": now - self.started,
            "time/env_steps": number * self.setup.steps_per_update,
            "time/steps_per_second": steps / max(now - begun, 1e-9),
            "time/steps_per_second_so_far": number * steps / max(now - self.started, 1e-9),
            "time/seconds_of_cpu": time.process_time(),
        }
        metric = diverged(values)
        if not metric:
            self.finished = number
            if self.evaluator and self.evaluator.due(number, self.setup.updates):
                found, levels = self.evaluator.play(self.state.params)
                values |= found
                self.folder.add_evaluations(number, levels)
        for logger in self.loggers:
            logger.log(number, values)
        if metric:
            raise self._divergence(number, values, metric)
        self._check_states(number, values, incident)
        if self.checkpoint.due(number, now - self._saved):
            self._save(number)

    def _save(self, number: int) -> None:
        self.folder.save_parameters(self.state.params, number)
        now = time.monotonic()
        keep = self.checkpoint.keep
        self.folder.save_checkpoint(self.state, number, keep=keep, seconds=now - self.started)
        self._saved = now

    def _divergence(self, number: int, values: Mapping[str, Any], metric: str) -> Diverged:
        last = self.folder.parameters_update
        kept = f"parameters of update {last} are kept" if last else "no parameters were saved yet"
        begun = blind_level(self.state, self.seeds)
        if begun is None:
            level, component = None, self.setup.name("network")
            why = f"the learner diverged ({component}); try a smaller ppo.learning_rate"
        else:
            level = save_begun(self.setup, self.folder, number, begun)
            component = self.setup.name("observation")
            why = f"{component} is not finite in a level that is saved as {level}"
        write_report(self.folder, number, component, level, values)
        return Diverged(
            f"{metric}={values[metric]} after update {number}: {why}; {kept} in "
            f"{self.folder.path}, with a report ({REPORT})"
        )

    def _check_states(self, number: int, values: Mapping[str, Any], incident: Incident) -> None:
        bad = np.ravel(values["nan/states"])
        if self.setup.train.on_nan is OnNaN.stop and bad.any():
            at = int(np.argmax(bad))
            begun = incident.begun
            if self.seeds > 1:
                begun = jax.tree.map(lambda x: x[at], begun)
            path = save_begun(self.setup, self.folder, number, begun)
            self._save(number)
            component = self.setup.name("engine")
            write_report(self.folder, number, component, path, values)
            raise RunError(
                f"{int(bad.sum())} states were not finite in update {number} ({component}); a "
                f"level in which it happened is saved as {path}; train.on_nan=continue counts such "
                "episodes and goes on"
            )


def _check_unfinished(path: Path, update: int, setup: Setup) -> None:
    """A run that was killed between its last checkpoint and its end is not finished yet."""
    from kinetix_core.record import FINISHED, summarise_run

    said = summarise_run(path).state == FINISHED
    if update > setup.updates or (said and update == setup.updates):
        done = update * setup.steps_per_update
        of = f"{update} of {setup.updates} updates are done"
        if update > setup.updates:
            of = f"{update} updates are done, and train.total_steps asks for {setup.updates}"
        raise RunError(
            f"resume={path}: finished: {of}; "
            f"train.total_steps above {done:,} goes on, as train.total_steps={2 * done}"
        )
