"""What figures are drawn from: runs with what each is for, methods, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kinetix_core.study import AGENTS

from ._compare import Comparison, compare_runs
from ._methods import Method
from ._read import RunRecord

_NAMED = 3
"""Most runs whose names make the title."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """A run and its place. part: one of `agents`, `finetune`, `scratch`, `sequence`, `fresh`.
    levels: what it was trained on, where that is the task of its part. stage: its place in the
    sequence, from 0."""

    record: RunRecord
    method: str
    seed: int
    part: str = AGENTS  # a run that is of no study is an agent
    levels: str = ""
    stage: int = 0


@dataclass(frozen=True, eq=False)
class ReportData:
    """Everything that a figure may look at.

    methods: what is compared, with the agents of each. comparison: their evaluations on the sets
    that all of them played. missing: jobs of a study that failed or are not finished, with why.
    study: what its `study.json` says; None for runs that belong to none.
    """

    runs: tuple[Labelled, ...]
    methods: tuple[Method, ...]
    comparison: Comparison
    missing: tuple[str, ...] = ()
    title: str = ""
    summary: str = ""
    study: Mapping[str, Any] | None = None

    def part(self, name: str) -> list[Labelled]:
        """The runs of one part."""
        return [run for run in self.runs if run.part == name]

    @property
    def shown(self) -> list[RunRecord]:
        """One run of each method, whose levels and replays stand for it."""
        return [method.shown for method in self.methods]

    @property
    def seeds(self) -> int:
        """How many agents there are."""
        return sum(method.seeds for method in self.methods)

    def colour(self, method: str) -> int:
        """The number of the colour that a method has in every figure."""
        names = [m.name for m in self.methods]
        return names.index(method) if method in names else len(names)


def report_data(runs: Sequence[RunRecord]) -> ReportData:
    """The data of ordinary runs: methods are found by their settings."""
    comparison = compare_runs(runs)
    names = {run.name: method.name for method in comparison.methods for run in method.runs}
    labelled = [
        Labelled(run, names[run.name], int(run.config.get("seed", 0)))
        for run in runs
        if run.name in names
    ]
    return ReportData(
        tuple(labelled), comparison.methods, comparison, title=_title(comparison.methods)
    )


def _title(methods: Sequence[Method]) -> str:
    """The runs where they are few, or else the methods."""
    runs = [run.name for method in methods for run in method.runs]
    return ", ".join(runs if len(runs) <= _NAMED else [m.name for m in methods])
