"""What a level holds, in a line, without JAX. Standard library only."""

from __future__ import annotations

import os
from dataclasses import dataclass

from kinetix_core.errors import LevelError

from ._layout import RECORDS
from ._library import Entry, read_text
from ._records import Columns, decode
from ._size import BOUNDARY, SceneSize
from ._sources import find_level

ROLES = ("normal", "green", "blue", "red")


@dataclass(frozen=True)
class LevelSummary:
    """Counts of what is active; polygons without floor, walls and ceiling."""

    name: str
    size: SceneSize
    polygons: int
    circles: int
    joints: int
    motors: int
    thrusters: int
    roles: dict[str, int]  # bodies with the role green, blue or red, the boundary included


def _active(columns: Columns, first: int = 0) -> list[int]:
    return [i for i, active in enumerate(columns["active"]) if active and i >= first]


def summarise_level(level: Entry | str | os.PathLike[str]) -> LevelSummary:
    """Counts from a level file. Raises `LevelError` if its layout is broken.

    What a scene must be beyond that (`validate`) is not looked at.
    """
    entry = level if isinstance(level, Entry) else find_level(level)
    try:
        records = decode(read_text(entry.path))
    except LevelError as error:
        raise LevelError(f"{entry.path}: {error}") from None
    polygon, circle, joint, thruster = (records.columns[kind] for kind in list(RECORDS)[:4])
    held = [body["role"][i] for body in (polygon, circle) for i in _active(body)]
    joints = _active(joint)
    return LevelSummary(
        name=entry.name,
        size=records.size,
        polygons=len(_active(polygon, BOUNDARY)),
        circles=len(_active(circle)),
        joints=len(joints),
        motors=sum(joint["motor_on"][i] and not joint["is_fixed_joint"][i] for i in joints),
        thrusters=len(_active(thruster)),
        roles={name: held.count(role) for role, name in enumerate(ROLES) if role},
    )
