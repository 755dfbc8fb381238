"""Levels that a curriculum keeps, as the trained policy plays them: easiest, hardest, most
learnable."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from ._html import picture, place, section

ATTEMPTS = 10
"""At each level of the buffer."""
_LEVELS = 128
"""Most levels of the buffer that are played, those with the best scores."""
_SHOWN = 6


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


def gallery(name: str, levels: list[KeptLevel]) -> str:
    """Pictures of the extremes of a buffer; nothing where it is empty."""
    if not levels:
        return ""
    rows = [
        ("Easiest", sorted(levels, key=lambda k: -k.solve_rate)),
        ("Most learnable", sorted(levels, key=lambda k: -k.learnability)),
        ("Hardest", sorted(levels, key=lambda k: k.solve_rate)),
    ]
    parts = [
        f'<h3>{title}</h3><div class="gallery">{"".join(map(_card, found[:_SHOWN]))}</div>'
        for title, found in rows
    ]
    note = (
        f"The {len(levels):,} levels with the best scores that the curriculum of "
        f"{escape(name)} keeps, each played {ATTEMPTS} times by the trained policy. Learnability"
        " is p (1 - p), p the solve rate."
    )
    return section(place("gallery", name), f"Levels of the curriculum of {name}", *parts, note=note)


def _card(kept: KeptLevel) -> str:
    from kinetix_core.render import scene_svg

    words = f"solved {100 * kept.solve_rate:.0f} %"
    light, dark = (scene_svg(kept.level, width=200, theme=theme) for theme in ("light", "dark"))
    return (
        f"<figure>{picture(light, dark, f'a level, {words}')}"
        f"<figcaption>{words}<br><small>score {kept.score:.3g}</small></figcaption></figure>"
    )
