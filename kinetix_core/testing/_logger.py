"""What a logger promises."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kinetix_core.interfaces import Logger, RunInfo, Task

NAMES = (
    "episode/count",
    "episode/length",
    "episode/return",
    "episode/solved",
    "nan/states",
    "ppo/entropy",
    "ppo/loss",
)
"""Some of what the training loop logs at each update, with `TIMES`."""
TIMES = ("time/env_steps", "time/seconds", "time/steps_per_second")


@dataclass(frozen=True, eq=False)
class LoggerCase:
    """component: a function that makes a new logger, since each is opened once."""

    component: Callable[[], Logger]
    task: Task
    updates: int = 3

    @contextmanager
    def opened(self, seeds: int = 1) -> Iterator[Logger]:
        """A new logger, opened for a run in a folder that is gone afterwards."""
        with tempfile.TemporaryDirectory() as folder:
            logger = self.component()
            logger.open(
                RunInfo(
                    directory=Path(folder),
                    config=MappingProxyType({"seed": 0, "size": "s", "ppo": {"num_envs": 8}}),
                    total_updates=self.updates,
                    steps_per_update=512,
                    num_seeds=seeds,
                )
            )
            yield logger


def example_metrics(update: int, value: Any = 0.5) -> MappingProxyType[str, Any]:
    """What the training loop hands to a logger, with `value` for every metric of the learner."""
    times = {"time/env_steps": 512 * update, "time/seconds": 1.5, "time/steps_per_second": 341.0}
    return MappingProxyType(dict.fromkeys(NAMES, value) | times)


def takes_a_run(case: LoggerCase) -> None:
    """It opens, takes a mapping per update without changing it, and closes."""
    with case.opened() as logger:
        for update in range(1, case.updates + 1):
            logger.log(update, example_metrics(update))
        logger.close()


def takes_several_seeds(case: LoggerCase) -> None:
    """Metrics of several seeds are lists."""
    with case.opened(seeds=2) as logger:
        for update in range(1, case.updates + 1):
            logger.log(update, example_metrics(update, [0.25, 0.75]))
        logger.close()


def takes_numbers_that_are_not_finite(case: LoggerCase) -> None:
    """NaN and infinities are logged like other numbers, alone and in lists."""
    with case.opened() as logger:
        for update, value in enumerate((math.nan, math.inf, -math.inf), start=1):
            logger.log(update, example_metrics(update, value))
        logger.close()
    with case.opened(seeds=2) as logger:
        logger.log(1, example_metrics(1, [math.nan, math.inf]))
        logger.close()


def takes_names_that_come_and_go(case: LoggerCase) -> None:
    """A metric may be new at a later update, or missing."""
    with case.opened() as logger:
        logger.log(1, example_metrics(1))
        logger.log(2, MappingProxyType({**example_metrics(2), "curriculum/new": 1.0}))
        few = {k: v for k, v in example_metrics(3).items() if k in TIMES}
        logger.log(3, MappingProxyType(few))
        logger.close()


def closes_after_an_error(case: LoggerCase) -> None:
    """`close` works before anything was logged, and in the middle of a run."""
    with case.opened() as logger:
        logger.close()
    with case.opened() as logger:
        logger.log(1, example_metrics(1))
        logger.close()


PROMISES = (
    takes_a_run,
    takes_several_seeds,
    takes_numbers_that_are_not_finite,
    takes_names_that_come_and_go,
    closes_after_an_error,
)
