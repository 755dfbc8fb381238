"""`kinetix bench train`: environment steps per second of whole PPO updates, and their shares."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from kinetix_core.compose import ComposedRun, build_task, compose_run
from kinetix_core.errors import RunError, SettingError
from kinetix_core.learn import Pool, Setup, TrainState, compiled, learn, rollout, to_batch

from ._arithmetic import peak_work, product_operations
from ._clock import Sample, Summary, Work, interleave, summary
from ._env_program import POOL, STAGES, EnvProgram
from ._references import PUBLISHED_PPO, PUBLISHED_UPDATES
from .report import Report, Table

UPDATE, ROLLOUT, PEAK = "update", "rollout", "matrix product"
SHARES = ("engine", "controls, reward, reset", "encoder", "policy", "learning")


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
    works |= _environment_works(setup) | {PEAK: peak_work()}
    done = int(state.update)
    samples = interleave(works, options.repeats, options.seconds)
    calls = 1 + sum(s.steps for s in samples[UPDATE]) // setup.steps_per_update
    _prove_update(before, holder[0], done + calls)
    found = Found(setup, samples, first, learning_operations(setup, holder[0]))
    _add(report, found, published_rate(run))
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

    def collect(params: Any, players: Any, pool: Any, key: Any) -> Any:
        return rollout(setup, params, players, Pool.of(setup, pool), key)

    play = jax.jit(collect)
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
    encoder = encoded - drawn
    update = taken[UPDATE]
    parts = (
        taken["engine"],
        reset - taken["engine"],
        encoder,
        taken[ROLLOUT] - reset - encoder,
        update - taken[ROLLOUT],
    )
    return {name: part / update for name, part in zip(SHARES, parts, strict=True)}


def published_rate(run: ComposedRun) -> int | None:
    """Environment steps per CPU second of the published script with these settings, if known."""
    chosen = tuple(run.config[kind]["name"] for kind in ("observation", "network"))
    same = all(getattr(run.ppo, name) == value for name, value in PUBLISHED_PPO.items())
    if not same or run.config["size"] != "s":
        return None
    return PUBLISHED_UPDATES.get(chosen)  # pyright: ignore[reportArgumentType]


def learning_operations(setup: Setup, state: TrainState) -> int:
    """Operations in the matrix products of the learning of one update."""

    def play(state: TrainState, key: Any) -> Any:
        pool = Pool.of(setup, state.pool)
        players, steps = rollout(setup, state.params, state.players, pool, key)
        return to_batch(steps, steps.value, players.memory)

    key = jax.random.key(0)
    batch = jax.eval_shape(play, state, key)

    def learning(params: Any, opt_state: Any, batch: Any) -> Any:
        return learn(setup, params, opt_state, batch, key)

    once = product_operations(learning, state.params, state.opt_state, batch)
    return once * setup.train.rollouts_per_update


@dataclass(frozen=True)
class Found:
    """What was measured. operations: of the matrix products in the learning of one update."""

    setup: Setup
    samples: dict[str, list[Sample]]
    first: First
    operations: int

    def rates(self, clock: str) -> Summary:
        """Environment steps of whole updates per second of a clock, cpu or wall."""
        return summary([getattr(s, f"per_{clock}_second") for s in self.samples[UPDATE]])

    def arithmetic(self, clock: str) -> tuple[float, float]:
        """1e9 operations per second of a clock: in learning, and in a large matrix product."""
        taken = {
            name: summary([getattr(s, clock) / s.steps for s in self.samples[name]]).median
            for name in (UPDATE, ROLLOUT, PEAK)
        }
        learning = (taken[UPDATE] - taken[ROLLOUT]) * self.setup.steps_per_update
        return self.operations / learning / 1e9, 1e-9 / taken[PEAK]


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


def _add(report: Report, found: Found, published: int | None) -> None:
    ppo, parts, memory = found.setup.ppo, shares(found.samples), peak_memory()
    report.tables.append(
        Table(
            "PPO updates",
            ("quantity", "median", "range"),
            tuple(_rows(found, memory, published)),
            f"{ppo.num_envs} environments, {ppo.num_steps} steps, {ppo.epochs} epochs of "
            f"{ppo.num_minibatches} minibatches; whole updates, learning included. Operations: of "
            "the matrix products in learning; its other work counts as time only.",
        )
    )
    total = sum(parts[name] for name in SHARES[:3])
    shown = {**parts, "engine, reward, reset and encoder together": total}
    report.tables.append(
        Table(
            "Shares of an update's CPU time",
            ("part", "share"),
            tuple((name, f"{100 * part:.1f} %") for name, part in shown.items()),
            "From programs with one part more each, in turn in one process; medians. Policy: its "
            "forward pass, sampling, and what a rollout stores.",
        )
    )
    report.data["train"] = {
        "steps per CPU second": found.rates("cpu"),
        "steps per second": found.rates("wall"),
        "first update": found.first,
        "peak GiB": memory,
        "shares": parts,
        "operations": found.operations,
        "samples": {k: [(s.steps, s.cpu, s.wall) for s in v] for k, v in found.samples.items()},
    }


def _rows(found: Found, memory: float, published: int | None) -> Iterator[tuple[Any, ...]]:
    rate = found.rates("cpu")
    yield "environment steps per CPU second", rate.median, _range(rate)
    if published:
        yield f"times the published script ({published:,})", rate.median / published, ""
    wall = found.rates("wall")
    yield "environment steps per second", wall.median, _range(wall)
    yield "seconds to the end of the first update", found.first.wall, ""
    yield "CPU seconds to the end of the first update", found.first.cpu, ""
    yield "peak memory of the process, GiB", memory, ""
    for clock, name in (("cpu", "CPU second"), ("wall", "second")):
        reached, peak = found.arithmetic(clock)
        yield f"10^9 operations in learning per {name}", reached, ""
        yield f"the same in a large matrix product, per {name}", peak, ""
