"""Settings of the mutations. Standard library only."""

import math
from dataclasses import dataclass

from kinetix_core.errors import SettingError

from ._random_config import ShapesConfig


@dataclass(frozen=True)
class EditConfig:
    """How often a mutation is drawn."""

    weight: float = 1.0
    """Against the weights of the others."""

    def __post_init__(self) -> None:
        if not 0 <= self.weight < math.inf:
            raise SettingError(f"weight={self.weight}: 0 or more is expected")


@dataclass(frozen=True)
class RareEditConfig(EditConfig):
    """The same, for what is drawn rarely."""

    weight: float = 0.1
    """Against the weights of the others."""


@dataclass(frozen=True)
class UnusedEditConfig(EditConfig):
    """The same, for what the published system has but does not use."""

    weight: float = 0.0
    """Against the weights of the others."""


@dataclass(frozen=True)
class ShapeEditConfig(ShapesConfig):
    """A mutation that draws a shape, joint or thruster as the generator does."""

    weight: float = 1.0
    """Against the weights of the others."""

    def __post_init__(self) -> None:
        super().__post_init__()
        EditConfig(self.weight)


@dataclass(frozen=True)
class PositionConfig(EditConfig):
    """How far shapes are moved."""

    reach: float = 0.5
    """m, in x and in y."""


@dataclass(frozen=True)
class RotationConfig(EditConfig):
    """How far shapes are turned."""

    most: float = math.pi / 2
    """rad, counter-clockwise."""


@dataclass(frozen=True)
class GravityConfig(UnusedEditConfig):
    """How gravity changes."""

    usual_chance: float = 0.5
    """That it is the usual one."""
