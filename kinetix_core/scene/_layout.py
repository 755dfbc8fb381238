"""The published level format: the keys of every record, and their types.

Standard library only. Source: spec/level_format.md 1 to 3.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from ._size import BOUNDARY, VERTICES, SceneSize

Field: TypeAlias = tuple[type, tuple[int, ...]]

_NUMBER: Field = (float, ())
_INDEX: Field = (int, ())
_FLAG: Field = (bool, ())
_VECTOR: Field = (float, (2,))

BODY: dict[str, Field] = {
    "position": _VECTOR,
    "rotation": _NUMBER,
    "velocity": _VECTOR,
    "angular_velocity": _NUMBER,
    "inverse_mass": _NUMBER,
    "inverse_inertia": _NUMBER,
    "friction": _NUMBER,
    "restitution": _NUMBER,
    "collision_mode": _INDEX,
    "active": _FLAG,
    "n_vertices": _INDEX,
    "vertices": (float, (VERTICES, 2)),
    "radius": _NUMBER,
    "role": _INDEX,
    "density": _NUMBER,
    "highlighted": _FLAG,
}
JOINT: dict[str, Field] = {
    "a_index": _INDEX,
    "b_index": _INDEX,
    "a_relative_pos": _VECTOR,
    "b_relative_pos": _VECTOR,
    "global_position": _VECTOR,
    "active": _FLAG,
    "acc_impulse": _VECTOR,
    "acc_r_impulse": _NUMBER,
    "motor_speed": _NUMBER,
    "motor_power": _NUMBER,
    "motor_on": _FLAG,
    "motor_has_joint_limits": _FLAG,
    "min_rotation": _NUMBER,
    "max_rotation": _NUMBER,
    "is_fixed_joint": _FLAG,
    "rotation": _NUMBER,
    "motor_binding": _INDEX,
}
THRUSTER: dict[str, Field] = {
    "object_index": _INDEX,
    "relative_position": _VECTOR,
    "rotation": _NUMBER,
    "power": _NUMBER,
    "global_position": _VECTOR,
    "active": _FLAG,
    "thruster_binding": _INDEX,
}
CONTACT: dict[str, Field] = {
    "normal": _VECTOR,
    "penetration": _NUMBER,
    "collision_point": _VECTOR,
    "active": _FLAG,
    "acc_impulse_normal": _NUMBER,
    "acc_impulse_tangent": _NUMBER,
    "restitution_velocity_target": _NUMBER,
}
RECORDS = {
    "polygon": BODY,
    "circle": BODY,
    "joint": JOINT,
    "thruster": THRUSTER,
    "acc_rr_manifolds": CONTACT,
    "acc_cr_manifolds": CONTACT,
    "acc_cc_manifolds": CONTACT,
}
STATE_KEYS = (*list(RECORDS)[:4], "collision_matrix", *list(RECORDS)[4:], "gravity")
OPTIONAL = {"highlighted": False}
"""Keys that may be missing from a record, and what is then read."""

ENV_PARAMS: dict[str, Any] = {
    "dt": 1 / 60,
    "slop": 0.01,
    "baumgarte_coefficient_joints_v": 2.0,
    "baumgarte_coefficient_joints_p": 0.7,
    "baumgarte_coefficient_fjoint_av": 2.0,
    "baumgarte_coefficient_rjoint_limit_av": 5.0,
    "baumgarte_coefficient_collision": 0.2,
    "joint_stiffness": 0.6,
    "clip_position": 15,
    "clip_velocity": 100,
    "clip_angular_velocity": 50,
    "base_motor_speed": 6.0,
    "base_motor_power": 900.0,
    "base_thruster_power": 10.0,
    "motor_decay_coefficient": 0.1,
    "motor_joint_limit": 0.1,
    "base_friction": 0.4,
    "max_timesteps": 256,
    "pixels_per_unit": 100,
    "dense_reward_scale": 0.1,
    "num_shape_roles": 4,
}
"""The runtime parameters that the published levels hold, in their order."""
SIZE_KEYS = {
    "num_polygons": "polygons",
    "num_circles": "circles",
    "num_joints": "joints",
    "num_thrusters": "thrusters",
    "num_motor_bindings": "motor_bindings",
    "num_thruster_bindings": "thruster_bindings",
}
"""Slot and binding counts: their key in `static_env_params`, and the field of SceneSize."""


def static_params(size: SceneSize) -> dict[str, Any]:
    """The static parameters that the published levels of `size` hold, in their order."""
    return {
        "num_polygons": size.polygons,
        "num_circles": size.circles,
        "num_joints": size.joints,
        "num_thrusters": size.thrusters,
        "max_polygon_vertices": VERTICES,
        "num_solver_iterations": 10,
        "solver_batch_size": 16,
        "do_warm_starting": True,
        "num_static_fixated_polys": BOUNDARY,
        "screen_dim": {"0": 500, "1": 500},
        "downscale": 4,
        "frame_skip": 2,
        "max_shape_size": 2,
        "num_motor_bindings": size.motor_bindings,
        "num_thruster_bindings": size.thruster_bindings,
    }
