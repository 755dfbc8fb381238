"""What the published statistics of random levels measure, on levels of ours.

`measure(levels)` gives samples by name: (items,) arrays, one number per level, shape, joint or
thruster. `compare` holds them against the recording, entry by entry.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from kinetix_core.scene import BLUE, BOUNDARY, GREEN, Scene

NAMES = ("neutral", "green", "blue", "red")


class Levels:
    """Levels along a leading axis on the host, with what follows from them. Bodies: unified."""

    def __init__(self, levels: Scene) -> None:
        p, c, j, t = levels.polygons, levels.circles, levels.joints, levels.thrusters
        self.levels, self.count = levels, levels.gravity.shape[0]

        def both(name: str) -> np.ndarray:
            return np.concatenate([getattr(p, name), getattr(c, name)], axis=1)

        bodies = levels.size.bodies
        self.number = np.arange(bodies)
        self.circle = np.broadcast_to(self.number >= levels.size.polygons, (self.count, bodies))
        self.shape = both("active") & (self.number >= BOUNDARY)
        self.role, self.position = both("role"), both("position")
        self.rotation, self.radius = both("rotation"), both("radius")
        self.fixated = (both("inverse_mass") == 0) & self.shape
        self.half = np.zeros((self.count, bodies, 2))
        self.half[:, : levels.size.polygons] = np.abs(p.vertices).max(axis=2)
        self.area = np.where(
            self.circle, np.pi * self.radius**2, 4 * self.half[..., 0] * self.half[..., 1]
        )
        ends = np.stack([j.a_index, j.b_index], axis=-1)
        onehot = (ends[..., None] == self.number) & j.active[..., None, None]
        self.joined = onehot.any(axis=(1, 2))
        self.joint, self.thruster, self.ends = j.active, t.active, ends
        self.end_circle = self.of(self.circle, ends)
        self.end_fixated = self.of(both("inverse_mass") == 0, ends)
        self.turns = j.active & ~j.is_fixed_joint
        self.motor = self.turns & j.motor_on

    @staticmethod
    def of(values: np.ndarray, index: np.ndarray) -> np.ndarray:
        """`values` (levels, bodies) at body indices (levels, ...)."""
        flat = np.take_along_axis(values, index.reshape(len(index), -1), axis=1)
        return flat.reshape(index.shape)


def counts_per_level(x: Levels) -> dict[str, np.ndarray]:
    """One number per level."""
    return {
        "non_static_polygons": (x.shape & ~x.circle).sum(1),
        "circles": (x.shape & x.circle).sum(1),
        "shapes": x.shape.sum(1),
        "joints": x.joint.sum(1),
        "revolute_joints": x.turns.sum(1),
        "fixed_joints": (x.joint & ~x.turns).sum(1),
        "joints_with_motor_on": x.motor.sum(1),
        "thrusters": x.thruster.sum(1),
        "fixated_shapes": x.fixated.sum(1),
    }


def choices(x: Levels) -> dict[str, np.ndarray]:
    """Numbers of which the recording has a table of shares."""
    j = x.levels.joints
    bindings = np.arange(x.levels.size.motor_bindings)
    used = ((j.motor_binding[..., None] == bindings) & x.motor[..., None]).any(1).sum(1)
    group = (~x.levels.collision_matrix & x.shape[:, None] & x.shape[:, :, None]).sum(2)
    return {
        "floor_role": x.role[:, 0],
        "roles_of_active_non_static_shapes": x.role[x.shape],
        "motor_binding_of_revolute_joints": j.motor_binding[x.turns],
        "distinct_motor_bindings_per_level_with_motor": used[x.motor.any(1)],
        "thruster_binding": x.levels.thrusters.thruster_binding[x.thruster],
        "joined_group_size_per_shape": group[x.shape],
    }


def levels_with_role(x: Levels) -> dict[str, np.ndarray]:
    """Whether a level has a role, with and without its floor."""
    found = {}
    for role in range(4):
        there = ((x.role == role) & x.shape).any(1)
        found[f"role{role}_non_static"] = there
        if role:
            found[f"role{role}_including_floor"] = there | (x.role[:, 0] == role)
    return found


def fractions(x: Levels) -> dict[str, np.ndarray]:
    """Truth values, of which the recording has the shares."""
    j, t = x.levels.joints, x.levels.thrusters
    polygon = x.shape & ~x.circle
    circle = x.shape & x.circle
    found = {
        "shape_is_circle": x.circle[x.shape],
        "shape_is_fixated": x.fixated[x.shape],
        "polygon_is_fixated": x.fixated[polygon],
        "circle_is_fixated": x.fixated[circle],
    }
    for role, name in enumerate(NAMES):
        of_role = x.shape & (x.role == role)
        found |= {
            f"{name}_is_fixated": x.fixated[of_role],
            f"{name}_is_circle": x.circle[of_role],
            f"{name}_has_joint": x.joined[of_role],
        }
    has_joint, has_thruster = x.joint.any(1), x.thruster.any(1)
    any_circle = x.end_circle.any(2)
    between = x.turns & ~any_circle
    on_circle = x.of(x.circle, t.object_index)
    direction = np.arctan2(t.relative_position[..., 1], t.relative_position[..., 0])
    off = np.abs(np.sin(t.rotation - direction))
    green, blue = (x.shape & (x.role == r) for r in (GREEN, BLUE))
    pair = green.any(1) & blue.any(1)
    place_x = x.position[..., 0]
    left = (place_x * green).sum(1) < (place_x * blue).sum(1)
    position = x.position[x.shape]
    outside = (position[:, 0] < 0) | (position[:, 0] > 5) | (position[:, 1] < 0.4)
    return found | {
        "shape_has_joint": x.joined[x.shape],
        "fixated_shape_has_joint": x.joined[x.fixated],
        "level_has_joint": has_joint,
        "level_has_thruster": has_thruster,
        "level_has_joint_and_thruster": has_joint & has_thruster,
        "level_has_neither": ~has_joint & ~has_thruster,
        "level_has_no_working_control": ~x.motor.any(1) & ~has_thruster,
        "level_has_fixated_shape": x.fixated.any(1),
        "level_all_shapes_fixated": (x.fixated == x.shape).all(1),
        "joint_is_fixed": ~x.turns[x.joint],
        "revolute_joint_motor_on": j.motor_on[x.turns],
        "revolute_joint_has_limits": j.motor_has_joint_limits[x.turns],
        "joint_involves_circle": any_circle[x.joint],
        "joint_involves_static_polygon": (x.ends < BOUNDARY).any(2)[x.joint],
        "joint_involves_two_circles": x.end_circle.all(2)[x.joint],
        "revolute_polygon_polygon_joint_has_limits": j.motor_has_joint_limits[between],
        "joint_with_a_fixated_end": x.end_fixated.any(2)[x.joint],
        "thruster_on_circle": on_circle[x.thruster],
        "thruster_points_along_radius": off[x.thruster] < 1e-3,
        "green_left_of_blue": left[pair],
        "shape_centre_outside_arena_or_floor": outside | (position[:, 1] > 5),
    }


def values(x: Levels) -> dict[str, np.ndarray]:
    """Measured numbers, of which the recording has means, deviations and histograms."""
    j, t = x.levels.joints, x.levels.thrusters
    polygon, circle = x.shape & ~x.circle, x.shape & x.circle
    half = x.half[polygon]
    found = {
        "polygon_half_width_x": half[:, 0],
        "polygon_half_width_y": half[:, 1],
        "polygon_longer_half_side": half.max(1),
        "polygon_shorter_half_side": half.min(1),
        "polygon_area": x.area[polygon],
        "circle_radius": x.radius[circle],
        "polygon_area_fixated": x.area[polygon & x.fixated],
        "circle_radius_fixated": x.radius[circle & x.fixated],
        "rotation": x.rotation[x.shape],
    }
    parts = {name: x.shape & (x.role == role) for role, name in enumerate(NAMES)}
    parts |= {
        "unjoined_shape": x.shape & ~x.joined,
        "joined_shape": x.shape & x.joined,
        "fixated_shape": x.fixated,
    }
    for name, part in parts.items():
        found[f"{name}_x"], found[f"{name}_y"] = x.position[part].T
    green, blue = parts["green"], parts["blue"]
    pair = green.any(1) & blue.any(1)
    gap = (x.position * green[..., None]).sum(1) - (x.position * blue[..., None]).sum(1)
    wheel = x.end_circle.any(2)
    limits = j.active & j.motor_has_joint_limits
    mass = x.of(x.area, t.object_index)
    radius = x.of(x.radius, t.object_index)
    wheels = x.thruster & x.of(x.circle, t.object_index)
    distance = np.linalg.norm(t.relative_position, axis=-1)
    return found | {
        "green_blue_distance_when_both_are_shapes": np.linalg.norm(gap, axis=1)[pair],
        "motor_speed_revolute": j.motor_speed[x.turns],
        "motor_power_polygon_polygon": j.motor_power[x.turns & ~wheel],
        "motor_power_with_circle": j.motor_power[x.turns & wheel],
        "joint_limit_min": j.min_rotation[limits],
        "joint_limit_max": j.max_rotation[limits],
        "thruster_power_over_mass": (t.power / mass)[x.thruster],
        "thruster_radius_over_circle_radius": (distance[wheels] / radius[wheels]),
        "thruster_angle": t.rotation[x.thruster] % (2 * math.pi),
    }


Row = tuple[str, float, float, float, float]
"""Name, ours, recorded, standard error of the difference, and its size on which 1 % is 0.01."""


CLUSTERS = 1.5
"""Shapes of a level depend on each other, joined ones most: errors are this much larger."""


def _share(name: str, ours: np.ndarray, n: int, fraction: float, levels: int = 0) -> Row:
    m = max(len(ours), 1)
    p = float(np.mean(ours)) if len(ours) else 0.0
    pooled = (p * m + fraction * n) / (m + n)
    error = math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / n + 1 / m))
    error *= CLUSTERS if m > levels > 0 else 1.0
    return name, p, fraction, error, 1.0


def compare(levels: Scene, recorded: dict[str, Any]) -> Iterator[Row]:
    """Every entry of the recording that a level shows (what a policy does is another matter)."""
    x = Levels(levels)
    per_level = counts_per_level(x)
    tables = {name: recorded["counts_per_level"][name] for name in per_level}
    samples = dict(per_level)
    samples |= (more := choices(x))
    tables |= {name: recorded[name] for name in more}
    for name, table in tables.items():
        for value, fraction in zip(table["values"], table["fraction"], strict=True):
            yield _share(f"{name}={value}", samples[name] == value, table["n"], fraction)
    for group, found in (("levels_with_role", levels_with_role(x)), ("fractions", fractions(x))):
        assert set(found) >= set(recorded[group])
        for name, table in recorded[group].items():
            if table["n"]:
                yield _share(name, found[name], table["n"], table["fraction"])
    measured = values(x)
    assert set(measured) >= set(recorded["values"])
    for name, table in (recorded["values"] | recorded["count_means"]).items():
        ours = (measured | per_level)[name]
        error = math.hypot(ours.std() / math.sqrt(len(ours)), table["se"])
        scale = max(abs(table["mean"]), 1e-9)
        yield f"mean {name}", float(ours.mean()), table["mean"], error, scale
    for name, table in recorded["histograms"].items():
        edges = np.asarray(table["edges"])
        inside = np.clip(measured[name], edges[0], edges[-1])
        bins = np.minimum(np.searchsorted(edges, inside, side="right") - 1, len(edges) - 2)
        for i, fraction in enumerate(table["fraction"]):
            yield _share(f"{name} bin {i}", bins == i, table["n"], fraction, x.count)


def compare_ends(solved: np.ndarray, lost: np.ndarray, recorded: dict[str, Any]) -> Iterator[Row]:
    """What becomes of levels in which nothing is done, against `noop_policy_64_steps`.

    solved, lost: (levels,) the step that ended the first episode so; 0: it did not end so.
    """
    shares = {
        "solved": solved > 0,
        "lost": lost > 0,
        "still_running": (solved == 0) & (lost == 0),
        "solved_at_step_1": solved == 1,
        "lost_at_step_1": lost == 1,
    }
    for name, share in shares.items():
        yield _share(name, share, recorded[name]["n"], recorded[name]["fraction"])
    for name, steps in (("solved", solved), ("lost", lost)):
        counts = np.reshape(recorded[f"{name}_at_step_counts_1_to_64"], (-1, 8)).sum(axis=1)
        n = recorded[name]["n"]
        for i, count in enumerate(counts):
            there = (steps > 8 * i) & (steps <= 8 * i + 8)
            yield _share(f"{name} in steps {8 * i + 1} to {8 * i + 8}", there, n, count / n)


def out_of_bound(rows: list[Row], errors: float = 4.0) -> list[str]:
    """Entries that differ by more than 4 standard errors and by more than 1 %."""
    return [
        f"{name}: {ours:.4f} instead of {wanted:.4f}, {abs(ours - wanted) / error:.1f} errors"
        for name, ours, wanted, error, scale in rows
        if abs(ours - wanted) > max(errors * error, 0.01 * scale, 1e-6)
    ]
