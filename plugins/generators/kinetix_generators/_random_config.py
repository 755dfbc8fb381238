"""Settings of the generator `random`. Standard library only."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from kinetix_core.errors import SettingError

_CHANCES = (
    "green_side_chance",
    "stretch_chance",
    "triangle_chance",
    "large_chance",
    "guard_chance",
    "fixate_chance_min",
    "fixate_chance_max",
    "low_chance",
    "low_chance_of_roles",
    "fixed_joint_chance",
    "motor_on_chance",
    "limits_chance",
    "connected_chance",
    "free_chance",
    "thruster_chance",
    "thruster_align_chance",
    "swap_chance",
)
_POSITIVE = (
    "max_shape_size",
    "goal_size_factor",
    "large_size",
    "stretch_factor",
    "min_half_side",
    "min_radius",
)
_RANGES = (
    ("motor_speed_min", "motor_speed_max"),
    ("motor_power_min", "motor_power_max"),
    ("wheel_power_min", "wheel_power_max"),
    ("thruster_power_min", "thruster_power_max"),
    ("fixate_chance_min", "fixate_chance_max"),
)


@dataclass(frozen=True)
class ShapesConfig:
    """How single shapes, joints and thrusters are drawn: what `random` and mutations share.

    Lengths in m, angles in rad. Source: spec/generator.md 2 and 4.
    """

    max_shape_size: float = 1.0
    """Diagonal of the largest rectangle that is not stretched; 0.8 of it: the largest circle."""
    goal_size_factor: float = 1.0
    """Times `max_shape_size` for green and blue shapes."""
    large_chance: float = 0.0
    """That a shape, whatever its role, is drawn with `large_size` as its `max_shape_size`."""
    large_size: float = 2.0
    """For these."""
    min_half_side: float = 0.05
    """Half of a rectangle's shortest side."""
    min_radius: float = 0.1
    """Of the smallest circle."""
    circle_size_factor: float = 0.8
    """Diameter of the largest circle, as a part of `max_shape_size`."""
    stretch_chance: float = 0.3
    """That one side of a rectangle, each as likely, is longer by `stretch_factor`."""
    stretch_factor: float = 2.0
    """How much longer."""
    triangle_chance: float = 0.0
    """That a polygon has 3 vertices instead of 4."""
    red_weight: float = 1 / 3
    """Red against neutral (1), where green and blue are there and red is not."""
    green_side_chance: float = 0.5
    """That a green shape is put into the left half, or a blue one into the right half."""
    fixate_chance_min: float = 0.02
    """That a shape of no mass is fixated."""
    fixate_chance_per_mass: float = 4.0
    """What each kg adds to that."""
    fixate_chance_max: float = 1.0
    """At most this."""
    low_chance: float = 0.0
    """That a fixated shape in the upper half is moved into the lower half."""
    low_chance_of_roles: float = 0.6
    """Added for shapes with a role."""
    fixated_target_weight: float = 0.05
    """How likely a joint is to a fixated shape, against a movable one (1)."""
    polygon_joints: int = 2
    """From this many joints on a polygon gets no more; its weight goes down with each."""
    fixed_joint_chance: float = 0.5
    """That a joint is fixed instead of revolute, where it may be."""
    min_revolute_joints: int = 2
    """Joints are revolute while there are fewer than this many."""
    motor_on_chance: float = 0.8
    """That a revolute joint has a motor."""
    motor_speed_min: float = 0.4
    """Of the slowest motor, times the engine's base_motor_speed."""
    motor_speed_max: float = 3.0
    """Of the fastest."""
    motor_power_min: float = 1.0
    """Of the weakest motor between polygons, times the engine's base_motor_power."""
    motor_power_max: float = 3.0
    """Of the strongest."""
    wheel_power_min: float = 1.0
    """Of the weakest motor at a circle."""
    wheel_power_max: float = 1.0
    """Of the strongest."""
    limits_chance: float = 0.4
    """That a revolute joint between polygons has limits."""
    limit_max: float = math.pi
    """Limits are drawn up to this, to either side."""
    thruster_align_chance: float = 0.8
    """That a thruster points along the line through the centre of mass."""
    thruster_power: float = 2.0
    """Power per kg of the shape, times a number between the next two."""
    thruster_power_min: float = 0.5
    """Of the weakest thruster, times `thruster_power`."""
    thruster_power_max: float = 2.0
    """Of the strongest."""

    def __post_init__(self) -> None:
        names = {f.name for f in fields(self)}
        for name in names.intersection(_CHANCES):
            self._check(name, 0 <= getattr(self, name) <= 1, "0 to 1")
        for name in names.intersection(_POSITIVE):
            self._check(name, 0 < getattr(self, name) < math.inf, "a number above 0")
        for low, high in _RANGES:
            limit = getattr(self, high)
            self._check(low, 0 <= getattr(self, low) <= limit < math.inf, f"0 to {high}={limit}")
        for name in ("red_weight", "fixated_target_weight", "limit_max", "thruster_power"):
            self._check(name, 0 <= getattr(self, name) < math.inf, "0 or more")
        for name in ("circle_size_factor", "fixate_chance_per_mass", "min_revolute_joints"):
            self._check(name, 0 <= getattr(self, name) < math.inf, "0 or more")
        self._check("polygon_joints", self.polygon_joints >= 1, "at least 1")

    def _check(self, name: str, good: bool, allowed: str) -> None:
        if not good:
            raise SettingError(f"{name}={getattr(self, name)}: {allowed} is expected")


