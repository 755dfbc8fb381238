"""logger/console: progress for people."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from kinetix_core.interfaces import Logger, RunInfo, Task

from ._curves import BLOCKS, PLAIN_BLOCKS, Curves, number
from .logger_config import ConsoleConfig

_WIDEST = 40
_BESIDE = 50
"""Columns that the names and numbers of the table take."""
_EVALUATED = re.compile(r"eval/.+/solve_rate")


@dataclass
class ConsoleLogger(Logger):
    """A live bar above a table of curves on a terminal; elsewhere a line every `every` seconds."""

    config: ConsoleConfig
    task: Task | None = None
    console: Console = field(default_factory=lambda: Console(stderr=True))
    _bar: Progress | None = field(default=None, init=False)
    _live: Live | None = field(default=None, init=False)
    _curves: Curves = field(init=False)
    _run: RunInfo | None = field(default=None, init=False)
    _last_line: float = field(default=0.0, init=False)
    _first: tuple[int, float] | None = field(default=None, init=False)
    _evaluated: dict[str, Any] = field(default_factory=dict, init=False)

    def open(self, run: RunInfo) -> None:
        self._run = run
        self._curves = Curves(self.config.curves)
        self._last_line = time.monotonic()
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
                auto_refresh=False,
            )
            self._bar.add_task("compiling", total=run.total_updates)
            self._live = Live(console=self.console, get_renderable=self._view, refresh_per_second=4)
            self._live.start()

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        assert self._run is not None
        now = time.monotonic()
        if self._first is None:
            self._first = (step, now)
        if self._bar is not None:
            self._curves.add(metrics)
            text = self._text(step, metrics, now)
            self._bar.update(self._bar.task_ids[0], completed=step, description=text)
            return
        due = now - self._last_line >= self.config.every
        if due or step in (self._first[0], self._run.total_updates):
            self._last_line = now
            text = f"{self._text(step, metrics, now)}  {_numbers(metrics)}"
            self.console.print(
                f"update {step}/{self._run.total_updates}  {text}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()

    def _view(self) -> RenderableType:
        """The bar, and below it a row for each curve and seed."""
        assert self._bar is not None
        room = self.console.width - _BESIDE
        if not self._curves.curves or room < 8:
            return self._bar
        table = Table("curve", "so far", box=SIMPLE_HEAD, pad_edge=False)
        for title in ("now", "least", "most"):
            table.add_column(title, justify="right")
        blocks = PLAIN_BLOCKS if self.console.options.ascii_only else BLOCKS
        for row in self._curves.rows(min(room, _WIDEST), blocks):
            table.add_row(*row)
        return Group(self._bar, table)

    def _text(self, step: int, metrics: Mapping[str, Any], now: float) -> str:
        """Speed, time left, how many episodes were solved."""
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
        # what was found last stays, since most updates have no evaluation
        self._evaluated |= {k: v for k, v in metrics.items() if _EVALUATED.fullmatch(k)}
        for name, rate in self._evaluated.items():
            parts.append(f"{name.split('/', 1)[1].rpartition('/')[0]} {_show(rate)}")
        if np.any(metrics.get("nan/states", 0)):
            parts.append(f"NaN states {_show(metrics['nan/states'])}")
        return "  ".join(parts)


def _numbers(metrics: Mapping[str, Any]) -> str:
    """What the table has on a terminal."""
    names = {"return": "episode/return", "entropy": "ppo/entropy"}
    return "  ".join(f"{short} {_show(metrics.get(name))}" for short, name in names.items())


def _show(value: Any) -> str:
    """A number, or the numbers of several seeds; `-` where there is none."""
    return " ".join(number(float(v)) for v in np.ravel(np.nan if value is None else value))


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
