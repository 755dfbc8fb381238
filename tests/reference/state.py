"""State and parameters of one scene, as plain NumPy arrays without a batch axis.

Field names are those of the physics specification and of the golden data. P polygons, C circles,
J joints, T thrusters, N = P + C bodies, K rows of a contact table.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tests.reference.pairs import circle_pairs, circle_polygon_pairs, polygon_pairs

Array = np.ndarray


@dataclass(frozen=True)
class Params:
    """Runtime and solver parameters; plain Python numbers, so that they take on float32."""

    dt: float = 1 / 60
    slop: float = 0.01
    baumgarte_coefficient_collision: float = 0.2
    baumgarte_coefficient_joints_v: float = 2.0
    baumgarte_coefficient_joints_p: float = 0.7
    baumgarte_coefficient_fjoint_av: float = 2.0
    baumgarte_coefficient_rjoint_limit_av: float = 5.0
    joint_stiffness: float = 0.6
    clip_position: float = 15.0
    clip_velocity: float = 100.0
    clip_angular_velocity: float = 50.0
    base_motor_speed: float = 6.0
    base_motor_power: float = 900.0
    motor_decay_coefficient: float = 0.1
    motor_joint_limit: float = 0.1
    base_thruster_power: float = 10.0
    base_friction: float = 0.4
    num_solver_iterations: int = 10
    solver_batch_size: int = 16


@dataclass
class Body:
    """Polygons or circles."""

    position: Array  # (n, 2)
    rotation: Array  # (n,)
    velocity: Array  # (n, 2)
    angular_velocity: Array  # (n,)
    inverse_mass: Array  # (n,)
    inverse_inertia: Array  # (n,)
    friction: Array  # (n,)
    restitution: Array  # (n,)
    collision_mode: Array  # (n,) int32
    active: Array  # (n,) bool
    n_vertices: Array  # (n,) int32
    vertices: Array  # (n, 4, 2), clockwise, body frame
    radius: Array  # (n,)


@dataclass
class Joint:
    a_index: Array  # (J,) int32, body index
    b_index: Array  # (J,) int32
    a_relative_pos: Array  # (J, 2)
    b_relative_pos: Array  # (J, 2)
    global_position: Array  # (J, 2)
    active: Array  # (J,) bool
    acc_impulse: Array  # (J, 2)
    acc_r_impulse: Array  # (J,)
    motor_speed: Array  # (J,)
    motor_power: Array  # (J,)
    motor_on: Array  # (J,) bool
    motor_has_joint_limits: Array  # (J,) bool
    min_rotation: Array  # (J,)
    max_rotation: Array  # (J,)
    is_fixed_joint: Array  # (J,) bool
    rotation: Array  # (J,)


@dataclass
class Thruster:
    object_index: Array  # (T,) int32, body index
    relative_position: Array  # (T, 2)
    rotation: Array  # (T,)
    power: Array  # (T,)
    global_position: Array  # (T, 2)
    active: Array  # (T,) bool


@dataclass
class Memory:
    """What one contact table hands to the next step; `pp` has an axis of two slots after K.

    `point` is read only without the quirk `warm_start_by_slot`.
    """

    active: Array  # (K,) or (K, 2) bool
    acc_n: Array  # (K,) or (K, 2)
    acc_t: Array  # (K,) or (K, 2)
    point: Array  # (K, 2) or (K, 2, 2)


@dataclass
class Memories:
    pp: Memory
    cp: Memory
    cc: Memory


@dataclass
class State:
    polygon: Body
    circle: Body
    joint: Joint
    thruster: Thruster
    collision_matrix: Array  # (N, N) bool
    memory: Memories
    gravity: Array  # (2,)

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """P, C, J, T."""
        parts = self.polygon, self.circle, self.joint, self.thruster
        return tuple(len(part.active) for part in parts)


MEMORY_KEYS = {"pp": "acc_rr_manifolds", "cp": "acc_cr_manifolds", "cc": "acc_cc_manifolds"}
MEMORY_FIELDS = {
    "active": "active",
    "acc_n": "acc_impulse_normal",
    "acc_t": "acc_impulse_tangent",
    "point": "collision_point",
}


def empty_memories(P: int, C: int) -> Memories:
    """Memories of a scene that has had no step yet."""

    def empty(*shape):
        zeros = np.zeros(shape, np.float32)
        return Memory(zeros.astype(bool), zeros, zeros.copy(), np.zeros((*shape, 2), np.float32))

    return Memories(
        pp=empty(len(polygon_pairs(P)), 2),
        cp=empty(len(circle_polygon_pairs(C, P))),
        cc=empty(len(circle_pairs(C))),
    )


def from_golden(archive: Mapping[str, Array], row: int, prefix: str = "state.") -> State:
    """The state of one row of a golden archive; manifolds that are left out are empty."""

    def record(kind, name):
        keys = [field.name for field in dataclasses.fields(kind)]
        return kind(**{key: archive[f"{prefix}{name}.{key}"][row].copy() for key in keys})

    polygon, circle = record(Body, "polygon"), record(Body, "circle")
    memory = empty_memories(len(polygon.active), len(circle.active))
    for table, manifolds in MEMORY_KEYS.items():
        for field, key in MEMORY_FIELDS.items():
            if f"{prefix}{manifolds}.{key}" in archive:
                value = archive[f"{prefix}{manifolds}.{key}"][row].copy()
                setattr(getattr(memory, table), field, value)
    return State(
        polygon=polygon,
        circle=circle,
        joint=record(Joint, "joint"),
        thruster=record(Thruster, "thruster"),
        collision_matrix=archive[f"{prefix}collision_matrix"][row].copy(),
        memory=memory,
        gravity=archive[f"{prefix}gravity"][row].copy(),
    )


def to_golden(state: State, prefix: str = "state.") -> dict[str, Array]:
    """The same keys and shapes as a golden archive, without its leading axis."""
    arrays = {}
    for name in ("polygon", "circle", "joint", "thruster"):
        record = getattr(state, name)
        for field in dataclasses.fields(record):
            arrays[f"{prefix}{name}.{field.name}"] = getattr(record, field.name)
    for table, manifolds in MEMORY_KEYS.items():
        for field, key in MEMORY_FIELDS.items():
            arrays[f"{prefix}{manifolds}.{key}"] = getattr(getattr(state.memory, table), field)
    arrays[f"{prefix}collision_matrix"] = state.collision_matrix
    arrays[f"{prefix}gravity"] = state.gravity
    return arrays


def astype(part, dtype):
    """A copy of a state (or of a part of it) with all floating-point arrays as `dtype`."""
    if dataclasses.is_dataclass(part):
        fields = {f.name: astype(getattr(part, f.name), dtype) for f in dataclasses.fields(part)}
        return type(part)(**fields)
    return part.astype(dtype) if np.issubdtype(part.dtype, np.floating) else part.copy()
