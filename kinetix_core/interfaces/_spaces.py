"""Spaces: what actions and observations look like. Static and hashable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np


@dataclass(frozen=True)
class Box:
    """Arrays of one shape with every entry in [low, high]."""

    low: float
    high: float
    shape: tuple[int, ...]
    dtype: str = "float32"

    def contains(self, value: Any) -> bool:
        """Whether `value` has this shape and type, and every entry is in the range."""
        array = np.asarray(value)
        inside = array.dtype == bool or bool(np.all((array >= self.low) & (array <= self.high)))
        return array.shape == self.shape and str(array.dtype) == self.dtype and inside


def _whole(array: np.ndarray) -> bool:
    return np.issubdtype(array.dtype, np.integer)


@dataclass(frozen=True)
class Discrete:
    """One integer in 0..n-1, of any integer type."""

    n: int
    dtype: str = "int32"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one value: no axes."""
        return ()

    def contains(self, value: Any) -> bool:
        """Whether `value` is one of these integers."""
        array = np.asarray(value)
        return array.shape == () and _whole(array) and bool(0 <= array < self.n)


@dataclass(frozen=True)
class MultiDiscrete:
    """One integer in 0..n-1 for each n of `sizes`, of any integer type."""

    sizes: tuple[int, ...]
    dtype: str = "int32"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one value: an entry for each of `sizes`."""
        return (len(self.sizes),)

    def contains(self, value: Any) -> bool:
        """Whether `value` has an integer below each of `sizes`."""
        array = np.asarray(value)
        if array.shape != self.shape or not _whole(array):
            return False
        return bool(np.all((array >= 0) & (array < np.array(self.sizes))))


@dataclass(frozen=True)
class Record:
    """Named parts, each with a space of its own: an observation that is a mapping."""

    parts: tuple[tuple[str, Box | Discrete | MultiDiscrete], ...]

    def contains(self, value: Any) -> bool:
        """Whether `value` is a mapping with exactly these parts, each in its space."""
        return set(value) == {name for name, _ in self.parts} and all(
            space.contains(value[name]) for name, space in self.parts
        )


Space: TypeAlias = Box | Discrete | MultiDiscrete | Record
