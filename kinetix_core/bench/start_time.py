"""`kinetix bench start`: seconds from `kinetix train` to the end of a run of one update."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinetix_core.compose import compose_run
from kinetix_core.errors import SettingError

from ._clock import summary
from .compile_time import cold_and_again, programs_elsewhere
from .report import Report, Table

PRESETS = ("laptop", "laptop_dr", "laptop_plr", "laptop_accel", "laptop_sfl")
LEVELS = ("levels=handmade/s",)
"""Of presets whose curriculum trains on given levels."""

MOST_STEPS = 1 << 17
"""Environment steps of an update; presets with more are shortened."""

SHORT = ("ppo.num_envs=64", "ppo.num_steps=8", "ppo.epochs=2", "train.rollouts_per_update=2")
SHORT_SFL = (
    "curriculum.batch_size=128",
    "curriculum.num_batches=2",
    "curriculum.rollout_steps=32",
    "curriculum.buffer_size=128",
)
"""Settings under which the same programs have less to do."""


@dataclass(frozen=True)
class StartOptions:
    """presets: names of `experiment=`. repeats: fresh processes for each, cold and cached."""

    presets: Sequence[str] = PRESETS
    repeats: int = 3


def start_settings(preset: str) -> tuple[str, ...]:
    """Of one update of a preset; of a large one, on few environments for few steps.

    Raises `SettingError` for a preset that there is not.
    """
    settings = (f"experiment={preset}",)
    run = compose_run((*settings, *LEVELS))
    curriculum = run.config["curriculum"]["name"]
    steps = run.ppo.num_envs * run.ppo.num_steps * run.train.rollouts_per_update
    if curriculum == "fixed":
        settings += LEVELS
    if steps > MOST_STEPS:
        settings += SHORT + (SHORT_SFL if curriculum == "sfl" else ())
    return (*settings, "evaluation.every_updates=0", "train.total_steps=1")


def run_start(
    options: StartOptions, report: Report, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Measure in fresh processes and add a table and numbers to `report`.

    Raises `RunError` with its last line when one of them fails.
    """
    if not options.presets:
        raise SettingError("presets: none is named; name one or more, such as laptop")
    settings = {name: start_settings(name) for name in options.presets}
    rows = []
    for name, chosen in settings.items():
        with tempfile.TemporaryDirectory(prefix="kinetix-bench-") as folder:
            cold, cached = cold_and_again(
                chosen,
                programs_elsewhere(),
                Path(folder),
                options.repeats,
                lambda state, name=name: progress(f"{name}, {state}"),
            )
        found = [*zip(*cold, strict=True), *zip(*cached, strict=True)]
        rows.append((name, *(str(summary(seconds)) for seconds in found)))
        report.data[name] = {"settings": chosen, "cold": cold, "cached": cached}
    lines = [f"`kinetix train {' '.join(chosen)}`" for chosen in settings.values()]
    report.tables.append(
        Table(
            "From `kinetix train` to the end of a run of one update, seconds",
            ("preset", "CPU", "wall", "CPU, programs cached", "wall, programs cached"),
            tuple(rows),
            "The whole process, from the start of Python to its end; on a machine that has never "
            "run the engine, the first one compiles its kernel too. "
            f"Median [range]. Measured: {'; '.join(lines)}.",
        )
    )
