"""Level files: one level in, one level out."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kinetix_core.errors import LevelError

from . import _layout
from ._library import read_text
from ._records import Columns, LevelRecords, decode, encode
from ._scene import (
    Bodies,
    ContactMemory,
    Joints,
    Scene,
    Thrusters,
    collision_matrix,
    empty_memory,
)
from ._size import SceneSize
from ._slots import expand, permute
from ._sources import find_level
from ._validate import validate

_log = logging.getLogger(__name__)

_TYPES = {float: np.float32, int: np.int32, bool: np.bool_}
_BODY_ONLY_IN_FILES = ("highlighted",)
_JOINT_MEMORY = ("acc_impulse", "acc_r_impulse")


@dataclass(frozen=True)
class LevelParameters:
    """The two parameter records of a level file, as they were read."""

    env: Mapping[str, Any]
    static: Mapping[str, Any]


class Level(NamedTuple):
    """What a level file holds."""

    scene: Scene
    contacts: ContactMemory
    parameters: LevelParameters


def _arrays(name: str, columns: Columns) -> dict[str, np.ndarray]:
    """Columns as arrays; no slots at all still give the shape that the field has."""
    fields = _layout.RECORDS[name]
    count = len(next(iter(columns.values())))
    return {
        key: np.array(values, _TYPES[fields[key][0]]).reshape(count, *fields[key][1])
        for key, values in columns.items()
    }


def _bodies(name: str, columns: Columns) -> Bodies:
    arrays = _arrays(name, columns)
    return Bodies(**{k: v for k, v in arrays.items() if k not in _BODY_ONLY_IN_FILES})


def _contact_memory(records: LevelRecords, joints: dict[str, np.ndarray]) -> ContactMemory:
    """Entries 2i and 2i + 1 are the two slots of polygon pair i."""
    tables = {
        "polygon": _arrays("acc_rr_manifolds", records.columns["acc_rr_manifolds"]),
        "circle_polygon": _arrays("acc_cr_manifolds", records.columns["acc_cr_manifolds"]),
        "circle": _arrays("acc_cc_manifolds", records.columns["acc_cc_manifolds"]),
    }
    leaves = {}
    for table, arrays in tables.items():
        shape = (-1, 2) if table == "polygon" else (-1,)
        leaves[f"{table}_active"] = arrays["active"].reshape(shape)
        leaves[f"{table}_normal_impulse"] = arrays["acc_impulse_normal"].reshape(shape)
        leaves[f"{table}_tangent_impulse"] = arrays["acc_impulse_tangent"].reshape(shape)
    return ContactMemory(
        **leaves,
        joint_impulse=joints["acc_impulse"],
        joint_angular_impulse=joints["acc_r_impulse"],
    )


def level_from_records(records: LevelRecords) -> Level:
    """The level that the columns of a file describe, on the host. Raises `LevelError`."""
    joints = _arrays("joint", records.columns["joint"])
    contacts = _contact_memory(records, joints)
    active = joints["active"]
    scene = Scene(
        polygons=_bodies("polygon", records.columns["polygon"]),
        circles=_bodies("circle", records.columns["circle"]),
        joints=Joints(
            **{k: v for k, v in joints.items() if k not in _JOINT_MEMORY},
            motor_auto=np.zeros(len(active), bool),
        ),
        thrusters=Thrusters(**_arrays("thruster", records.columns["thruster"])),
        collision_matrix=np.zeros((records.size.bodies, records.size.bodies), bool),
        gravity=np.array(records.gravity, np.float32),
        touching=np.concatenate(
            [contacts.polygon_active[:, 0], contacts.circle_polygon_active, contacts.circle_active]
        ),
        timestep=np.zeros((), np.int32),
        size=records.size,
    )
    if problems := validate(scene, ignore=("collision_matrix",)):
        raise LevelError(problems[0])
    matrix = collision_matrix(joints["a_index"], joints["b_index"], active, records.size.bodies)
    parameters = LevelParameters(records.env_params, records.static_env_params)
    return Level(dataclasses.replace(scene, collision_matrix=matrix), contacts, parameters)


def read_level(path: str | os.PathLike[str], size: SceneSize | None = None) -> Level:
    """The level in a file, on the host (NumPy arrays).

    `path` is a file (`.json` may be left out), or a level of a set by its name, such as
    `handmade/s/roll_right`; a suffix `.permute<number>` shuffles its slots. With `size` the
    level is expanded to that size, which empties the contact memory. The collision matrix is
    computed from the joints; gravity is what the file says (the published reader ignores it and
    takes (0, -9.81), which all published files hold). Fields of contacts that no step reads are
    dropped. Raises `LevelError` in one line with file, place, and what is expected.
    Source: spec/level_format.md 4.
    """
    entry = find_level(path)
    try:
        level = level_from_records(decode(read_text(entry.path)))
        if size is not None:
            level = level._replace(scene=expand(level.scene, size), contacts=empty_memory(size))
    except LevelError as error:
        raise LevelError(f"{entry.path}: {error}") from None
    if entry.permutation is not None:
        level = level._replace(scene=permute(level.scene, entry.permutation))
    return level


# ---- writing ----


def _columns(arrays: Mapping[str, Any], name: str) -> Columns:
    """Plain Python values in the order of the format; float() of an f32 is exact."""
    columns = {}
    for key, (kind, _) in _layout.RECORDS[name].items():
        columns[key] = np.asarray(arrays[key]).astype(_TYPES[kind]).tolist()
    return columns


def _body_fields(bodies: Bodies) -> dict[str, Any]:
    return vars(bodies) | {"highlighted": np.zeros(len(bodies.active), bool)}


def _contact_columns(name: str, active: Any, normal: Any, tangent: Any) -> Columns:
    """A table of contacts; what no step reads is written as zero."""
    flat: dict[str, np.ndarray] = {
        "active": np.asarray(active).reshape(-1),
        "acc_impulse_normal": np.asarray(normal).reshape(-1),
        "acc_impulse_tangent": np.asarray(tangent).reshape(-1),
    }
    count = len(flat["active"])
    for key, (_, shape) in _layout.CONTACT.items():
        flat.setdefault(key, np.zeros((count, *shape), np.float32))
    return _columns(flat, name)


def records_from_scene(
    scene: Scene, contacts: ContactMemory, parameters: LevelParameters | None
) -> LevelRecords:
    """The columns of the file that holds `scene`."""
    memory = contacts
    joint_memory = {
        "acc_impulse": memory.joint_impulse,
        "acc_r_impulse": memory.joint_angular_impulse,
    }
    columns = {
        "polygon": _columns(_body_fields(scene.polygons), "polygon"),
        "circle": _columns(_body_fields(scene.circles), "circle"),
        "joint": _columns(vars(scene.joints) | joint_memory, "joint"),
        "thruster": _columns(vars(scene.thrusters), "thruster"),
    }
    for name, table in (
        ("acc_rr_manifolds", "polygon"),
        ("acc_cr_manifolds", "circle_polygon"),
        ("acc_cc_manifolds", "circle"),
    ):
        fields = ("active", "normal_impulse", "tangent_impulse")
        columns[name] = _contact_columns(name, *(getattr(memory, f"{table}_{f}") for f in fields))
    env = dict(parameters.env) if parameters else dict(_layout.ENV_PARAMS)
    static = _layout.static_params(scene.size)
    if parameters:
        static = dict(parameters.static) | {key: static[key] for key in _layout.SIZE_KEYS}
    gravity = np.asarray(scene.gravity, np.float32).tolist()
    return LevelRecords(scene.size, columns, gravity, env, static)


def write_level(
    path: str | os.PathLike[str],
    scene: Scene,
    contacts: ContactMemory | None = None,
    parameters: LevelParameters | None = None,
) -> None:
    """Writes one level in the published layout, complete or not at all.

    `contacts` (none: empty) and `parameters` (none: those of the published levels) are as
    `read_level` returns them; slot counts follow the scene. The format has no room for
    `motor_auto`, `timestep` and `highlighted`: an automatic motor is lost, with a warning in the
    log. Raises `LevelError` if the scene is broken or the file cannot be written.
    Source: spec/level_format.md 6.
    """
    if problems := validate(scene):
        raise LevelError(f"{path}: {problems[0]}")
    if (np.asarray(scene.joints.motor_auto) & np.asarray(scene.joints.active)).any():
        _log.warning("%s: level files cannot hold motor_auto; it is read back as false", path)
    memory = empty_memory(scene.size) if contacts is None else contacts
    records = records_from_scene(scene, memory, parameters)
    write_text(Path(path), encode(records, np.asarray(scene.collision_matrix).tolist()))


def write_text(path: Path, text: str) -> None:
    """Writes through a temporary file beside `path`, renamed at the end."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise LevelError(f"{path}: cannot be written: {error.strerror or error}") from None
