"""figure/galleries: levels that a curriculum keeps, as the trained policy plays them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinetix_core.errors import KinetixError
from kinetix_core.interfaces import Chart, Drawing, Figure, Missing, Picture, Task
from kinetix_core.report import Canvas, ReportData

from .config import FigureConfig

ATTEMPTS = 10
"""At each level of the buffer."""
_LEVELS = 128
"""Most levels of the buffer that are played, those with the best scores."""
_SHOWN = 6
_NOTE = (
    f"Of the levels with the best scores that a curriculum keeps, at most {_LEVELS}, each played"
    f" {ATTEMPTS} times by the trained policy. Learnability is p (1 - p), p the solve rate."
)


@dataclass(frozen=True, eq=False)
class KeptLevel:
    """One level of the buffer. level: a single scene on the host."""

    level: Any
    score: float
    solve_rate: float

    @property
    def learnability(self) -> float:
        """p (1 - p). Source: spec/curricula.md 3."""
        return self.solve_rate * (1 - self.solve_rate)


@dataclass(frozen=True)
class Galleries(Figure):
    """The easiest, the most learnable and the hardest of one run for each method."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        kept: dict[str, list[KeptLevel]] = {}
        faults = []
        for run in data.shown:
            try:
                kept[run.name] = kept_levels(run.path)
            except KinetixError as error:
                faults.append(f"the levels that {run.name} keeps are left out: {error}")
        return gallery(kept, faults)


def gallery(
    kept: Mapping[str, Sequence[KeptLevel]], faults: Sequence[str] = ()
) -> Drawing | Missing:
    """Pictures of the extremes of each buffer, by the name of its run."""
    charts, rows = [], []
    for name, levels in kept.items():
        for title, found in _extremes(levels):
            charts.append(_pictures(f"{title} of {name}" if len(kept) > 1 else title, found))
            rows += [
                {
                    "run": name,
                    "gallery": title.lower(),
                    "score": k.score,
                    "solve_rate": k.solve_rate,
                    "learnability": k.learnability,
                }
                for k in found
            ]
    if charts:
        return Drawing("Levels of the curriculum", _NOTE, charts, rows, notices=faults)
    return Missing("; ".join(faults) or "no curriculum of these runs keeps levels", bool(faults))


def _extremes(levels: Sequence[KeptLevel]) -> list[tuple[str, list[KeptLevel]]]:
    if not levels:
        return []
    orders = (
        ("Easiest", lambda k: -k.solve_rate),
        ("Most learnable", lambda k: -k.learnability),
        ("Hardest", lambda k: k.solve_rate),
    )
    return [(title, sorted(levels, key=key)[:_SHOWN]) for title, key in orders]


def _pictures(title: str, levels: Sequence[KeptLevel]) -> Chart:
    from kinetix_core.render import contact_sheet_svg

    named = [(f"{100 * k.solve_rate:.0f} %, score {k.score:.3g}", k.level) for k in levels]

    def draw(canvas: Canvas) -> Picture:
        columns = 3 if canvas.narrow else _SHOWN
        light, dark = (
            contact_sheet_svg(named, columns=columns, width=canvas.width, theme=theme)
            for theme in ("light", "dark")
        )
        return canvas.sheet(light, dark)

    return Chart(title, draw)


def kept_levels(path: Path) -> list[KeptLevel]:
    """What the curriculum of a run keeps (of its first seed), played by its last policy.

    Nothing where it keeps no levels. Raises a `KinetixError` where they cannot be had: the run has
    no checkpoint that is whole, its own levels are gone, or a component of it is not installed.
    """
    import jax
    import numpy as np

    from kinetix_core.evaluate import evaluate_policy
    from kinetix_core.record import load_run

    buffer = _buffer(path)
    if buffer is None:
        return []
    score = np.asarray(buffer.score, np.float64)
    slots = np.flatnonzero(np.asarray(buffer.valid))
    slots = slots[np.argsort(-score[slots], kind="stable")][:_LEVELS]
    if not len(slots):
        return []
    run = load_run(path)
    params = run.params
    if run.composed.num_seeds > 1:
        params = jax.tree.map(lambda x: x[0], params)
    levels = jax.tree.map(lambda x: np.asarray(x)[slots], buffer.levels)
    names = [str(slot) for slot in slots]
    found = evaluate_policy(run.task, params, levels, names, ATTEMPTS, jax.random.key(0), record=0)
    return [
        KeptLevel(jax.tree.map(lambda x, i=i: x[i], levels), float(score[slot]), result.solve_rate)
        for i, (slot, result) in enumerate(zip(slots, found.levels, strict=True))
    ]


def _buffer(path: Path) -> Any:
    """The buffer in the newest checkpoint; None where the curriculum has none."""
    import jax

    from kinetix_core.compose import build_task, compose_saved
    from kinetix_core.learn import Setup, compiled
    from kinetix_core.record import load_checkpoint, read_config

    composed = compose_saved(read_config(path))
    if not _keeps_levels(composed):
        return None
    setup = Setup(build_task(composed), composed.ppo, composed.train)
    init, _ = compiled(setup, composed.num_seeds)
    state = load_checkpoint(path, init.shapes(composed.seed)).state.curriculum
    if composed.num_seeds > 1:
        state = jax.tree.map(lambda x: x[0], state)
    return setup.curriculum.buffer(state)


def _keeps_levels(composed: Any) -> bool:
    """Whether the class of the curriculum says that it has a buffer: the rest takes seconds."""
    from kinetix_core.interfaces import Curriculum
    from kinetix_core.registry import registry

    component = registry().get("curriculum", composed["curriculum"].name)
    factory = registry().factory(component)
    own = getattr(factory, "buffer", None)
    return not isinstance(factory, type) or own is not Curriculum.buffer
