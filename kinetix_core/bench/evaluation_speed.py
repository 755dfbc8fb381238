"""`kinetix bench evaluate`: CPU time of an evaluation, and what the network alone takes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.compose import build_task, compose_run
from kinetix_core.env import Environment
from kinetix_core.errors import RunError, SettingError
from kinetix_core.evaluate import Evaluation, evaluate_policy, untrained_params
from kinetix_core.interfaces import Parameters, Task
from kinetix_core.scene import LevelSet, Scene, load_levels

from ._clock import Sample, Work, interleave, summary
from ._starts import level_source
from .report import Report, Table

EVALUATION, NETWORK = "evaluation", "network alone"


@dataclass(frozen=True)
class EvaluationSpeedOptions:
    """settings: of the run. levels: as for `level_source`; those that fit are played."""

    settings: tuple[str, ...] = ()
    levels: str | None = None
    attempts: int = 20
    repeats: int = 3

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise SettingError(f"attempts={self.attempts}: at least 1 is expected")


def run_evaluation(
    options: EvaluationSpeedOptions, report: Report, progress: Callable[[str], None]
) -> None:
    """Measure an evaluation of an untrained policy; add a table and numbers to `report`.

    Raises `RunError` where the network did not give finite actions.
    """
    run = compose_run(["generator=random", *options.settings])
    task = build_task(run, ("engine", "action", "observation", "network"))
    found = load_levels(str(level_source(options.levels)), task.size)
    params = jax.jit(lambda key: untrained_params(task, key))(jax.random.key(run.seed))
    played = _played(task, params, found, options.attempts)()
    envs = len(found.names) * options.attempts
    # all are stepped until the last episode ends
    steps = max(int(level.length.max()) for level in played.levels)
    progress(f"{envs} attempts of up to {steps} steps")
    network = _network(task, found.levels, envs, steps)
    _prove(network(params), envs)
    works = {
        EVALUATION: Work(_played(task, params, found, options.attempts), envs * steps),
        NETWORK: Work(lambda: jax.block_until_ready(network(params)), envs * steps),
    }
    samples = interleave(works, options.repeats, 0.0)
    text = f"{len(found.names)} levels x {options.attempts} attempts"
    _add(report, samples, envs * steps, text, steps)
    report.notes.append(f"levels: {_without_folder(level_source(options.levels))}")


def _without_folder(source: str | Path) -> str:
    return Path(source).name if Path(source).exists() else str(source)


def _played(
    task: Task, params: Parameters, found: LevelSet, attempts: int
) -> Callable[[], Evaluation]:
    def play() -> Evaluation:
        return evaluate_policy(
            *(task, params, found.levels, found.names, attempts, jax.random.key(0)),
            record=0,
            max_envs=len(found.names) * attempts,
        )

    return play


def _network(
    task: Task, levels: Scene, envs: int, steps: int
) -> Callable[[Parameters], tuple[jax.Array, jax.Array]]:
    """The network applied `steps` times in each of `envs` environments, with no environment.

    It sees the beginnings of the levels in turn, so that no step has what the one before had.
    Jitted; gives the sum of the most likely actions of the first and of the last step.
    """
    env, network = Environment(task), task.network
    assert network is not None
    seen = jax.jit(jax.vmap(lambda level: env.observe(env.reset(level))))(levels)
    count = jax.tree.leaves(seen)[0].shape[0]

    def apply(params: Parameters) -> tuple[jax.Array, jax.Array]:
        def step(memory: Any, number: jax.Array) -> Any:
            rows = (jnp.arange(envs) + number) % count
            now = jax.tree.map(lambda x: jnp.take(x, rows, axis=0), seen)
            memory, distribution, _ = jax.vmap(network.apply, in_axes=(None, 0, 0, None))(
                params, memory, now, number == 0
            )
            action = jax.vmap(lambda d: d.mode())(distribution)
            return memory, jnp.sum(jnp.abs(action), axis=tuple(range(1, action.ndim)))

        memory = jax.tree.map(
            lambda x: jnp.broadcast_to(x, (envs, *jnp.shape(x))), network.memory()
        )
        sums = jax.lax.scan(step, memory, jnp.arange(steps))[1]
        return sums[0], sums[-1]

    return jax.jit(apply)


def _prove(sums: tuple[jax.Array, jax.Array], envs: int) -> None:
    first, last = (np.asarray(x, np.float64) for x in sums)
    if first.shape != (envs,) or not np.isfinite([first, last]).all():
        raise RunError(
            "network: its actions are not finite, or not one for each environment; the program did"
            " not do its work, so its speed means nothing"
        )


def _add(
    report: Report, samples: dict[str, list[Sample]], pieces: int, played: str, steps: int
) -> None:
    """pieces: applications of the network in one evaluation."""
    whole, network = (
        summary([pieces * sample.cpu / sample.steps for sample in samples[name]])
        for name in (EVALUATION, NETWORK)
    )
    rest = whole.median - network.median
    report.tables.append(
        Table(
            "Evaluation",
            ("quantity", "median"),
            (
                ("CPU seconds", whole.median),
                ("CPU seconds of the network alone", network.median),
                ("CPU seconds beyond the network", rest),
                ("the environment's share", f"{100 * rest / whole.median:.1f} %"),
            ),
            f"{played}, {steps} steps until the last episode ended. The network alone: as many"
            " forward passes on observations of the same levels. The environment is all else:"
            " engine, reward, encoder, drawing actions, counting.",
        )
    )
    report.data["evaluate"] = {
        "cpu": whole,
        "network cpu": network,
        "share": rest / whole.median,
        "samples": {k: [(s.steps, s.cpu, s.wall) for s in v] for k, v in samples.items()},
    }
