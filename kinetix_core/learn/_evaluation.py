"""Evaluation during training: sets of levels that the current policy plays now and then."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
from jaxtyping import PRNGKeyArray

from kinetix_core.errors import LevelError
from kinetix_core.evaluate import (
    Evaluation,
    NamedSet,
    evaluate_sets,
    group_numbers,
    named_sets,
    task_in_size,
)
from kinetix_core.interfaces import Parameters, Task
from kinetix_core.scene import SIZES, LevelSet, SceneSize, load_levels

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun

_STREAM = 0xE7A1
"""Folded into the run's seed: evaluations take no random number from the training."""


@dataclass(frozen=True, eq=False)
class Evaluator:
    """What is played, in which task. Its programs are its own, so the update stays as it is.

    parts: the task of each size with the sets that fit it, named as in `eval/<set>/solve_rate`;
    of another size than the run's with `@` and the size behind the name.
    """

    parts: tuple[tuple[Task, tuple[NamedSet, ...]], ...]
    every: int
    attempts: int
    num_seeds: int
    key: PRNGKeyArray

    def due(self, update: int, last: int) -> bool:
        """Whether to evaluate after `update` of `last`."""
        return update % self.every == 0 or update == last

    def play(self, params: Parameters) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Metrics `eval/...` for every set, lists where there are several seeds; and for each set
        the solve rate of every level, a list for each seed."""
        begun = time.monotonic()
        found: dict[str, Any] = {}
        levels = []
        for task, sets in self.parts:
            results = evaluate_sets(
                task,
                params,
                sets,
                self.attempts,
                self.key,
                num_seeds=self.num_seeds,
                record=0,
            )
            for result in results:
                found |= self._named(result.name, result.evaluations)
                rates = [[level.solve_rate for level in e.levels] for e in result.evaluations]
                levels.append({"set": result.name, "hash": result.digest, "solve_rates": rates})
        found["time/seconds_of_evaluation"] = time.monotonic() - begun
        return found, levels

    def _named(self, name: str, evaluations: Sequence[Evaluation]) -> dict[str, Any]:
        rows = [_of_set(evaluation) for evaluation in evaluations]
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        return {
            f"eval/{name}/{key}": values if self.num_seeds > 1 else values[0]
            for key, values in columns.items()
        }


def _of_set(evaluation: Evaluation) -> dict[str, float]:
    found = group_numbers(evaluation.total)
    return {
        "solve_rate": found["solve_rate"],
        "best_of_k": found["solved_at_least_once"] / len(evaluation.levels),
        "return": found["mean_return"],
        "length": found["mean_length"],
        "touched_red": found["touched_red"],
        "time_limit": found["time_limit"],
        "nan": found["nan"],
    }


def evaluator_of(composed: ComposedRun, task: Task, params: Parameters) -> Evaluator | None:
    """The evaluations that a run asks for; None where it asks for none.

    params: of the run's network, or their shapes. Raises `LevelError` for levels that cannot be
    played in any of the sizes, `SettingError` for a size that the network does not take.
    """
    config = composed.evaluation
    if not config.every_updates:
        return None
    sizes = [SIZES[name] for name in config.sizes] or [composed.size]
    if composed.num_seeds > 1:
        params = jax.eval_shape(lambda tree: jax.tree.map(lambda x: x[0], tree), params)
    parts = []
    for size, sets in _fitting(config.names, sizes).items():
        suffix = "" if size == composed.size else f"@{size.name}"
        named = named_sets(sets)
        named = tuple(dataclasses.replace(one, name=f"{one.name}{suffix}") for one in named)
        parts.append((_task(composed, task, size, params), named))
    key = jax.random.fold_in(jax.random.key(composed.seed), _STREAM)
    return Evaluator(tuple(parts), config.every_updates, config.attempts, composed.num_seeds, key)


def _fitting(
    names: Sequence[str], sizes: Sequence[SceneSize]
) -> dict[SceneSize, dict[str, LevelSet]]:
    """The sets that fit each size, loaded. Raises what is wrong with one that fits none."""
    found: dict[SceneSize, dict[str, LevelSet]] = {}
    for name in names:
        errors: list[LevelError] = []
        for size in sizes:
            try:
                found.setdefault(size, {})[name] = load_levels(name, size)
            except LevelError as error:
                errors.append(error)
        if len(errors) == len(sizes):
            raise LevelError(f"evaluation.levels={name}: {errors[-1]}")
    return found


def _task(composed: ComposedRun, task: Task, size: SceneSize, params: Parameters) -> Task:
    if size == task.size:
        return dataclasses.replace(task, generator=None, mutations=(), curriculum=None)
    return task_in_size(composed, size, params, "evaluation.sizes")
