"""Points along a tilted line, for levels with things that lie on a slope."""

from __future__ import annotations

import math
from collections.abc import Callable

Point = tuple[float, float]


def tilted(origin: Point, angle: float) -> Callable[[float, float], Point]:
    """A frame at `origin`, turned by `angle` (rad): (along, above) in m -> point of the room."""
    (x, y), c, s = origin, math.cos(float(angle)), math.sin(float(angle))
    return lambda along, above: (x + c * along - s * above, y + s * along + c * above)