@dataclass(frozen=True)
class RandomConfig(ShapesConfig):
    """The published distribution of levels. Source: spec/generator.md 1 to 5."""

    floor_roles: tuple[float, ...] = (0.9, 0.0, 0.02, 0.08)
    """Weights of a neutral, green, blue and red floor."""
    guard_chance: float = 0.5
    """That the first shape is the one of the first two that must be movable."""
    control_weights: tuple[float, ...] = (1.0, 1.0, 1.0)
    """Of what every level has: a joint, a thruster, or both."""
    third_shape: bool = True
    """Whether a level without that joint has a third shape too, put anywhere."""
    connected_chance: float = 0.35
    """That one of the further shapes is joined to another one."""
    free_chance: float = 0.35
    """That it is put anywhere; otherwise there is none."""
    thruster_chance: float = 0.3
    """Of each further thruster."""
    swap_chance: float = 0.5
    """That green and blue change places, where the floor is neutral."""
    proposals: int = 8
    """Candidates for each shape, of which the one that touches least is taken."""
    visibility_margin: float = 0.05
    """How far a joined shape must stand out from behind the other one."""
    hidden_penalty: float = 10.0
    """What it counts, in contacts, if it does not."""
    small_bodies: int = 7
    """Scenes with at most this many bodies, such as size s, count as small."""
    small_proposals: int = 1
    """Candidates for each shape in a small scene. A fault of a compiler, kept as published."""
    small_fixation: bool = False
    """Whether shapes of a small scene may be fixated. Part of the same fault."""
    permute: bool = True
    """Shuffle the slots, so that a body's number says nothing about it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, count in (("floor_roles", 4), ("control_weights", 3)):
            weights = getattr(self, name)
            good = len(weights) == count and min(weights) >= 0 and 0 < sum(weights) < math.inf
            self._check(name, good, f"a list of {count} weights, not all of them 0,")
        for name in ("proposals", "small_proposals"):
            self._check(name, getattr(self, name) >= 1, "at least 1")
        for name in ("visibility_margin", "hidden_penalty", "small_bodies"):
            self._check(name, 0 <= getattr(self, name) < math.inf, "0 or more")
        chances = self.connected_chance + self.free_chance
        self._check("free_chance", chances <= 1, f"0 to {1 - self.connected_chance:g}")
