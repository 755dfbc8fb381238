"""Which rows a contact table has, and what is known of its order before tracing.

Rows of all tables lie on one axis: polygon pairs for slot 0, polygon pairs for slot 1,
circle-polygon pairs, circle pairs. Source: spec/physics.md 4.1 and 6.6b.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from kinetix_core.scene import SceneSize


@dataclass(frozen=True)
class Incidence:
    """Bodies `start` to `stop` take part in equally many pairs: `entries` [bodies, pairs] number
    them, first those where a body is the first of its pair, then (plus the number of rows) those
    where it is the second."""

    start: int
    stop: int
    entries: np.ndarray


@dataclass(frozen=True, eq=False)
class Stage:
    """Rows that are solved together, batch after batch: a contact table, or one slot of it.

    `start`, `stop`: where they lie on the axis of all rows. Batches from `first_padded` on have
    padding, which zeroes the accumulators of the last row; none has if it is `batches`.
    """

    first: np.ndarray
    second: np.ndarray
    start: int
    stop: int
    batches: int
    first_padded: int
    incidence: tuple[Incidence, ...]


@dataclass(frozen=True, eq=False)
class Tables:
    """All rows of a size. `first`, `second`: body index of each row."""

    stages: tuple[Stage, ...]
    all_rows: Stage  # for what is done to all of them at once; no batches
    first: np.ndarray
    second: np.ndarray
    pair_of_row: np.ndarray  # number in `SceneSize.pairs`
    row_of_pair: np.ndarray  # slot 0 of a polygon pair
    slot_of_row: np.ndarray  # place in the packed impulses
    row_of_slot: np.ndarray
    polygon_pairs: int
    circle_polygon_pairs: int
    circle_pairs: int

    @property
    def row_count(self) -> int:
        return len(self.first)


@cache
def tables(size: SceneSize, solver_batch: int) -> Tables:
    """The tables of `size`; empty ones have no stage."""
    pp, cp, cc = size.polygon_pairs, size.circle_polygon_pairs, size.circle_pairs
    stages, start = [], 0
    for pairs in (pp, pp, cp, cc):
        if pairs:
            stages.append(_stage(pairs, start, solver_batch))
        start += len(pairs)
    k = len(pp)
    everything = np.array([*pp, *pp, *cp, *cc], np.int32).reshape(-1, 2)
    rest = np.arange(len(cp) + len(cc))
    slots = np.concatenate([2 * np.arange(k), 2 * np.arange(k) + 1, 2 * k + rest])
    return Tables(
        stages=tuple(stages),
        all_rows=Stage(
            everything[:, 0], everything[:, 1], 0, len(everything), 0, 0, _incidence(everything)
        ),
        first=everything[:, 0],
        second=everything[:, 1],
        pair_of_row=np.concatenate([np.arange(k), np.arange(k), k + rest]),
        row_of_pair=np.concatenate([np.arange(k), 2 * k + rest]),
        slot_of_row=slots,
        row_of_slot=np.argsort(slots),
        polygon_pairs=k,
        circle_polygon_pairs=len(cp),
        circle_pairs=len(cc),
    )


def _stage(pairs: Sequence[tuple[int, int]], start: int, solver_batch: int) -> Stage:
    array = np.array(pairs, np.int32)
    count = len(array)
    batches = -(-count // solver_batch)
    padding = batches * solver_batch - count
    return Stage(
        first=array[:, 0],
        second=array[:, 1],
        start=start,
        stop=start + count,
        batches=batches,
        first_padded=max(0, batches - padding),
        incidence=_incidence(array),
    )


def _incidence(pairs: np.ndarray) -> tuple[Incidence, ...]:
    count = len(pairs)
    entries = [
        np.concatenate(
            [np.flatnonzero(pairs[:, 0] == body), count + np.flatnonzero(pairs[:, 1] == body)]
        )
        for body in range(pairs.max(initial=-1) + 1)
    ]
    runs: list[list[int]] = []
    for body, numbers in enumerate(entries):
        if runs and len(numbers) == len(entries[runs[-1][0]]):
            runs[-1].append(body)
        else:
            runs.append([body])
    return tuple(
        Incidence(run[0], run[-1] + 1, np.stack([entries[body] for body in run]))
        for run in runs
        if len(entries[run[0]])
    )
