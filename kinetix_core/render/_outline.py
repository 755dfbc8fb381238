"""Outlines of vector pictures as points: paths, circles, rectangles, and their dashes."""

from __future__ import annotations

import math
import re
from xml.etree.ElementTree import Element

import numpy as np

_TOKEN = re.compile(r"[MLHVAQZ]|-?\d*\.?\d+(?:e-?\d+)?")
_ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "A": 7, "Z": 0}

Line = tuple[np.ndarray, bool]
"""Points (n, 2), and whether the last one is joined to the first."""


def outline(element: Element, tolerance: float = 1e-3) -> list[Line]:
    """The lines of a path, polygon, polyline, circle or rect, in its own coordinates.

    Arcs become points between which they are never more than `tolerance` off a straight line.
    """
    tag, get = element.tag.rpartition("}")[2], element.get
    if tag == "path":
        return path_lines(get("d", ""), tolerance)
    if tag in ("polygon", "polyline"):
        numbers = [float(n) for n in re.split(r"[\s,]+", get("points", "").strip()) if n]
        return [(np.reshape(numbers, (-1, 2)), tag == "polygon")]
    if tag == "circle":
        x, y, r = (float(get(name, "0")) for name in ("cx", "cy", "r"))
        count = math.ceil(2 * math.pi / _turn(r, tolerance))
        angle = np.arange(count) * (2 * math.pi / count)
        return [(np.stack([x + r * np.cos(angle), y + r * np.sin(angle)], axis=1), True)]
    if tag == "rect":
        x, y, w, h = (float(get(name, "0")) for name in ("x", "y", "width", "height"))
        return [(np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]), True)]
    raise ValueError(f"{tag}: not drawn here")


def _turn(radius: float, tolerance: float) -> float:
    """The angle (rad) of a piece of an arc that is off a straight line by `tolerance`."""
    return 2 * math.acos(1 - min(max(tolerance / max(radius, 1e-9), 1e-5), 0.1))


def path_lines(text: str, tolerance: float = 1e-3) -> list[Line]:
    """Lines of a path of absolute M, L, H, V, Q, Z and circular A; curves become points."""
    tokens, lines, command = _TOKEN.findall(text), [], ""
    points: list[tuple[float, float]] = []
    i = 0
    while i < len(tokens):
        if tokens[i] in _ARGUMENTS:
            command, i = tokens[i], i + 1
        elif command == "M":
            command = "L"
        count = _ARGUMENTS[command]
        values = [float(token) for token in tokens[i : i + count]]
        i += count
        if command in "MZ":
            if len(points) > 1:
                lines.append((np.array(points), command == "Z"))
            points = [(values[0], values[1])] if command == "M" else points[:1]
        else:
            points += _piece(command, points[-1], values, tolerance)
    if len(points) > 1:
        lines.append((np.array(points), False))
    return lines


def _piece(
    command: str, start: tuple[float, float], values: list[float], tolerance: float
) -> list[tuple[float, float]]:
    """The points after `start` that one command adds."""
    x, y = start
    if command == "H":
        return [(values[0], y)]
    if command == "V":
        return [(x, values[0])]
    if command == "Q":
        bx, by, cx, cy = values
        at = [k / 12 for k in range(1, 13)]
        return [
            (
                (1 - t) ** 2 * x + 2 * t * (1 - t) * bx + t * t * cx,
                (1 - t) ** 2 * y + 2 * t * (1 - t) * by + t * t * cy,
            )
            for t in at
        ]
    if command == "A":
        large, sweep = bool(values[3]), bool(values[4])
        return _arc(start, values[0], large, sweep, (values[5], values[6]), tolerance)
    return [(values[0], values[1])]


def _arc(
    start: tuple[float, float],
    radius: float,
    large: bool,
    sweep: bool,
    end: tuple[float, float],
    tolerance: float,
) -> list[tuple[float, float]]:
    """Source: SVG 2, appendix B.2.4, for circles."""
    (x1, y1), (x2, y2) = start, end
    half_x, half_y = (x1 - x2) / 2, (y1 - y2) / 2
    square = half_x**2 + half_y**2
    if square == 0:
        return [end]
    away = math.sqrt(max(radius**2 / square - 1, 0.0)) * (1 if large != sweep else -1)
    cx, cy = away * half_y + (x1 + x2) / 2, -away * half_x + (y1 + y2) / 2
    radius = math.hypot(x1 - cx, y1 - cy)
    first = math.atan2(y1 - cy, x1 - cx)
    span = math.atan2(y2 - cy, x2 - cx) - first
    span = span % (2 * math.pi) if sweep else -(-span % (2 * math.pi))
    count = max(math.ceil(abs(span) / _turn(radius, tolerance)), 1)
    angles = [first + span * k / count for k in range(1, count + 1)]
    return [(cx + radius * math.cos(a), cy + radius * math.sin(a)) for a in angles]


def dashes(points: np.ndarray, on: float, off: float) -> list[np.ndarray]:
    """Straight pieces (2, 2) of length `on`, `off` apart, along a line."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    starts = np.arange(0, along[-1] + 1e-9, on + off)
    ends = np.minimum(starts + on, along[-1])

    def at(places: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(places, along, points[:, k]) for k in (0, 1)], axis=1)

    return list(np.stack([at(starts), at(ends)], axis=1))
