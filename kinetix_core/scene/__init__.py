"""Scenes and levels: sizes, the data, the builder, level files, validation."""

from typing import TYPE_CHECKING

from kinetix_core._lazy import lazy_exports

if TYPE_CHECKING:
    from ._scene import (
        BLUE,
        GREEN,
        NORMAL,
        RED,
        Array,
        Bodies,
        ContactMemory,
        Joints,
        Scene,
        Thrusters,
        collision_matrix,
        empty_memory,
        empty_scene,
        stack_scenes,
    )
    from ._size import BOUNDARY, MAX_BODIES, SIZES, VERTICES, L, M, S, SceneSize, parse_size

_SIZE = ("BOUNDARY", "MAX_BODIES", "SIZES", "VERTICES", "L", "M", "S", "SceneSize", "parse_size")
_SCENE = (
    "BLUE",
    "GREEN",
    "NORMAL",
    "RED",
    "Array",
    "Bodies",
    "ContactMemory",
    "Joints",
    "Scene",
    "Thrusters",
    "collision_matrix",
    "empty_memory",
    "empty_scene",
    "stack_scenes",
)
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, dict.fromkeys(_SIZE, "._size") | dict.fromkeys(_SCENE, "._scene")
)
