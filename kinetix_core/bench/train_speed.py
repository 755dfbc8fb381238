"""`kinetix bench train`: environment steps per second of whole PPO updates, and their shares."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from kinetix_core.compose import build_task, compose_run
from kinetix_core.errors import RunError, SettingError
from kinetix_core.learn import Setup, compiled, rollout

from ._clock import Sample, Summary, Work, interleave, summary
from ._env_program import POOL, STAGES, EnvProgram
from .report import Report, Table

UPDATE, ROLLOUT = "update", "rollout"
SHARES = ("engine", "controls, reward, reset, encoder", "policy", "learning")


@dataclass(frozen=True)
class TrainSpeedOptions:
    """settings: of the run, as for `kinetix train`. seconds: least length of one sample."""

    settings: tuple[str, ...] = ()
    repeats: int = 5
    seconds: float = 0.5

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise SettingError(f"repeats={self.repeats}: at least 1 is expected")


@dataclass(frozen=True)
class First:
    """From settings to the end of the first update."""

    wall: float
    cpu: float


def run_train(
    options: TrainSpeedOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure one run's updates and add tables and numbers to `report`.

    Raises `RunError` when an update did not do its work.
    """
    began = time.perf_counter(), time.process_time()
    run = compose_run(options.settings)
    setup = Setup(build_task(run), run.ppo, run.train)
    init, step = compiled(setup)
    state = init(run.seed)
    before = jax.device_get(state.params)
    state, _, _ = jax.block_until_ready(step(state))
    first = First(time.perf_counter() - began[0], time.process_time() - began[1])
    progress(f"first update after {first.wall:.1f} s, {first.cpu:.1f} CPU s")
    _prove_update(before, state, 1)

    holder = [state]

    def update() -> None:
        holder[0] = jax.block_until_ready(step(holder[0])[0])

    works = {UPDATE: Work(update, setup.steps_per_update), ROLLOUT: _rollout_work(setup, state)}
    works |= _environment_works(setup)
    done = int(state.update)
    samples = interleave(works, options.repeats, options.seconds)
    calls = 1 + sum(s.steps for s in samples[UPDATE]) // setup.steps_per_update
    _prove_update(before, holder[0], done + calls)
    _add(report, setup, samples, first)
    rate = summary([s.per_cpu_second for s in samples[UPDATE]])
    progress(f"{rate.median:,.0f} environment steps per CPU second")


def _prove_update(before: Any, state: Any, updates: int) -> None:
    after = jax.device_get(state.params)
    pairs = list(zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True))
    finite = all(np.isfinite(b).all() for _, b in pairs)
    changed = any((a != b).any() for a, b in pairs)
    if not (finite and changed and int(state.update) == updates):
        raise RunError(
            f"update: {int(state.update)} of {updates} made, parameters finite: {finite}, "
            f"changed: {changed}; the program did not do its work, so its speed means nothing"
        )


def _rollout_work(setup: Setup, state: Any) -> Work:
    """One rollout and no learning, from the environments of `state`."""
    play = jax.jit(lambda params, players, pool, key: rollout(setup, params, players, pool, key))
    # the update gives its argument's memory away
    params, players, pool = jax.tree.map(
        lambda x: x.copy(), (state.params, state.players, state.pool)
    )
    key = jax.random.key(7)
    _, steps = play(params, players, pool, key)
    if not np.isfinite(np.asarray(steps.value)).all() or not np.ptp(np.asarray(steps.action)):
        raise RunError("rollout: values are not finite, or every action is the same")
    steps_per_call = setup.ppo.num_envs * setup.ppo.num_steps
    return Work(lambda: jax.block_until_ready(play(params, players, pool, key)[0]), steps_per_call)


def _environment_works(setup: Setup) -> dict[str, Work]:
    """The environments alone, at the size of the rollouts, with random actions."""
    assert setup.task.generator is not None
    levels = jax.device_get(setup.task.generator.sample(jax.random.key(5), POOL))
    works = {}
    for stage in ("engine", *STAGES[2:]):
        program = EnvProgram(setup.task, levels, setup.ppo.num_envs, stage, setup.ppo.num_steps)
        program.prove(f"{setup.ppo.num_envs} environments, {stage}")
        works[stage] = program.work
    return works


def shares(samples: dict[str, list[Sample]]) -> dict[str, float]:
    """What takes which part of an update's CPU time: differences of medians, over the update."""
    taken = {
        name: summary([1 / s.per_cpu_second for s in found]).median
        for name, found in samples.items()
    }
    reset, drawn, encoded = (taken[stage] for stage in STAGES[2:])
    # Random actions and levels are drawn in the environment's programs only.
    environment = reset + encoded - drawn
    update = taken[UPDATE]
    parts = (
        taken["engine"],
        environment - taken["engine"],
        taken[ROLLOUT] - environment,
        update - taken[ROLLOUT],
    )
    return {name: part / update for name, part in zip(SHARES, parts, strict=True)}


def _range(found: Summary) -> str:
    return f"{found.least:,.0f} to {found.most:,.0f}"


def peak_memory() -> float:
    """The most memory that this process has had, GiB; NaN where the system does not say."""
    try:
        import resource
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 30) if sys.platform == "darwin" else most / (1 << 20)


def _add(report: Report, setup: Setup, samples: dict[str, list[Sample]], first: First) -> None:
    rates: list[Summary] = [
        summary([getattr(s, rate) for s in samples[UPDATE]])
        for rate in ("per_cpu_second", "per_wall_second")
    ]
    found = shares(samples)
    memory = peak_memory()
    rows = (
        ("environment steps per CPU second", rates[0].median, _range(rates[0])),
        ("environment steps per second", rates[1].median, _range(rates[1])),
        ("seconds to the end of the first update", first.wall, ""),
        ("CPU seconds to the end of the first update", first.cpu, ""),
        ("peak memory of the process, GiB", memory, ""),
    )
    ppo = setup.ppo
    report.tables.append(
        Table(
            "PPO updates",
            ("quantity", "median", "range"),
            rows,
            f"{ppo.num_envs} environments, {ppo.num_steps} steps, {ppo.epochs} epochs of "
            f"{ppo.num_minibatches} minibatches; whole updates, learning included.",
        )
    )
    total = found[SHARES[0]] + found[SHARES[1]]
    parts: Sequence[tuple[str, float]] = (
        *found.items(),
        ("engine, reward, reset and encoder together", total),
    )
    report.tables.append(
        Table(
            "Shares of an update's CPU time",
            ("part", "share"),
            tuple((name, f"{100 * part:.1f} %") for name, part in parts),
            "From programs with one part more each, in turn in one process; medians. Policy: its "
            "forward pass, sampling, and what a rollout stores.",
        )
    )
    report.data["train"] = {
        "steps per CPU second": rates[0],
        "steps per second": rates[1],
        "first update": first,
        "peak GiB": memory,
        "shares": found,
        "samples": {k: [(s.steps, s.cpu, s.wall) for s in v] for k, v in samples.items()},
    }
