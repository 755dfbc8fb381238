"""The order of contacts as the Pallas kernel reads it: spec/physics.md 6.6b."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ._tables import Tables


@dataclass(frozen=True, eq=False)
class Plan:
    """`stages` [stages, 6], int32: first row, number of rows, first of the rows that decide the
    order, batches, first batch with padding, and number of its first batch among all batches.

    `pairs` [rows, 2], int32: bodies. A batch has at most `capacity` rows, and entry
    `batch * capacity + place` of the packed contacts is the one at that place; one entry after
    the last takes what is in no batch.
    """

    stages: np.ndarray
    pairs: np.ndarray
    stage_count: int
    batches: int
    capacity: int

    @property
    def nowhere(self) -> int:
        """The entry of what is in no batch."""
        return self.batches * self.capacity


@cache
def plan_of(tables: Tables) -> Plan:
    """Tables of no row have one stage and row that nothing reads: kernels take no empty arrays."""
    stages, begin, capacity = [], 0, 1
    for stage in tables.stages:
        count = stage.stop - stage.start
        second_slot = stage.start == tables.polygon_pairs > 0
        order = 0 if second_slot else stage.start
        stages.append([stage.start, count, order, stage.batches, stage.first_padded, begin])
        begin += stage.batches
        capacity = max(capacity, -(-count // stage.batches))
    pairs = np.stack([tables.first, tables.second], axis=1)
    return Plan(
        stages=np.array(stages or [[0] * 6], np.int32),
        pairs=np.array(pairs if len(pairs) else [[0, 0]], np.int32),
        stage_count=len(stages),
        batches=begin,
        capacity=capacity,
    )
