"""Several sets of levels in one evaluation, each with its own result, and a baseline beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from kinetix_core.errors import LevelError
from kinetix_core.interfaces import Parameters, Task
from kinetix_core.scene import LevelSet, SceneSize, empty_scene, levels_hash, load_levels

from ._evaluate import evaluate_policy, evaluate_seeds
from ._results import Evaluation, Group, pooled

UNTRAINED = "untrained"
"""The baseline: the same network with fresh parameters."""


@dataclass(frozen=True, eq=False)
class NamedSet:
    """Levels under the name by which they were asked for. digest: `levels_hash` of them."""

    name: str
    levels: LevelSet
    digest: str


@dataclass(frozen=True, eq=False)
class SetResult:
    """How the policies did on one set. evaluations: one per seed. baseline: of another policy."""

    name: str
    digest: str
    evaluations: tuple[Evaluation, ...]
    baseline: Evaluation | None = None

    @property
    def together(self) -> Evaluation:
        """All seeds, as if their attempts were one's."""
        return pooled(self.evaluations)

    @property
    def groups(self) -> Mapping[str, Group]:
        """By size and prefix of the name, those that are not the whole set."""
        whole = len(self.together.levels)
        return {n: g for n, g in self.together.groups.items() if len(g.levels) < whole}


def named_set(name: str, levels: LevelSet) -> NamedSet:
    """Levels that are at hand already, under a name."""
    return NamedSet(name, levels, levels_hash(levels.levels))


def load_sets(names: Sequence[str], size: SceneSize) -> tuple[NamedSet, ...]:
    """Each of `names` as a set of its own, in `size`. Raises `LevelError` as `load_levels` does."""
    return named_sets({name: load_levels(name, size) for name in dict.fromkeys(names)})


def named_sets(sets: Mapping[str, LevelSet]) -> tuple[NamedSet, ...]:
    """Levels that are at hand already, by the names of their sets.

    Levels of one name in two sets have the set's in front of theirs.
    """
    places: dict[str, int] = {}
    for levels in sets.values():
        for name in levels.names:
            places[name] = places.get(name, 0) + 1
    return tuple(
        named_set(
            name,
            levels._replace(
                names=tuple(n if places[n] == 1 else f"{name}: {n}" for n in levels.names)
            ),
        )
        for name, levels in sets.items()
    )


def evaluate_sets(
    task: Task,
    params: Parameters,
    sets: Sequence[NamedSet],
    attempts: int,
    key: PRNGKeyArray,
    *,
    num_seeds: int = 1,
    baseline: Parameters | None = None,
    **settings: Any,
) -> tuple[SetResult, ...]:
    """Every level of every set played by each of `num_seeds` policies, and by a baseline.

    All sets are played by one compiled program, the baseline too; a set's result does not depend
    on the others. `params` is as in `evaluate_seeds`, `baseline` are the parameters of one
    policy, `settings` those of `evaluate_policy`.
    """
    if not sets:
        raise LevelError("levels: none are asked for; files, folders or set names are expected")
    levels = jax.tree.map(lambda *leaves: np.concatenate(leaves), *(s.levels.levels for s in sets))
    names = [name for one in sets for name in one.levels.names]
    numbers = [number for one in sets for number in range(len(one.levels.names))]
    played = evaluate_seeds(
        task, params, num_seeds, levels, names, attempts, key, numbers=numbers, **settings
    )
    other = None
    if baseline is not None:
        # on the host, as saved parameters are: the program is then the same
        other = evaluate_policy(
            task,
            jax.device_get(baseline),
            levels,
            names,
            attempts,
            key,
            numbers=numbers,
            **settings,
        )
    results, first = [], 0
    for one in sets:
        where = slice(first, first + len(one.levels.names))
        first = where.stop
        of_set = tuple(_part(evaluation, where) for evaluation in played)
        results.append(SetResult(one.name, one.digest, of_set, other and _part(other, where)))
    return tuple(results)


def _part(evaluation: Evaluation, where: slice) -> Evaluation:
    levels = evaluation.levels[where]
    names = {level.name for level in levels}
    kept = tuple(r for r in evaluation.recordings if r.name in names)
    return replace(evaluation, levels=levels, recordings=kept)


def untrained_params(task: Task, key: PRNGKeyArray) -> Parameters:
    """Fresh parameters of the task's network."""
    network, observation = task.network, task.observation
    assert network is not None
    assert observation is not None
    scene = jax.tree.map(jax.numpy.asarray, empty_scene(task.size))
    return network.init(key, observation.encode(scene))
