"""Recordings of the published system, read as scenes, remembered contacts and controls.

A recording is one `.npz` archive; its arrays carry the names of the published states under a
prefix (`state.`, `next.`, `init.`, `traj.`) and have a leading axis of rows or levels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kinetix_core.errors import SettingError
from kinetix_core.scene import (
    SIZES,
    Bodies,
    ContactMemory,
    Joints,
    Scene,
    SceneSize,
    Thrusters,
    empty_memory,
)

MANIFOLDS = {
    "polygon": "acc_rr_manifolds",
    "circle_polygon": "acc_cr_manifolds",
    "circle": "acc_cc_manifolds",
}
"""Contact table in `ContactMemory` to its name in the recordings."""


@dataclass(frozen=True)
class Recording:
    """One archive: `arrays` by key, `meta` as recorded, for scenes of `size`."""

    name: str
    arrays: Mapping[str, np.ndarray]
    size: SceneSize

    @cached_property
    def meta(self) -> dict[str, Any]:
        """Parameters, versions and counts of the recording."""
        return json.loads(str(self.arrays["meta"]))

    def __len__(self) -> int:
        return len(self.arrays["level_index"])

    @property
    def level_names(self) -> list[str]:
        """A name for each row or level."""
        for key in ("level_name", "names"):
            if key in self.arrays:
                return [str(name) for name in self.arrays[key]]
        return [f"random{i}" for i in self.arrays["level_index"]]

    def scenes(self, prefix: str) -> Scene:
        """The scenes under `prefix` (`state` or `init`), NumPy, with a leading axis."""
        return _scenes(self.arrays, prefix, self.size)

    def contacts(self, prefix: str) -> ContactMemory:
        """The contacts remembered under `prefix`; none where the recording holds none."""
        return _contacts(self.arrays, prefix, self.size)

    def controls(self, actions: np.ndarray) -> np.ndarray:
        """What motors and thrusters get for multi-discrete `actions` (levels, ..., inputs).

        Bindings are those of `init`. Returns (levels, ..., joints + thrusters) f32.
        Source: spec/environment.md 3.
        """
        get = self.arrays
        return decode(
            actions,
            get["init.motor_bindings"],
            get["init.motor_auto"],
            get["init.thruster_bindings"],
            self.size,
        )


def decode(
    actions: np.ndarray,
    motor_binding: np.ndarray,
    motor_auto: np.ndarray,
    thruster_binding: np.ndarray,
    size: SceneSize,
) -> np.ndarray:
    """Controls of multi-discrete actions on the host, independent of the action components.

    `actions` (n, ..., inputs); bindings (n, joints) and (n, thrusters); returns
    (n, ..., joints + thrusters) f32. Source: spec/environment.md 3.
    """
    between = actions.ndim - 2
    inputs = actions.shape[-1]

    def spread(per_level: np.ndarray) -> np.ndarray:
        shape = (len(per_level), *(1,) * between, per_level.shape[1])
        return np.broadcast_to(per_level.reshape(shape), (*actions.shape[:-1], shape[-1]))

    motors = np.array([0, 1, -1], np.float32)[actions]
    motors = np.take_along_axis(motors, spread(motor_binding), axis=-1)
    motors = np.where(spread(motor_auto), np.float32(1), motors)
    index = np.minimum(spread(thruster_binding) + size.motor_bindings, inputs - 1)
    thrusters = np.take_along_axis(actions.astype(np.float32), index, axis=-1)
    return np.concatenate([motors, thrusters], axis=-1)


def load_recording(folder: str | Path, name: str) -> Recording:
    """The recording `name`, such as `physics/step_s`, of the golden data in `folder`.

    Raises `SettingError` when it is not there.
    """
    path = Path(folder) / f"{name}.npz"
    if not path.is_file():
        raise SettingError(
            f"golden={folder}: no recording {name}.npz there; "
            "give the folder of the recordings with --golden or KINETIX_GOLDEN"
        )
    with np.load(path) as archive:
        arrays = {key: archive[key] for key in archive.files}
    return Recording(name.split("/")[-1], arrays, SIZES[name[-1]])


def _scenes(arrays: Mapping[str, np.ndarray], prefix: str, size: SceneSize) -> Scene:
    def part(cls: Any, name: str, **renamed: str) -> Any:
        keys = {field.name: f"{prefix}.{name}.{field.name}" for field in fields(cls)}
        keys |= {field: f"{prefix}.{key}" for field, key in renamed.items()}
        return cls(**{field: arrays[key] for field, key in keys.items()})

    def bodies(kind: str) -> Bodies:
        return part(Bodies, kind, density=f"{kind}_densities", role=f"{kind}_shape_roles")

    n = len(arrays[f"{prefix}.timestep"])
    touching = np.zeros((n, len(size.pairs)), bool)
    if f"{prefix}.{MANIFOLDS['polygon']}.active" in arrays:
        touching = touching_pairs(arrays, prefix)
    return Scene(
        polygons=bodies("polygon"),
        circles=bodies("circle"),
        joints=part(Joints, "joint", motor_binding="motor_bindings", motor_auto="motor_auto"),
        thrusters=part(Thrusters, "thruster", thruster_binding="thruster_bindings"),
        collision_matrix=arrays[f"{prefix}.collision_matrix"],
        gravity=arrays[f"{prefix}.gravity"],
        touching=touching,
        timestep=arrays[f"{prefix}.timestep"],
        size=size,
    )


def touching_pairs(arrays: Mapping[str, np.ndarray], prefix: str) -> np.ndarray:
    """Which pairs touched, (n, pairs) bool, in the order of `SceneSize.pairs`."""
    flags = {t: arrays[f"{prefix}.{name}.active"] for t, name in MANIFOLDS.items()}
    first_slot = flags["polygon"][..., 0]
    return np.concatenate([first_slot, flags["circle_polygon"], flags["circle"]], axis=-1)


def _contacts(arrays: Mapping[str, np.ndarray], prefix: str, size: SceneSize) -> ContactMemory:
    n = len(arrays[f"{prefix}.joint.global_position"])
    if f"{prefix}.{MANIFOLDS['polygon']}.active" not in arrays:
        nothing = empty_memory(size)
        leaves = {f.name: getattr(nothing, f.name) for f in fields(ContactMemory)}
        leaves = {k: np.broadcast_to(v, (n, *v.shape)) for k, v in leaves.items()}
    else:
        leaves = {
            f"{table}_{ours}": arrays[f"{prefix}.{name}.{theirs}"]
            for table, name in MANIFOLDS.items()
            for ours, theirs in (
                ("active", "active"),
                ("normal_impulse", "acc_impulse_normal"),
                ("tangent_impulse", "acc_impulse_tangent"),
            )
        }
    leaves["joint_impulse"] = arrays[f"{prefix}.joint.acc_impulse"]
    leaves["joint_angular_impulse"] = arrays[f"{prefix}.joint.acc_r_impulse"]
    return ContactMemory(**leaves)
