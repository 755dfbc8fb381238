"""Curves of metrics for a terminal: a row of blocks for each, of one seed each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ._scalars import scalars

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN_BLOCKS = "_.-=+*%#"
"""The same for terminals that have ASCII only."""
_GAP = " "


@dataclass
class Curve:
    """A whole run in less than `room` points, each the mean of as many updates.

    Where the room is used up, neighbours become one. NaN has no part in a mean.
    """

    room: int = 128
    points: list[float] = field(default_factory=list)
    _stride: int = 1
    _pending: list[float] = field(default_factory=list)

    def add(self, value: float) -> None:
        """The value of one more update."""
        self._pending.append(value)
        if len(self._pending) < self._stride:
            return
        self.points.append(mean(self._pending))
        self._pending = []
        if len(self.points) >= self.room:
            pairs = zip(self.points[::2], self.points[1::2], strict=True)
            self.points = [mean(pair) for pair in pairs]
            self._stride *= 2

    def drawn(self, width: int, blocks: str = BLOCKS) -> str:
        """At most `width` characters, the lowest block at its least value; a gap for NaN."""
        count = min(width, len(self.points))
        edges = [len(self.points) * i // count for i in range(count + 1)] if count else [0]
        parts = [mean(self.points[a:b]) for a, b in pairwise(edges)]
        known = [x for x in parts if math.isfinite(x)]
        if not known:
            return _GAP * count
        least, reach = min(known), max(known) - min(known)
        top = len(blocks) - 1

        def block(x: float) -> str:
            if not math.isfinite(x):
                return _GAP
            return blocks[round(top * (x - least) / reach) if reach else 0]

        return "".join(map(block, parts))


def mean(values: Sequence[float]) -> float:
    """Of those that are finite; NaN where none is."""
    known = [x for x in values if math.isfinite(x)]
    return sum(known) / len(known) if known else math.nan


@dataclass
class Curves:
    """The curves of some metrics, by name; each seed has its own, and nothing is averaged."""

    names: tuple[str, ...]
    curves: dict[str, Curve] = field(default_factory=dict)
    latest: dict[str, float] = field(default_factory=dict)

    def add(self, metrics: Mapping[str, Any]) -> None:
        """The metrics of one more update; those that it does not have are left out."""
        found = scalars({name: metrics[name] for name in self.names if name in metrics})
        for name, value in found.items():
            self.curves.setdefault(name, Curve()).add(value)
            self.latest[name] = value

    def rows(self, width: int, blocks: str = BLOCKS) -> list[tuple[str, str, str, str, str]]:
        """Name, drawing, latest value, least and greatest point, in the order of `names`."""
        order = {name: i for i, name in enumerate(self.names)}

        def place(name: str) -> tuple[int, str]:
            return order[name.partition("/seed_")[0]], name

        rows = []
        for name in sorted(self.curves, key=place):
            curve = self.curves[name]
            known = [x for x in curve.points if math.isfinite(x)] or [math.nan]
            numbers = (self.latest[name], min(known), max(known))
            rows.append((name, curve.drawn(width, blocks), *map(number, numbers)))
        return rows


def number(value: float) -> str:
    """Three decimals, or `-` for what is not a number."""
    return "-" if math.isnan(value) else f"{value:.3f}"
