"""Single steps from every state of another engine's trajectories: parity without drift.

Contacts make trajectories chaotic, so two engines part after a while however equal they are.
Fed the same state at every step they never do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.interfaces import Engine, EngineState
from kinetix_core.scene import Scene

from ._golden import MANIFOLDS, Recording
from ._step_parity import TOLERANCE

FIELDS = {
    "position": "position",
    "angle": "rotation",
    "velocity": "velocity",
    "angular velocity": "angular_velocity",
}


@dataclass(frozen=True)
class AlongParity:
    """One engine beside another, along the trajectories of the other."""

    recording: str
    steps: int  # physics steps, over all levels
    steps_within: int
    largest: dict[str, float]
    flags_differing: int
    outside: tuple[str, ...]  # level@physics step, counted from 0


def compare_along(engine: Engine, leader: Engine, recording: Recording) -> AlongParity:
    """Play the recorded actions with `leader`; step `engine` once from each of its states."""
    frame_skip = recording.meta["static_env_params"]["frame_skip"]
    controls = recording.controls(recording.arrays["actions"]).repeat(frame_skip, axis=1)

    def play(level: Scene, controls: jax.Array) -> Any:
        def step(state: EngineState, control: jax.Array) -> Any:
            led = leader.step(state, control)[0]
            begin = engine.init(leader.scene(state), leader.contacts(state))
            own = engine.step(begin, control)[0]
            return led, gaps_of(engine, own, leader, led)

        return jax.lax.scan(step, leader.init(level), controls)[1]

    gaps, flags = jax.device_get(jax.jit(jax.vmap(play))(recording.scenes("init"), controls))
    within = flags == 0
    for name, gap in gaps.items():
        within &= gap <= TOLERANCE[name]  # NaN is not within
    names = recording.level_names
    return AlongParity(
        recording=recording.name,
        steps=within.size,
        steps_within=int(within.sum()),
        largest={name: float(gaps[name].max()) for name in FIELDS},
        flags_differing=int(flags.sum()),
        outside=tuple(f"{names[level]}@{step}" for level, step in np.argwhere(~within)),
    )


def gaps_of(engine: Engine, own: EngineState, leader: Engine, led: EngineState) -> Any:
    """Largest difference of each quantity on active bodies, and how many flags differ."""
    ours, theirs = engine.scene(own).bodies, leader.scene(led).bodies
    gaps = {}
    for name, field in FIELDS.items():
        gap = jnp.abs(getattr(ours, field) - getattr(theirs, field))
        gap = gap.reshape(gap.shape[0], -1).max(axis=1)
        gaps[name] = jnp.where(theirs.active, gap, 0.0).max()
    a, b = engine.contacts(own), leader.contacts(led)
    flags = [
        jnp.sum(getattr(a, f"{table}_active") != getattr(b, f"{table}_active"))
        for table in MANIFOLDS
    ]
    return gaps, sum(flags)
