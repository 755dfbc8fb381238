"""The oracle's states as scenes, and what a step made of them, side by side."""

import os
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from kinetix_core.scene import Bodies, ContactMemory, Joints, Scene, SceneSize, Thrusters
from tests import reference as ref

S, M, L = (5, 2, 1, 1), (6, 3, 2, 2), (12, 4, 6, 2)
"""Polygons, circles, joints, thrusters."""

KERNELS = ("native", "jax")
EVERY_SIZE = os.environ.get("KINETIX_EVERY_SIZE") == "1"
"""Whether the JAX kernel, which compiles for seconds, is tested in every size."""

TABLES = {"pp": "polygon", "cp": "circle_polygon", "cc": "circle"}
"""Contact tables of the oracle and of a `ContactMemory`."""

# Largest differences of one step, absolute; impulses have as much again relative to them.
TOLERANCE = {**ref.STEP_TOLERANCE, "anchor": 1e-5, "impulse": 1e-4}


def kernels_and_sizes(*jax_sizes: str) -> list[tuple[str, str]]:
    """Cases of a test: the native kernel in all published sizes, the JAX kernel in those named."""
    every = ("s", "m", "l")
    chosen = {"native": every, "jax": every if EVERY_SIZE else jax_sizes}
    return [(kernel, size) for kernel in KERNELS for size in chosen[kernel]]


def as_scenes(states: Sequence[ref.State]) -> Scene:
    """States of one size as scenes with a leading axis, on the host.

    What the oracle does not know is filled with numbers that tell slots apart.
    """
    size = SceneSize(*states[0].sizes)
    n = len(states)

    def part(cls, name, **made):
        return cls(
            **{
                field.name: made[field.name]
                if field.name in made
                else np.stack([getattr(getattr(state, name), field.name) for state in states])
                for field in fields(cls)
            }
        )

    def numbers(count, modulus, dtype=np.int32):
        return np.broadcast_to((np.arange(count) % modulus).astype(dtype), (n, count))

    def bodies(name, count):
        density = 1 + numbers(count, 8, np.float32)
        return part(Bodies, name, density=density, role=numbers(count, 4))

    joints = {
        "motor_binding": numbers(size.joints, size.motor_bindings),
        "motor_auto": numbers(size.joints, 2, bool),
    }
    binding = numbers(size.thrusters, size.thruster_bindings)
    return Scene(
        polygons=bodies("polygon", size.polygons),
        circles=bodies("circle", size.circles),
        joints=part(Joints, "joint", **joints),
        thrusters=part(Thrusters, "thruster", thruster_binding=binding),
        collision_matrix=np.stack([state.collision_matrix for state in states]),
        gravity=np.stack([state.gravity for state in states]),
        touching=np.zeros((n, len(size.pairs)), bool),
        timestep=np.arange(n, dtype=np.int32),
        size=size,
    )


def as_contacts(states: Sequence[ref.State]) -> ContactMemory:
    """What the states remember, with a leading axis."""
    made = {
        "joint_impulse": np.stack([state.joint.acc_impulse for state in states]),
        "joint_angular_impulse": np.stack([state.joint.acc_r_impulse for state in states]),
    }
    for table, name in TABLES.items():
        memories = [getattr(state.memory, table) for state in states]
        made[f"{name}_active"] = np.stack([memory.active for memory in memories])
        made[f"{name}_normal_impulse"] = np.stack([memory.acc_n for memory in memories])
        made[f"{name}_tangent_impulse"] = np.stack([memory.acc_t for memory in memories])
    return ContactMemory(**made)


def draw(rng: np.random.Generator, sizes, count: int) -> tuple[list[ref.State], np.ndarray]:
    """Random cases whose step is comparable, and their controls with a leading axis."""
    cases = [ref.random_case(rng, *sizes) for _ in range(count)]
    return [state for state, _ in cases], np.stack([controls for _, controls in cases])


def of_engine(scene: Scene, contacts: ContactMemory, touching) -> dict[str, np.ndarray]:
    """What a step made of all slots, in use or not, by quantity: each (scenes, numbers)."""
    pieces = {name: [] for name in (*TOLERANCE, "flags")}
    for bodies in (scene.polygons, scene.circles):
        for name in ref.STEP_TOLERANCE:
            pieces[name].append(getattr(bodies, name))
    pieces["anchor"] += [scene.joints.global_position, scene.thrusters.global_position]
    pieces["impulse"] += [contacts.joint_impulse, contacts.joint_angular_impulse]
    pieces["flags"] += [touching, scene.touching]
    for table in TABLES.values():
        active = np.asarray(getattr(contacts, f"{table}_active"))
        pieces["flags"].append(active)
        for way in ("normal", "tangent"):
            pieces["impulse"].append(getattr(contacts, f"{table}_{way}_impulse"))
    return _flat(pieces, len(np.asarray(scene.timestep)))


def of_oracle(results: Sequence[tuple[ref.State, ref.Contacts]]) -> dict[str, np.ndarray]:
    """The same of the oracle's results."""
    states = [state for state, _ in results]
    touching = np.stack(
        [np.concatenate([getattr(c, table).touching for table in TABLES]) for _, c in results]
    )
    scene = replace(as_scenes(states), touching=touching)
    return of_engine(scene, as_contacts(states), touching)


def _flat(pieces, rows: int) -> dict[str, np.ndarray]:
    return {
        name: np.concatenate([np.asarray(x).reshape(rows, -1) for x in arrays], axis=1)
        for name, arrays in pieces.items()
    }


def shares(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """(scenes,): largest difference of each quantity, as a share of its tolerance."""
    made = {}
    for name, tolerance in TOLERANCE.items():
        allowed = tolerance * (1 + np.abs(expected[name]) * (name == "impulse"))
        share = np.abs(found[name].astype(np.float64) - expected[name]) / allowed
        made[name] = np.max(np.nan_to_num(share, nan=np.inf), axis=1, initial=0)
    different = (found["flags"] != expected["flags"]).any(axis=1)
    return {**made, "flags": np.where(different, np.inf, 0.0)}


def assert_agree(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    """Fails with the quantities and scenes that are outside their tolerance."""
    misses = [
        f"scene {i}: {name} at {share[i]:.3g} of its tolerance"
        for name, share in shares(found, expected).items()
        for i in np.flatnonzero(share > 1)
    ]
    assert not misses, f"{len(misses)} misses: {'; '.join(misses[:8])}"
