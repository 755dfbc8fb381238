"""Runs that differ in their seed only are one method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kinetix_core.registry import COMPOSED_KINDS

from ._command import leaves, written
from ._read import RunRecord

_OF_A_RUN = (
    "seed",
    "num_seeds",
    "init_seed",
    "train.directory",
    "train.name",
    "train.check_memory",
)
"""Settings in which runs of one method may differ."""
_BESIDE = ("logger", "checkpoint", "evaluation")
"""Parts that the training does not depend on."""


@dataclass(frozen=True, eq=False)
class Method:
    """Runs with the same settings and other seeds, in the order in which they were given."""

    name: str
    runs: tuple[RunRecord, ...]

    @property
    def seeds(self) -> int:
        """How many agents were trained."""
        return sum(run.seeds for run in self.runs)

    @property
    def shown(self) -> RunRecord:
        """The run whose levels and replays stand for the method: the first that was evaluated."""
        return next((run for run in self.runs if run.evaluation), self.runs[0])


def methods(runs: Sequence[RunRecord]) -> list[Method]:
    """The runs by their settings; of runs with the same seed the first counts.

    A method is named by the settings that tell it from the others, as few as do that, components
    first: `curriculum=sfl`. One alone has the name of its curriculum.
    """
    found: dict[tuple[tuple[str, str], ...], list[RunRecord]] = {}
    for run in runs:
        members = found.setdefault(tuple(sorted(_settings(run).items())), [])
        if same_seed(run, members) is None:
            members.append(run)
    names = _names([_settings(members[0]) for members in found.values()])
    return [Method(n, tuple(m)) for n, m in zip(names, found.values(), strict=True)]


def same_seed(run: RunRecord, members: Sequence[RunRecord]) -> RunRecord | None:
    """The run among those of a method that was trained with the same seeds."""
    seed, count = run.config.get("seed"), run.seeds
    return next((m for m in members if (m.config.get("seed"), m.seeds) == (seed, count)), None)


def repeated(runs: Sequence[RunRecord]) -> list[tuple[RunRecord, RunRecord]]:
    """Runs that `methods` leaves out, each with the one of the same settings and seed."""
    found = []
    for i, run in enumerate(runs):
        members = [other for other in runs[:i] if _settings(other) == _settings(run)]
        if (other := same_seed(run, members)) is not None:
            found.append((run, other))
    return found


def components(run: RunRecord) -> dict[str, str]:
    """The component of each kind of which a run has one."""
    return {
        kind: str(part["name"])
        for kind, part in run.config.items()
        if isinstance(part, dict) and "name" in part and kind != "train"
    }


def _settings(run: RunRecord) -> dict[str, str]:
    """What makes the method, components first; values as they are written."""
    several = {
        name: written(sorted(run.config.get(name, ())))
        for name, kind in COMPOSED_KINDS.items()
        if kind.several
    }
    every = {**components(run), **several}
    every |= {key: written(value) for key, value in leaves(run.config)}
    # each seed may go on with an agent of its own
    every["init_from"] = "a run" if run.config.get("init_from") else "none"
    return {
        key: value
        for key, value in every.items()
        if key not in _OF_A_RUN and key.split(".")[0] not in _BESIDE
    }


def _names(settings: Sequence[Mapping[str, str]]) -> list[str]:
    keys: list[str] = []
    classes = [()] * len(settings)
    for key in dict.fromkeys(key for of_method in settings for key in of_method):
        finer = [(*c, s.get(key)) for c, s in zip(classes, settings, strict=True)]
        if len(set(finer)) > len(set(classes)):
            keys, classes = [*keys, key], finer
    keys = keys or ["curriculum"]
    return [", ".join(f"{k}={s[k]}" for k in keys if k in s) for s in settings]
