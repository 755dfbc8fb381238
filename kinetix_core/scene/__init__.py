"""Scenes and levels: sizes, the data, the builder, level files, validation."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._builder import Motor, SceneBuilder
    from ._describe import describe_level, describe_scene
    from ._fetch import fetch_published
    from ._files import Level, LevelParameters, read_level, write_level
    from ._hash import levels_hash
    from ._library import Entry, level_sets
    from ._load import LevelSet, load_levels
    from ._mass import PolygonMass, circle_mass, polygon_area, polygon_mass
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
    from ._shapes import BodyProperties, JointAnchors, Point
    from ._size import (
        BOUNDARY,
        CEILING,
        FLOOR,
        LEFT_WALL,
        MAX_BODIES,
        RIGHT_WALL,
        SIZES,
        VERTICES,
        L,
        M,
        S,
        SceneSize,
        parse_size,
        smallest,
    )
    from ._slots import expand, permute
    from ._sources import (
        Part,
        SizedLevel,
        find_level,
        find_levels,
        find_sources,
        level_names,
        level_source,
        made_sets,
        sized_levels,
    )
    from ._summary import LevelSummary, summarise_level
    from ._validate import check_scene, validate

_WHERE = {
    "_builder": ("Motor", "SceneBuilder"),
    "_describe": ("describe_level", "describe_scene"),
    "_fetch": ("fetch_published",),
    "_files": ("Level", "LevelParameters", "read_level", "write_level"),
    "_hash": ("levels_hash",),
    "_library": ("Entry", "level_sets"),
    "_load": ("LevelSet", "load_levels"),
    "_mass": ("PolygonMass", "circle_mass", "polygon_area", "polygon_mass"),
    "_scene": (
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
    ),
    "_shapes": ("BodyProperties", "JointAnchors", "Point"),
    "_size": (
        "BOUNDARY",
        "CEILING",
        "FLOOR",
        "LEFT_WALL",
        "MAX_BODIES",
        "RIGHT_WALL",
        "SIZES",
        "VERTICES",
        "L",
        "M",
        "S",
        "SceneSize",
        "parse_size",
        "smallest",
    ),
    "_slots": ("expand", "permute"),
    "_sources": (
        "Part",
        "SizedLevel",
        "find_level",
        "find_levels",
        "find_sources",
        "level_names",
        "level_source",
        "made_sets",
        "sized_levels",
    ),
    "_summary": ("LevelSummary", "summarise_level"),
    "_validate": ("check_scene", "validate"),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: f".{module}" for module, names in _WHERE.items() for name in names}
)
