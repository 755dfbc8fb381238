"""From a composed run to the parts that it names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kinetix_core.registry import TASK_KINDS, registry

from ._run import ComposedRun

if TYPE_CHECKING:
    from kinetix_core.interfaces import Logger, Task


def build_task(run: ComposedRun, kinds: Sequence[str] = TASK_KINDS) -> Task:
    """Every component of `kinds` built, in this order, each factory seeing those before it.

    Raises `PluginError` that names the component where a factory fails or returns something else.
    """
    from kinetix_core.interfaces import Task

    task = Task(size=run.size, env=run.env)
    for kind in kinds:
        if kind == "curriculum":  # the only one that edits levels
            built = (registry().build(c.kind, c.name, c.config, task) for c in run.mutations)
            task = dataclasses.replace(task, mutations=tuple(built))
        chosen = run.components[kind]
        part: Any = registry().build(kind, chosen.name, chosen.config, task)
        if kind == "generator" and run.filter.enabled:
            from kinetix_core.env import Filtered

            part = Filtered(part, task, run.filter)
        if kind == "network" and run.ppo.normalise_observations:
            from kinetix_core.learn import normalised

            assert task.observation is not None
            part = normalised(part, task.observation)
        task = dataclasses.replace(task, **{kind: part})
    return task


def build_loggers(run: ComposedRun, task: Task | None = None) -> tuple[Logger, ...]:
    """The loggers of a run, in the order in which they are named."""
    if task is None:
        from kinetix_core.interfaces import Task

        task = Task(size=run.size, env=run.env)
    return tuple(registry().build("logger", c.name, c.config, task) for c in run.loggers)
