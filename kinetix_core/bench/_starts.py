"""Start states for speed measurements: levels in motion, at many moments of an episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.errors import LevelError, RunError
from kinetix_core.interfaces import Engine
from kinetix_core.scene import ContactMemory, Scene, SceneSize, load_levels

HOLD = 8
"""Physics steps for which random controls are held."""
LONGEST = 240
"""A start is between `HOLD` and this many physics steps into its level."""
MOVING = 1e-2
"""Speed in m/s or rad/s of a body that counts as moving."""
LEAST_SHARE_MOVING = 0.5
OWN_LEVELS = "handmade"
PUBLISHED_LEVELS = Path("../shared/paper_levels")


@dataclass(frozen=True)
class Starts:
    """States to measure from (NumPy, one leading axis), and what they are like."""

    scenes: Scene
    contacts: ContactMemory
    levels: int
    share_moving: float
    touching: float  # pairs per scene

    def __len__(self) -> int:
        return len(self.scenes.timestep)

    def facts(self) -> dict[str, Any]:
        """What the states are like, for reports."""
        return {
            "levels": self.levels,
            "states": len(self),
            "share moving": self.share_moving,
            "touching pairs": self.touching,
        }


def level_source(levels: str | Path | None) -> str | Path:
    """What is asked for, else published levels if there, else our own."""
    if levels is None:
        return PUBLISHED_LEVELS if PUBLISHED_LEVELS.is_dir() else OWN_LEVELS
    return levels


def levels_for(size_name: str, size: SceneSize, levels: str | Path | None = None) -> Scene:
    """Levels to start from: those of `level_source(levels)`.

    Of a folder or set that has a part for the size (`s`, `m`, `l`), that part. Raises
    `LevelError` where there are none.
    """
    levels = level_source(levels)
    try:
        return load_levels(f"{levels}/{size_name}", size).levels
    except LevelError:
        return load_levels(str(levels), size).levels


def random_controls(shape: Sequence[int], size: SceneSize, seed: int) -> np.ndarray:
    """Controls as a random multi-discrete policy gives them, (*shape, joints + thrusters)."""
    rng = np.random.default_rng(seed)
    motors = rng.integers(-1, 2, (*shape, size.joints))
    thrusters = rng.integers(0, 2, (*shape, size.thrusters))
    return np.concatenate([motors, thrusters], axis=-1).astype(np.float32)


def make_starts(engine: Engine, levels: Scene, count: int, seed: int = 0) -> Starts:
    """`count` states on the way through `levels` under random controls.

    Raises `RunError` when most of them are at rest: they would measure nothing.
    """
    n_levels = len(levels.timestep)
    rng = np.random.default_rng(seed)
    chosen = np.resize(rng.permutation(n_levels), count)
    moment = rng.integers(HOLD, LONGEST, count)
    controls = random_controls((count, -(-LONGEST // HOLD)), engine.size, seed + 1)
    begin = jax.tree.map(lambda x: np.asarray(x)[chosen], levels)

    def one(scene: Scene, controls: jax.Array, moment: jax.Array) -> Any:
        def step(carry: Any, number: jax.Array) -> tuple[Any, None]:
            state, kept = carry
            state = engine.step(state, controls[number // HOLD])[0]
            kept = jax.tree.map(lambda k, s: jnp.where(number < moment, s, k), kept, state)
            return (state, kept), None

        state = engine.init(scene)
        kept = jax.lax.scan(step, (state, state), jnp.arange(LONGEST))[0][1]
        return engine.scene(kept), engine.contacts(kept)

    scenes, contacts = jax.device_get(jax.jit(jax.vmap(one))(begin, controls, moment))
    starts = Starts(scenes, contacts, n_levels, _share_moving(scenes), _touching(scenes))
    if starts.share_moving < LEAST_SHARE_MOVING:
        raise RunError(
            f"levels: only {starts.share_moving:.0%} of the start states are in motion, at least "
            f"{LEAST_SHARE_MOVING:.0%} are expected; choose other levels with --levels"
        )
    return starts


def _share_moving(scenes: Scene) -> float:
    moving = np.zeros(len(scenes.timestep), bool)
    for bodies in (scenes.polygons, scenes.circles):
        speed = np.abs(np.asarray(bodies.velocity)).max(axis=-1, initial=0.0)
        speed = np.maximum(speed, np.abs(bodies.angular_velocity))
        free = np.asarray(bodies.active) & (np.asarray(bodies.inverse_mass) > 0)
        moving |= ((speed > MOVING) & free).any(axis=-1)
    return float(moving.mean())


def _touching(scenes: Scene) -> float:
    return float(np.asarray(scenes.touching).sum(axis=-1).mean())
