"""`kinetix bench encode`: CPU time of each observation encoder beside an environment step."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np

from kinetix_core.env import Environment
from kinetix_core.env.action_config import MultiDiscreteConfig
from kinetix_core.env.actions import MultiDiscreteActions
from kinetix_core.errors import RunError
from kinetix_core.interfaces import Engine, ObservationEncoder, Task
from kinetix_core.registry import registry
from kinetix_core.scene import SIZES, Scene

from ._clock import Sample, Summary, Work, interleave, summary
from ._parts import build_encoder, build_engine
from ._starts import HOLD, Starts, levels_for, make_starts, random_controls
from .report import Report, Table, load_average

MOMENTS = 4
"""Batches per call, one after the other in a scan as in a rollout, so that buffers are reused."""
STEP = "environment step"
TOLERANCE = 1e-4
LEAST_SHARE_SAME = 0.999
"""Of the numbers of an observation: a pixel on an edge may differ between two programs."""


@dataclass(frozen=True)
class EncodeOptions:
    """encoders: None for every registered one. scenes: per batch. seconds: least of a sample."""

    engine: str = "jax2d"
    encoders: Sequence[str] | None = None
    sizes: Sequence[str] = tuple(SIZES)
    scenes: int = 256
    repeats: int = 7
    seconds: float = 0.2
    levels: str | Path | None = None


@dataclass
class EncodeSpeed:
    """Everything measured for one size, by encoder. Samples count scenes."""

    size: str
    load: list[float]
    samples: dict[str, list[Sample]] = field(default_factory=dict)  # of `encode`, and of `STEP`
    again: dict[str, list[Sample]] = field(default_factory=dict)  # of `encode_next`, where it has
    compile_cpu: dict[str, float] = field(default_factory=dict)  # s, of `encode`
    numbers: dict[str, int] = field(default_factory=dict)  # in one observation


def run_encode(
    options: EncodeOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure every size of `options` and add a table and numbers to `report`.

    Raises `PluginError` for an unknown encoder, `RunError` when a program did not do its work.
    """
    known = registry()
    names = tuple(options.encoders or known.names("observation"))
    for name in names:
        known.get("observation", name)
    found = [measure_size(options, size, names, progress) for size in options.sizes]
    report.tables.append(_table(found))
    report.data["sizes"] = {speed.size: dataclasses.asdict(speed) for speed in found}
    report.notes.append("the result of every program was compared with that of another one")


def measure_size(
    options: EncodeOptions, name: str, encoders: Sequence[str], progress: Callable[[str], None]
) -> EncodeSpeed:
    """All encoders and the environment step of one size, interleaved."""
    size, found = SIZES[name], EncodeSpeed(name, load_average())
    engine = build_engine(options.engine, size)
    starts = make_starts(engine, levels_for(name, size, options.levels), options.scenes)
    scenes = _moments(engine, starts)
    works = {(STEP, False): _step_work(engine, starts)}
    for encoder_name in encoders:
        encoder = build_encoder(encoder_name, size)
        program = EncodeProgram(encoder, scenes)
        program.prove(f"{encoder_name} {name}")
        works[encoder_name, False] = program.work
        found.compile_cpu[encoder_name] = program.compile_cpu
        found.numbers[encoder_name] = program.numbers
        if type(encoder).encode_next is not ObservationEncoder.encode_next:
            renewing = EncodeProgram(encoder, scenes, again=True)
            renewing.prove(f"{encoder_name} {name}, encode_next")
            works[encoder_name, True] = renewing.work
        progress(f"{name}: {encoder_name} compiled in {program.compile_cpu:.2g} CPU seconds")
    keys = {f"{what}{' again' if again else ''}": (what, again) for what, again in works}
    timed = interleave(
        {text: works[key] for text, key in keys.items()}, options.repeats, options.seconds
    )
    for text, (what, again) in keys.items():
        (found.again if again else found.samples)[what] = timed[text]
    return found


