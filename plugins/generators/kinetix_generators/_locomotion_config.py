"""Settings of the generator `locomotion`. Standard library only."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kinetix_core.errors import SettingError


@dataclass(frozen=True)
class LocomotionConfig:
    """A two-legged walker and a goal. Lengths in m, angles in rad. Source: spec/generator.md 9."""

    body_width: float = 0.6
    """Of the green body, before it is scaled."""
    body_height: float = 0.2
    """Of the green body."""
    leg_width: float = 0.1
    """Of a leg."""
    leg_height: float = 0.3
    """Of a leg."""
    ankle_width: float = 0.1
    """Of an ankle."""
    ankle_height: float = 0.2
    """Of an ankle."""
    scale_min: float = 0.5
    """Each width and height is scaled by a factor of its own, from this."""
    scale_max: float = 1.5
    """To this."""
    same_legs: bool = False
    """Both legs have one size."""
    same_ankles: bool = False
    """Both ankles have one size."""
    same_width: bool = False
    """All limbs are as thick as the first leg."""
    ankles: bool = True
    """The legs have a second part."""
    gap: float = 0.05
    """How far inside the limbs their joints are."""
    lean: float = math.pi / 8
    """How far the legs are spread."""
    motor_speed: float = 1.0
    """Times the engine's base_motor_speed."""
    motor_power: float = 3.0
    """Times the engine's base_motor_power."""
    limit: float = math.pi / 4
    """How far joints turn either way."""
    random_motors: bool = False
    """Which actions drive the legs is drawn, instead of one for each."""
    extra_legs_min: int = 1
    """Further limbs, below the body or the left leg: at least this many."""
    extra_legs_max: int = 1
    """At most this many, as far as the size has room."""
    goal_radius: float = 0.3
    """Of the blue circle."""
    goal_height: float = 1.0
    """Of its centre."""
    goal_min: float = 2.0
    """Its least distance from the wall behind the walker."""
    goal_max: float = 4.5
    """Its greatest; equal to `goal_min` for a goal that stays where it is."""
    floor_roles: tuple[float, ...] = (0.75, 0.0, 0.0, 0.25)
    """Weights of a neutral, green, blue and red floor."""
    floor_friction_range: float = 0.0
    """Friction of the floor is 1, give or take this."""
    limb_friction_range: float = 0.0
    """Friction of each part of the walker is 1, give or take this."""
    limb_density_range: float = 0.0
    """Density of each part of the walker is 1, give or take this."""
    permute: bool = False
    """Shuffle the slots."""

    def __post_init__(self) -> None:
        for name in ("body_width", "body_height", "leg_width", "leg_height", "ankle_width"):
            self._check(name, 0 < getattr(self, name) <= 2, "above 0 and at most 2")
        for name in ("ankle_height", "goal_radius", "scale_min"):
            self._check(name, 0 < getattr(self, name) <= 2, "above 0 and at most 2")
        for name in ("floor_friction_range", "limb_friction_range", "limb_density_range"):
            self._check(name, 0 <= getattr(self, name) < 1, "0 or more and below 1")
        for name in ("gap", "lean", "limit", "motor_speed", "motor_power"):
            self._check(name, 0 <= getattr(self, name) < math.inf, "0 or more")
        self._check("scale_max", self.scale_min <= self.scale_max <= 2, "scale_min to 2")
        self._check("extra_legs_min", self.extra_legs_min >= 0, "0 or more")
        least = self.extra_legs_min
        self._check("extra_legs_max", self.extra_legs_max >= least, f"{least} or more")
        self._check("goal_min", 0 <= self.goal_min <= 5, "0 to 5")
        self._check("goal_max", self.goal_min <= self.goal_max <= 5, "goal_min to 5")
        weights = self.floor_roles
        good = len(weights) == 4 and min(weights) >= 0 and 0 < sum(weights) < math.inf
        self._check("floor_roles", good, "a list of 4 weights, not all of them 0,")

    def _check(self, name: str, good: bool, allowed: str) -> None:
        if not good:
            raise SettingError(f"{name}={getattr(self, name)}: {allowed} is expected")
