"""The geometry of a picture and of the icons on it. Source: spec/rendering.md 1 and 3."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from kinetix_core.scene import Array

from ._config import PixelsConfig

_ROUND = ((2, 3), (1, 4), (0, 5), (0, 5), (1, 4), (2, 3))
_ROUND_CORE = ((9, 0), (2, 3), (1, 4), (1, 4), (2, 3), (9, 0))
_SQUARE = ((0, 5),) * 6
_SQUARE_CORE = ((9, 0), (1, 4), (1, 4), (1, 4), (1, 4), (9, 0))
_DISC = 4
"""From this downscale on a joint is a disc of one colour, and bodies have no outline."""

# corners clockwise, in sixteenths of the icon, whose first axis points along the push
_FLAME = ((0, 8.5), (9, 12), (9, 4), (0, 7.5))
_NOZZLE = ((9, 12), (16, 10), (16, 6), (9, 4))


@dataclass(frozen=True)
class View:
    """Sizes in pixels. The canvas is the picture with a margin around it."""

    config: PixelsConfig

    @property
    def width(self) -> int:
        return self.config.screen_dim[0] // self.config.downscale

    @property
    def height(self) -> int:
        return self.config.screen_dim[1] // self.config.downscale

    @property
    def scale(self) -> int:
        """Pixels per metre."""
        return self.config.pixels_per_unit // self.config.downscale

    @property
    def margin(self) -> int:
        """On every side; also the side of the square patch in which a body is drawn."""
        return self.config.max_shape_size * self.scale

    @property
    def outline(self) -> int:
        """Thickness of the line around a body."""
        return {1: 2, 2: 1, 3: 2}.get(self.config.downscale, 0)

    @property
    def thruster(self) -> int:
        """Side of a thruster's icon."""
        return self._icon(16)

    @cached_property
    def joint(self) -> JointIcon:
        size, disc = self._icon(6), self.config.downscale >= _DISC
        return _disc(size) if disc else _stretched(size)

    def _icon(self, texels: int) -> int:
        size = (texels // self.config.downscale) * self.config.pixels_per_unit / 100
        return max(1, math.ceil(size))

    @property
    def columns(self) -> np.ndarray:
        """Canvas positions of the picture's columns."""
        return np.arange(self.width, dtype=np.float32) + self.margin

    def canvas(self, world: Array) -> Array:
        """Metres to pixels of the canvas."""
        return (world + self.config.max_shape_size) * self.scale


@dataclass(frozen=True)
class JointIcon:
    """First and last row per column of the icon, below and left of which is its corner.

    Each is (2, columns, 2): of hinges, of fixed joints. `core` is None where the whole icon has
    the joint's colour; otherwise the rest is black.
    """

    size: int
    shape: np.ndarray
    core: np.ndarray | None


def _disc(size: int) -> JointIcon:
    offset = np.arange(size) - size // 2
    inside = offset[:, None] ** 2 + offset[None, :] ** 2 < (size / 2) ** 2
    spans = np.array([_extent(column) for column in inside])
    return JointIcon(size, np.stack([spans, spans]), None)


def _stretched(size: int) -> JointIcon:
    """The icon of 6 by 6 texels over a patch, nearest texel."""
    t = np.arange(size) / max(size - 1, 1)
    texel = np.clip(np.round(6 * t - 0.5), 0, 5).astype(int)

    def spans(texels: tuple[tuple[int, int], ...]) -> np.ndarray:
        first, last = np.array(texels)[texel].T[:, :, None]
        return np.array([_extent(row) for row in (texel >= first) & (texel <= last)])

    shape = np.stack([spans(_ROUND), spans(_SQUARE)])
    return JointIcon(size, shape, np.stack([spans(_ROUND_CORE), spans(_SQUARE_CORE)]))


def _extent(column: np.ndarray) -> tuple[int, int]:
    """First and last entry that is set; an empty span where there is none."""
    found = np.flatnonzero(column)
    return (int(found[0]), int(found[-1])) if len(found) else (len(column), -1)


def thruster_icon(size: int) -> Float[np.ndarray, "2 4 2"]:
    """Corners of flame and nozzle in pixels about the icon's middle, for a push along x."""
    corners = np.array([_FLAME, _NOZZLE], np.float32) / 16
    return (corners - 0.5) * size