class EncodeProgram:
    """Observations of `scenes` (moments, batch), moment after moment; the last ones are kept.

    again: by `encode_next`, from the observations of the moment before.
    """

    def __init__(self, encoder: ObservationEncoder, scenes: Scene, again: bool = False) -> None:
        self._encoder, self._scenes = encoder, scenes
        encode = jax.vmap(encoder.encode)

        def rollout(observations: Any, scenes: Scene) -> Any:
            def moment(previous: Any, scene: Scene) -> tuple[Any, None]:
                if again:
                    return jax.vmap(encoder.encode_next)(scene, previous), None
                return encode(scene), None

            return jax.lax.scan(moment, observations, scenes)[0]

        # what is given back is taken again, so that no call touches new memory
        self._observations = jax.jit(encode)(jax.tree.map(lambda x: x[0], scenes))
        begin = time.process_time()
        lowered = jax.jit(rollout, donate_argnums=0).lower(self._observations, scenes)
        self._compiled = lowered.compile()
        self.compile_cpu = time.process_time() - begin

    def run(self) -> Any:
        """The observations of the last moment, ready."""
        self._observations = self._compiled(self._observations, self._scenes)
        return jax.block_until_ready(self._observations)

    @property
    def work(self) -> Work:
        """What is timed."""
        return Work(self.run, int(np.prod(self._scenes.timestep.shape)))

    @property
    def numbers(self) -> int:
        """Of one observation."""
        leaves = jax.tree.leaves(self._observations)
        return sum(int(np.prod(leaf.shape[1:])) for leaf in leaves)

    def prove(self, name: str) -> None:
        """Raises `RunError` where the result is not what `encode` gives by itself."""
        found = self.run()
        last = jax.tree.map(lambda x: x[-1], self._scenes)
        wanted = jax.jit(jax.vmap(self._encoder.encode))(last)
        for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
            a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
            same = float((np.abs(a - b) <= TOLERANCE * (1 + np.abs(b))).mean()) if a.size else 1.0
            if same < LEAST_SHARE_SAME:
                raise RunError(f"{name}: {1 - same:.1%} of the numbers are wrong; nothing is timed")


def _moments(engine: Engine, starts: Starts) -> Scene:
    """The scenes of the starts at successive moments, (MOMENTS, scenes) leading."""
    controls = random_controls((len(starts),), engine.size, seed=4)

    @jax.jit
    def play(scenes: Scene, contacts: Any) -> Scene:
        def moment(states: Any, _: None) -> tuple[Any, Scene]:
            states = jax.vmap(lambda s, c: engine.steps(s, c, HOLD)[0])(states, controls)
            return states, jax.vmap(engine.scene)(states)

        return jax.lax.scan(moment, jax.vmap(engine.init)(scenes, contacts), None, MOMENTS)[1]

    return jax.block_until_ready(play(starts.scenes, starts.contacts))


def _step_work(engine: Engine, starts: Starts) -> Work:
    """Environment steps under random actions, without looking."""
    task = Task(engine.size, engine=engine)
    action = MultiDiscreteActions(MultiDiscreteConfig(), task)
    environment = Environment(dataclasses.replace(task, action=action))
    keys = jax.random.split(jax.random.key(5), (MOMENTS, len(starts)))
    actions = jax.jit(jax.vmap(jax.vmap(action.sample)))(keys)
    states = jax.jit(jax.vmap(environment.reset))(starts.scenes)
    play = jax.jit(lambda s, a: jax.lax.scan(jax.vmap(environment.step), s, a))
    compiled = play.lower(states, actions).compile()
    return Work(lambda: jax.block_until_ready(compiled(states, actions)), MOMENTS * len(starts))


def _table(found: Sequence[EncodeSpeed]) -> Table:
    rows = []
    for speed in found:
        step = speed.samples[STEP]
        rows.append((speed.size, STEP, "", *_cells(step), "", "", ""))
        for name, numbers in speed.numbers.items():
            samples, again = speed.samples[name], speed.again.get(name)
            renewed = _cells(again)[0] if again else ""
            share = _microseconds(samples if again is None else again) / _microseconds(step)
            rows.append(
                (
                    speed.size,
                    name,
                    f"{numbers:,}",
                    *_cells(samples),
                    renewed,
                    f"{share:.2f}",
                    f"{speed.compile_cpu[name]:.1f}",
                )
            )
    return Table(
        "Observations: microseconds per scene",
        (
            "size",
            "encoder",
            "numbers",
            "CPU time",
            "wall time",
            "CPU time, next",
            "of a step",
            "compile CPU s",
        ),
        tuple(rows),
        "Batches of scenes inside a scan. next: within an episode, as in training, where only what "
        "moves is renewed. of a step: CPU time within an episode as a share of an environment "
        "step. Median [range].",
    )


def _cells(samples: Sequence[Sample]) -> tuple[str, str]:
    """Microseconds of CPU and of wall time, each as median and range."""
    rates = ([s.per_cpu_second for s in samples], [s.per_wall_second for s in samples])
    cpu, wall = (str(_of_rates(rate)) for rate in rates)
    return cpu, wall


def _microseconds(samples: Sequence[Sample]) -> float:
    return _of_rates([s.per_cpu_second for s in samples]).median


def _of_rates(rates: Sequence[float]) -> Summary:
    return summary([1e6 / rate for rate in rates])
