"""`kinetix bench latency`: one jitted environment step called from Python, one environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from kinetix_core.env import Environment, EnvState, InteractiveEnvironment
from kinetix_core.errors import RunError, SettingError
from kinetix_core.interfaces import Observation, Task
from kinetix_core.scene import SIZES, Scene

from ._clock import Sample, Work, interleave, summary
from ._parts import build_env_task
from ._starts import level_source, levels_for
from .report import Report, Table

CALLS = 100
"""Steps one after the other, each with the state that the one before gave."""


@dataclass(frozen=True)
class LatencyOptions:
    """What is measured. variants: settings of the engine, each measured for itself."""

    sizes: Sequence[str] = tuple(SIZES)
    observations: Sequence[str] = ("symbolic", "entity")
    variants: Sequence[str] = ("engine.kernel=native", "engine.kernel=jax")
    settings: tuple[str, ...] = ()
    repeats: int = 7
    seconds: float = 0.1
    levels: str | None = None

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise SettingError(f"repeats={self.repeats}: at least 1 is expected")


class Caller:
    """Calls a jitted step of one environment: state, observation and action in; the same out."""

    def __init__(self, task: Task, level: Scene) -> None:
        self.environment = Environment(task)
        self._begin = jax.jit(self.environment.reset)(level)
        self._seen = jax.jit(self.environment.observe)(self._begin)
        assert task.action is not None
        self._action = jax.device_put(task.action.sample(jax.random.key(1)))
        self.step = jax.jit(self._step)
        self._play = InteractiveEnvironment(self.environment)

    def _step(self, state: Any, seen: Any, action: Any) -> Any:
        state, transition = self.environment.step(state, action)
        return state, self.environment.observe(state, seen), transition

    def run(self) -> Any:
        """`CALLS` steps from the beginning of the level; the last result, ready."""
        state, seen, transition = self._begin, self._seen, None
        for _ in range(CALLS):
            state, seen, transition = self.step(state, seen, self._action)
        return jax.block_until_ready((state, seen, transition))

    def run_interactive(self) -> Any:
        """The same with an `InteractiveEnvironment`, whose every step is waited for."""
        seen, result = self._play.begin(self._begin, self._seen), None
        for _ in range(CALLS):
            seen, result = self._play.step(self._action)
        return self._play.state, jax.block_until_ready(seen), result

    @property
    def runs(self) -> dict[str, Callable[[], Any]]:
        """What is timed, by name."""
        return {"jitted step": self.run, "InteractiveEnvironment": self.run_interactive}

    def prove(self, name: str) -> None:
        """Raises `RunError` unless time passed and the observations are those of the scenes."""
        for way, run in self.runs.items():
            self._prove(f"{name}, {way}", *run()[:2])

    def _prove(self, name: str, state: EnvState, seen: Observation) -> None:
        passed = int(state.timestep) - int(self._begin.timestep)
        wanted = jax.jit(self.environment.observe)(state)
        same = all(
            np.allclose(a, b, atol=1e-4, rtol=1e-4)
            for a, b in zip(jax.tree.leaves(seen), jax.tree.leaves(wanted), strict=True)
        )
        if passed != CALLS or not same:
            raise RunError(f"{name}: {passed} of {CALLS} steps, observations right: {same}")


def run_latency(
    options: LatencyOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure every combination; add a table and numbers to `report`."""
    rows, data = [], []
    for size in options.sizes:
        level = jax.tree.map(
            lambda x: np.asarray(x)[0], levels_for(size, SIZES[size], options.levels)
        )
        works = {}
        for variant in options.variants:
            for observation in options.observations:
                settings = (*options.settings, *variant.split())
                caller = Caller(build_env_task(size, observation, 1, settings), level)
                caller.prove(f"{size}, {observation}, {variant}")
                for way, run in caller.runs.items():
                    works[variant, observation, way] = Work(run, CALLS)
        names = {str(key): key for key in works}
        samples = interleave(
            {name: works[key] for name, key in names.items()}, options.repeats, options.seconds
        )
        for name, (variant, observation, way) in names.items():
            times = [_microseconds(samples[name], rate) for rate in ("cpu", "wall")]
            rows.append((size, observation, variant or "default", way, *map(str, times)))
            data.append({"row": rows[-1][:4], "samples": [asdict(s) for s in samples[name]]})
            progress(f"{size}: {observation}, {variant}, {way}: {times[1]} us a step")
    report.tables.append(
        Table(
            "One environment step called from Python, microseconds",
            ("size", "observation", "engine", "called", "CPU time", "wall time"),
            tuple(rows),
            "Action, two physics steps, reward, observation of one environment; "
            f"{CALLS} calls in a row, the state goes from one to the next. The results of a "
            "jitted step are waited for at the end, those of InteractiveEnvironment at each "
            "step. Median [range].",
        )
    )
    report.data["latency"] = data
    source = Path(level_source(options.levels)).name
    report.notes.append(f"the first level of {source}")


def _microseconds(samples: Sequence[Sample], clock: str) -> Any:
    return summary([1e6 * getattr(s, clock) / s.steps for s in samples])
