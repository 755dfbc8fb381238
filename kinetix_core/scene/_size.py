"""SceneSize: how many slots of each kind a scene has. Static, hashable, standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from kinetix_core.errors import SettingError, did_you_mean

BOUNDARY = 4
"""The first polygon slots: floor, left wall, right wall, ceiling."""
FLOOR, LEFT_WALL, RIGHT_WALL, CEILING = range(BOUNDARY)
VERTICES = 4
"""Vertex slots of a polygon."""
MAX_BODIES = 64
MAX_BINDINGS = 127
"""Of motors, and of thrusters; engines keep a binding in a signed byte."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class SceneSize:
    """How many of each a scene has room for. Polygons include the four of the boundary.

    Raises `SettingError` for counts that no scene can have. Source: spec/physics.md 1 and 2.2.
    """

    polygons: int
    circles: int
    joints: int
    thrusters: int
    motor_bindings: int = 4
    thruster_bindings: int = 2

    def __post_init__(self) -> None:
        least = {"polygons": BOUNDARY, "motor_bindings": 1, "thruster_bindings": 1}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise SettingError(f"size.{field.name}={value!r}: a whole number is expected")
            if value < (low := least.get(field.name, 0)):
                raise SettingError(f"size.{field.name}={value}: at least {low} is expected")
            if value > MAX_BINDINGS and field.name.endswith("_bindings"):
                raise SettingError(f"size.{field.name}={value}: at most {MAX_BINDINGS} is expected")
        if self.bodies > MAX_BODIES:
            raise SettingError(
                f"size: {self.polygons} polygons and {self.circles} circles are {self.bodies} "
                f"bodies; at most {MAX_BODIES} fit into a scene"
            )

    @property
    def bodies(self) -> int:
        """Polygons and circles. Body index: polygon i is i, circle k is `polygons + k`."""
        return self.polygons + self.circles

    @cached_property
    def polygon_pairs(self) -> tuple[Pair, ...]:
        """(polygon, polygon) body indices in published order; no pair within the boundary."""
        return tuple(
            (i, k)
            for i in range(self.polygons)
            for k in range(i + 1, self.polygons)
            if k >= BOUNDARY
        )

    @cached_property
    def circle_polygon_pairs(self) -> tuple[Pair, ...]:
        """(circle, polygon) body indices in published order."""
        return tuple(
            (self.polygons + c, p) for c in range(self.circles) for p in range(self.polygons)
        )

    @cached_property
    def circle_pairs(self) -> tuple[Pair, ...]:
        """(circle, circle) body indices in published order."""
        return tuple(
            (self.polygons + i, self.polygons + k)
            for i in range(self.circles)
            for k in range(i + 1, self.circles)
        )

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs that can touch: polygon-polygon, circle-polygon, circle-circle."""
        return self.polygon_pairs + self.circle_polygon_pairs + self.circle_pairs

    def holds(self, other: SceneSize) -> bool:
        """Whether a scene of size `other` can be expanded to this size."""
        return all(getattr(other, f.name) <= getattr(self, f.name) for f in fields(self)[:4])

    def slots(self, kind: str) -> str:
        """A count in words; polygons without the boundary: `1 polygon besides the boundary`."""
        count = getattr(self, kind) - BOUNDARY * (kind == "polygons")
        text = f"{count} {kind[:-1] if count == 1 else kind}"
        return f"{text} besides the boundary" if kind == "polygons" else text

    @property
    def written(self) -> str:
        """As a setting takes it: `s`, `m`, `l`, or all counts, the boundary's polygons included."""
        if self.name in SIZES:
            return self.name
        counts = {f.name: getattr(self, f.name) for f in fields(self)}
        if (counts["motor_bindings"], counts["thruster_bindings"]) == (4, 2):
            del counts["motor_bindings"], counts["thruster_bindings"]
        return "{" + ", ".join(f"{name}: {count}" for name, count in counts.items()) + "}"

    @property
    def name(self) -> str:
        """`s`, `m`, `l`, or the slot counts as in `p8c3j4t2` (bindings added if unusual)."""
        for name, size in SIZES.items():
            if size == self:
                return name
        text = f"p{self.polygons}c{self.circles}j{self.joints}t{self.thrusters}"
        bindings = (self.motor_bindings, self.thruster_bindings)
        return text if bindings == (4, 2) else f"{text}m{bindings[0]}b{bindings[1]}"

    def part_of(self, level_set: str) -> str:
        """Its levels of this size, as `random/s`; in other sizes than S, M and L the whole set,
        of which those that fit are taken."""
        return f"{level_set}/{self.name}" if self.name in SIZES else level_set


SIZES = {
    "s": SceneSize(5, 2, 1, 1),
    "m": SceneSize(6, 3, 2, 2),
    "l": SceneSize(12, 4, 6, 2),
}
S, M, L = SIZES["s"], SIZES["m"], SIZES["l"]


def smallest(size: SceneSize) -> SceneSize:
    """The first of S, M and L that holds `size`, bindings included, or else `size` itself."""

    def bindings(s: SceneSize) -> bool:
        return (
            s.motor_bindings >= size.motor_bindings
            and s.thruster_bindings >= size.thruster_bindings
        )

    return next((s for s in SIZES.values() if s.holds(size) and bindings(s)), size)


def parse_size(value: Any) -> SceneSize:
    """A size from what a config holds: `s`, `m`, `l`, a mapping of slot counts, or a SceneSize.

    Raises `SettingError` naming what was found and what is allowed.
    """
    if isinstance(value, SceneSize):
        return value
    if isinstance(value, str):
        if value.lower() in SIZES:
            return SIZES[value.lower()]
        raise SettingError(
            f"size={value}: s, m, l or {{polygons: 8, circles: 3, joints: 4, thrusters: 2}}"
            " is expected"
        )
    if isinstance(value, Mapping):
        known = [f.name for f in fields(SceneSize)]
        for key in value:
            if key not in known:
                raise SettingError(f"size.{key}: unknown{did_you_mean(str(key), known)}")
        if missing := [k for k in known[:4] if k not in value]:
            raise SettingError(f"size: {', '.join(missing)} missing")
        return SceneSize(**{str(k): v for k, v in value.items()})
    raise SettingError(f"size={value!r}: s, m, l or a mapping of slot counts is expected")
