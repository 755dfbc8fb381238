"""logger/console: progress for people."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from kinetix_core.interfaces import Logger, RunInfo, Task

from .logger_config import ConsoleConfig

_EVALUATED = re.compile(r"eval/.+/solve_rate")


@dataclass
class ConsoleLogger(Logger):
    """A live bar on a terminal; elsewhere a line every `every` seconds."""

    config: ConsoleConfig
    task: Task | None = None
    console: Console = field(default_factory=lambda: Console(stderr=True))
    _bar: Progress | None = field(default=None, init=False)
    _run: RunInfo | None = field(default=None, init=False)
    _begun: float = field(default=0.0, init=False)
    _last_line: float = field(default=0.0, init=False)
    _first: tuple[int, float] | None = field(default=None, init=False)
    _evaluated: dict[str, Any] = field(default_factory=dict, init=False)

    def open(self, run: RunInfo) -> None:
        self._run = run
        self._begun = self._last_line = time.monotonic()
        updates = "update" if run.total_updates == 1 else "updates"
        self.console.print(
            f"run folder {run.directory}: {run.total_updates} {updates} of "
            f"{run.steps_per_update:,} environment steps; compiling the first one",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        if self.console.is_terminal:
            self._bar = Progress(
                TextColumn("update {task.completed}/{task.total}"),
                BarColumn(bar_width=20),
                TextColumn("{task.description}"),
                console=self.console,
                refresh_per_second=4,
            )
            self._bar.start()
            self._bar.add_task("compiling", total=run.total_updates)

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        assert self._run is not None
        now = time.monotonic()
        if self._first is None:
            self._first = (step, now)
        text = self._text(step, metrics, now)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=step, description=text)
            return
        due = now - self._last_line >= self.config.every
        if due or step in (self._first[0], self._run.total_updates):
            self._last_line = now
            self.console.print(
                f"update {step}/{self._run.total_updates}  {text}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _text(self, step: int, metrics: Mapping[str, Any], now: float) -> str:
        assert self._run is not None
        assert self._first is not None
        parts = [f"{metrics['time/steps_per_second']:,.0f} steps/s"]
        done = step - self._first[0]
        if done > 0:
            left = (now - self._first[1]) / done * (self._run.total_updates - step)
            parts.append(f"{_duration(left)} left")
        # early on only the short episodes have ended: how many did says what the rate is worth
        ended = " ".join(f"{n:.0f}" for n in np.ravel(metrics.get("episode/count", 0)))
        parts.append(f"solved {_show(metrics.get('episode/solved'))} of {ended} episodes")
        parts.append(f"return {_show(metrics.get('episode/return'))}")
        parts.append(f"entropy {_show(metrics.get('ppo/entropy'))}")
        # what was found last stays, since most updates have no evaluation
        self._evaluated |= {k: v for k, v in metrics.items() if _EVALUATED.fullmatch(k)}
        for name, rate in self._evaluated.items():
            parts.append(f"{name.split('/', 1)[1].rpartition('/')[0]} {_show(rate)}")
        if np.any(metrics.get("nan/states", 0)):
            parts.append(f"NaN states {_show(metrics['nan/states'])}")
        return "  ".join(parts)


def _show(value: Any) -> str:
    """A number, or the numbers of several seeds; `-` where there is none."""
    numbers = [np.nan] if value is None else np.ravel(value)
    return " ".join("-" if np.isnan(v) else f"{v:.3f}" for v in numbers)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
