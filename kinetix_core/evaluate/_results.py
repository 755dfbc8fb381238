"""What an evaluation found. Source: spec/training_and_evaluation.md 4."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kinetix_core.render import OUTCOMES, Recording
from kinetix_core.scene import SIZES

from ._interval import mean_interval, wilson_interval

SOLVED, TOUCHED_RED, TIME_LIMIT, NAN = OUTCOMES
_PREFIXES = {"h": "handmade", "r": "random"}


@dataclass(frozen=True, eq=False)
class LevelResult:
    """Attempts at one level."""

    name: str
    outcome: np.ndarray  # (attempts,) index into OUTCOMES
    returns: np.ndarray  # (attempts,) sum of rewards, shaping included
    length: np.ndarray  # (attempts,) steps up to and including the end
    exact: bool = False  # every attempt is the same (greedy actions): the rate has no error
    confidence: float = 0.95

    def __repr__(self) -> str:
        return f"LevelResult({self.name}: {self.solved} of {self.attempts} solved)"

    @property
    def attempts(self) -> int:
        return len(self.outcome)

    def count(self, outcome: str) -> int:
        """How many attempts ended in this way."""
        return int(np.sum(self.outcome == OUTCOMES.index(outcome)))

    @property
    def solved(self) -> int:
        return self.count(SOLVED)

    @property
    def solve_rate(self) -> float:
        return self.solved / self.attempts

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson interval of the solve rate; the rate itself where it is exact."""
        if self.exact:
            return self.solve_rate, self.solve_rate
        return wilson_interval(self.solved, self.attempts, self.confidence)

    @property
    def best_of_k(self) -> bool:
        """Whether any attempt solved the level."""
        return self.solved > 0

    @property
    def mean_return(self) -> float:
        return float(np.mean(self.returns, dtype=np.float64))

    @property
    def best_return(self) -> float:
        return float(np.max(self.returns))

    @property
    def mean_length(self) -> float:
        return float(np.mean(self.length))


@dataclass(frozen=True, eq=False)
class Group:
    """Levels taken together; every mean is over levels."""

    name: str
    levels: tuple[LevelResult, ...]

    def __repr__(self) -> str:
        return f"Group({self.name}: {_said(self.levels, self.solve_rate)})"

    @property
    def solve_rate(self) -> float:
        return float(np.mean([level.solve_rate for level in self.levels]))

    @property
    def interval(self) -> tuple[float, float]:
        """Of the mean solve rate over exactly these levels (see `mean_interval`)."""
        if self.levels[0].exact:
            return self.solve_rate, self.solve_rate
        counts = [(level.solved, level.attempts) for level in self.levels]
        return mean_interval(counts, self.levels[0].confidence)

    @property
    def best_of_k(self) -> int:
        """How many of the levels were solved at least once."""
        return sum(level.best_of_k for level in self.levels)

    def share(self, outcome: str) -> float:
        """Mean over levels of the share of attempts that ended in this way."""
        return float(np.mean([level.count(outcome) / level.attempts for level in self.levels]))

    @property
    def mean_return(self) -> float:
        return float(np.mean([level.mean_return for level in self.levels]))

    @property
    def mean_length(self) -> float:
        return float(np.mean([level.mean_length for level in self.levels]))


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A policy on a set of levels, each attempted equally often."""

    levels: tuple[LevelResult, ...]
    size: str  # name of the size that the levels were played in
    attempts: int
    greedy: bool
    recordings: tuple[Recording, ...] = ()

    def __repr__(self) -> str:
        tries = f"{self.attempts} {'attempt' if self.attempts == 1 else 'attempts'} each"
        said = _said(self.levels, self.solve_rate)
        return f"Evaluation({said}, size {self.size}, {tries})"

    @cached_property
    def total(self) -> Group:
        """All levels together."""
        return Group("all", self.levels)

    @property
    def solve_rate(self) -> float:
        """Mean over levels of the solve rate."""
        return self.total.solve_rate

    @cached_property
    def groups(self) -> dict[str, Group]:
        """Levels by size (`s_all`) and by size and prefix of the name (`l_mjc`, `s_handmade`).

        The prefix is what stands before the first underscore, without digits; `h` is written
        handmade, `r` random. The size is the folder in the level's name (`l/mjc_hopper`), or
        else the size played in. A prefix that only one level has makes no group.
        """
        members: dict[str, list[LevelResult]] = {}
        for level in self.levels:
            size, prefix = group_of(level.name, self.size)
            members.setdefault(f"{size}_all", []).append(level)
            if prefix and prefix != "all":
                members.setdefault(f"{size}_{prefix}", []).append(level)
        return {
            name: Group(name, tuple(levels))
            for name, levels in members.items()
            if len(levels) > 1 or name.endswith("_all")
        }


def _said(levels: Sequence[LevelResult], rate: float) -> str:
    """In a few words, however many levels and attempts there are."""
    return f"{len(levels)} {'level' if len(levels) == 1 else 'levels'}, {100 * rate:.1f} % solved"


def group_of(name: str, size: str) -> tuple[str, str]:
    """Size and prefix by which a level's name is grouped."""
    *folders, base = name.split("/")
    size = next((folder for folder in reversed(folders) if folder in SIZES), size)
    prefix = re.sub(r"\d", "", base.split("_")[0])
    return size, _PREFIXES.get(prefix, prefix)


def pooled(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Evaluations of several policies on the same levels, as if their attempts were one's.

    Intervals are then about the attempts of exactly these policies, not about other seeds.
    """
    first = evaluations[0]
    if len(evaluations) == 1:
        return first
    for other in evaluations:
        if [a.name for a in other.levels] != [b.name for b in first.levels]:
            raise ValueError("evaluations of different levels cannot be pooled")
    levels = tuple(
        LevelResult(
            name=results[0].name,
            outcome=np.concatenate([r.outcome for r in results]),
            returns=np.concatenate([r.returns for r in results]),
            length=np.concatenate([r.length for r in results]),
            exact=results[0].exact,
            confidence=results[0].confidence,
        )
        for results in zip(*(e.levels for e in evaluations), strict=True)
    )
    recordings = tuple(r for e in evaluations for r in e.recordings)
    attempts = sum(e.attempts for e in evaluations)
    return Evaluation(levels, first.size, attempts, first.greedy, recordings)
