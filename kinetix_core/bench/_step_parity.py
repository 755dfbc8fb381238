"""How far an engine is from the published numbers after a single step.

Recordings and tolerances are those of the golden data's schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from kinetix_core.interfaces import Engine
from kinetix_core.scene import ContactMemory, Scene

from ._chunks import in_chunks
from ._golden import MANIFOLDS, Recording, touching_pairs

TOLERANCE = {
    "position": 1e-5,
    "angle": 1e-5,
    "velocity": 1e-4,
    "angular velocity": 1e-3,
    "joint position": 1e-5,
    "thruster position": 1e-5,
    "contact impulse": 1e-4,
    "joint impulse": 1e-4,
}
"""Largest absolute difference after one step; impulses have as much again relative to them."""


@dataclass(frozen=True)
class Deviation:
    """One quantity over the rows of a recording."""

    largest: float
    tolerance: float
    rows_outside: int


@dataclass(frozen=True)
class StepParity:
    """One physics step from every recorded state. `outside` names the rows that miss."""

    recording: str
    rows: int
    rows_within: int
    flags_differing: int
    deviations: dict[str, Deviation]
    outside: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Every row within every tolerance, every contact flag equal."""
        return self.rows_within == self.rows > 0


def compare_steps(engine: Engine, recording: Recording) -> StepParity:
    """Compare one step of `engine` from each state of a `step_*` recording."""
    before = recording.scenes("state")
    contacts = recording.contacts("state")
    controls = recording.arrays["processed_action"]
    scene, memory, touching = one_step(engine)(before, contacts, controls)
    inside = np.ones(len(recording), bool)
    deviations = {}
    for name, error, allowed in _differences(recording, before, scene, memory):
        within = (error <= allowed).reshape(len(recording), -1).all(axis=1)  # NaN is not within
        largest = float(np.max(error, initial=0.0))
        deviations[name] = Deviation(largest, TOLERANCE[name], int((~within).sum()))
        inside &= within
    different = _flags_differing(recording, memory, touching)
    inside &= different == 0
    names = recording.level_names
    outside = [f"{names[i]}@{recording.arrays['step_index'][i]}" for i in np.flatnonzero(~inside)]
    return StepParity(
        recording=recording.name,
        rows=len(recording),
        rows_within=int(inside.sum()),
        flags_differing=int(different.sum()),
        deviations=deviations,
        outside=tuple(outside),
    )


@lru_cache(maxsize=64)
def one_step(engine: Engine) -> Any:
    """Over a leading axis: (scene, contacts, controls) -> (scene, contacts, touching).

    Compiled once per engine, for batches of any length; the results are on the host.
    """

    def step(scene: Scene, contacts: ContactMemory, controls: jax.Array) -> Any:
        state, trace = engine.step(engine.init(scene, contacts), controls)
        return engine.scene(state), engine.contacts(state), trace.touching[0]

    return in_chunks(jax.jit(jax.vmap(step)))


def _differences(
    recording: Recording, before: Scene, after: Scene, memory: ContactMemory
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(quantity, absolute error, what is allowed), on active entities; arrays lead with rows."""
    expected = {k[5:]: v for k, v in recording.arrays.items() if k.startswith("next.")}

    def bodies(name: str, key: str) -> tuple[str, np.ndarray, np.ndarray]:
        pieces = []
        for kind, now, was in (
            ("polygon", after.polygons, before.polygons),
            ("circle", after.circles, before.circles),
        ):
            error = _error(getattr(now, key), expected[f"{kind}.{key}"])
            pieces.append(_where_active(error, was.active))
        error = np.concatenate([p.reshape(len(recording), -1) for p in pieces], axis=1)
        return name, error, np.full_like(error, TOLERANCE[name])

    yield bodies("position", "position")
    yield bodies("angle", "rotation")
    yield bodies("velocity", "velocity")
    yield bodies("angular velocity", "angular_velocity")
    for name, key, now, was in (
        ("joint position", "joint", after.joints, before.joints),
        ("thruster position", "thruster", after.thrusters, before.thrusters),
    ):
        error = _error(now.global_position, expected[f"{key}.global_position"])
        error = _where_active(error, was.active)
        yield name, error, np.full_like(error, TOLERANCE[name])
    yield _impulses("contact impulse", _contact_impulses(memory, expected))
    yield _impulses(
        "joint impulse",
        [
            (memory.joint_impulse, expected["joint.acc_impulse"]),
            (memory.joint_angular_impulse, expected["joint.acc_r_impulse"]),
        ],
    )


def _error(found: Any, expected: np.ndarray) -> np.ndarray:
    return np.abs(np.asarray(found, np.float64) - expected)


def _where_active(error: np.ndarray, active: Any) -> np.ndarray:
    active = np.asarray(active)
    return np.where(active.reshape(active.shape + (1,) * (error.ndim - active.ndim)), error, 0)


def _contact_impulses(memory: ContactMemory, expected: dict) -> list[tuple[Any, np.ndarray]]:
    return [
        (getattr(memory, f"{table}_{ours}"), expected[f"{name}.{theirs}"])
        for table, name in MANIFOLDS.items()
        for ours, theirs in (
            ("normal_impulse", "acc_impulse_normal"),
            ("tangent_impulse", "acc_impulse_tangent"),
        )
    ]


def _impulses(name: str, pairs: list[tuple[Any, np.ndarray]]) -> tuple[str, np.ndarray, np.ndarray]:
    rows = len(pairs[0][1])
    flat = [(np.asarray(f).reshape(rows, -1), e.reshape(rows, -1)) for f, e in pairs]
    expected = np.concatenate([e for _, e in flat], axis=1)
    error = _error(np.concatenate([f for f, _ in flat], axis=1), expected)
    return name, error, TOLERANCE[name] * (1 + np.abs(expected))


def _flags_differing(recording: Recording, memory: ContactMemory, touching: Any) -> np.ndarray:
    """How many contact flags differ in each row: the remembered ones and the trace's."""
    rows = len(recording)
    different = (np.asarray(touching) != touching_pairs(recording.arrays, "next")).sum(axis=1)
    for table, name in MANIFOLDS.items():
        found = np.asarray(getattr(memory, f"{table}_active"))
        unequal = found != recording.arrays[f"next.{name}.active"]
        different += unequal.reshape(rows, -1).sum(axis=1)
    return different
