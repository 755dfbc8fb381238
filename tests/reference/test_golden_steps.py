"""The reference against recorded single steps of the published system.

Every fifth row by default; `KINETIX_GOLDEN_STRIDE=1` takes all of them (a minute).
"""

import os

import numpy as np
import pytest

from tests import reference as ref
from tests.golden import SIZES, load_golden

# A normal is less exact than the rest: a circle's centre may lie close to the edge of a polygon.
TABLES = {"pp": "acc_rr_manifolds", "cp": "acc_cr_manifolds", "cc": "acc_cc_manifolds"}
GEOMETRY = {
    "normal": "normal",
    "point": "collision_point",
    "depth": "penetration",
    "vrest": "restitution_velocity_target",
}
IMPULSES = {"acc_n": "acc_impulse_normal", "acc_t": "acc_impulse_tangent"}
STRIDE = int(os.environ.get("KINETIX_GOLDEN_STRIDE", "5"))


def deviations(active, after, contacts, golden, row):
    """Differences of one row by quantity, each as a share of its tolerance."""
    shares = {}

    def compare(name, actual, key, absolute, relative=0.0, where=...):
        assert actual.dtype == np.float32, name
        expected = golden[key][row][where]
        tolerance = absolute + relative * np.abs(expected)
        shares[name] = float(np.max(np.abs(actual[where] - expected) / tolerance, initial=0))

    for kind, rows in zip(("polygon", "circle"), active, strict=True):
        for field, tolerance in ref.STEP_TOLERANCE.items():
            actual = getattr(getattr(after, kind), field)
            compare(f"{kind}.{field}", actual, f"next.{kind}.{field}", tolerance, where=rows)
    joint, thruster = after.joint, after.thruster
    compare("joint.global_position", joint.global_position, "next.joint.global_position", 1e-5)
    compare("joint.acc_impulse", joint.acc_impulse, "next.joint.acc_impulse", 1e-4, 1e-4)
    compare("joint.acc_r_impulse", joint.acc_r_impulse, "next.joint.acc_r_impulse", 1e-4, 1e-4)
    compare("thruster", thruster.global_position, "next.thruster.global_position", 1e-5)
    for table, manifolds in TABLES.items():
        contact, memory = getattr(contacts, table), getattr(after.memory, table)
        flags = golden[f"next.{manifolds}.active"][row]
        shares[f"{table}.active"] = 0.0 if np.array_equal(contact.active, flags) else np.inf
        for field, key in GEOMETRY.items():
            tolerance = 1e-3 if field == "normal" else 1e-4
            actual = getattr(contact, field)
            compare(f"{table}.{field}", actual, f"next.{manifolds}.{key}", tolerance)
        for field, key in IMPULSES.items():
            actual = getattr(memory, field)
            compare(f"{table}.{field}", actual, f"next.{manifolds}.{key}", 1e-4, 1e-4)
    point = either_order(contacts.pp.point, golden["next.acc_rr_manifolds.collision_point"][row])
    compare("pp.point", point, "next.acc_rr_manifolds.collision_point", 1e-4)
    return shares


def either_order(points, expected):
    """Points (K, 2, 2) with the two slots of a pair swapped where that fits better.

    Both points of axis-aligned polygons lie equally deep, and rounding decides which comes first.
    """
    swapped = points[:, ::-1]
    off, off_swapped = (np.abs(p - expected).sum(axis=(1, 2)) for p in (points, swapped))
    return np.where((off_swapped < off)[:, None, None], swapped, points)


@pytest.mark.parametrize("size", SIZES)
def test_recorded_steps(size):
    golden = load_golden(f"physics/step_{size}.npz")
    misses = []
    for row in range(0, len(golden["reward"]), STRIDE):
        environment = ref.environment_from_golden(golden, row)
        inputs = ref.decode_multi_discrete(golden["action"][row])
        controls = ref.control_vector(environment, *inputs)
        assert np.array_equal(controls, golden["processed_action"][row])

        following, result = ref.environment_step(environment, inputs, frame_skip=1)
        active = environment.physics.polygon.active, environment.physics.circle.active
        shares = deviations(active, following.physics, result.contacts[0], golden, row)
        misses += [(row, name, share) for name, share in shares.items() if not share <= 1]
        misses += [(row, *miss) for miss in outcome_misses(following, result, golden, row)]
    assert not misses


def outcome_misses(following, result, golden, row):
    """Where reward, done, goal or distance of an environment step differ."""
    for name, value, expected in (
        ("reward", result.reward, golden["reward"][row]),
        ("distance", result.distance, golden["distance"][row]),
        ("last_distance", following.last_distance, golden["next.last_distance"][row]),
    ):
        if not abs(value - expected) <= 1e-5:
            yield name, value, expected
    flags = (result.done, result.goal, following.timestep)
    expected = tuple(golden[key][row] for key in ("done", "GoalR", "next.timestep"))
    if flags != expected:
        yield "done, goal, timestep", flags, expected


@pytest.mark.parametrize("size", SIZES)
def test_pair_lists_are_the_recorded_ones(size):
    golden = load_golden(f"physics/step_{size}.npz")
    P, C = golden["state.polygon.active"].shape[1], golden["state.circle.active"].shape[1]
    assert np.array_equal(ref.polygon_pairs(P), golden["index.rr_pairs"])
    assert np.array_equal(ref.circle_polygon_pairs(C, P), golden["index.cr_pairs"])
    assert np.array_equal(ref.circle_pairs(C), golden["index.cc_pairs"])


@pytest.mark.parametrize("size", SIZES)
def test_collision_matrices_are_the_recorded_ones(size):
    golden = load_golden(f"physics/step_{size}.npz")
    for row in range(len(golden["reward"])):
        joint = ref.from_golden(golden, row).joint
        recorded = golden["state.collision_matrix"][row]
        matrix = ref.collision_matrix(joint.a_index, joint.b_index, joint.active, len(recorded))
        assert np.array_equal(matrix, recorded)


def test_a_level_without_manifolds_starts_with_empty_memory():
    golden = load_golden("physics/random_s.npz")
    state = ref.from_golden(golden, 0, "init.")
    assert state.memory.pp.active.shape == (4, 2)
    assert not state.memory.cp.active.any()
    environment = ref.environment_from_golden(golden, 0, "init.")
    inputs = ref.decode_multi_discrete(golden["actions"][0, 0])
    following, result = ref.environment_step(environment, inputs)
    assert result.distance == pytest.approx(golden["traj.distance"][0, 0], abs=1e-5)
    position = following.physics.circle.position
    assert position == pytest.approx(golden["traj.circle.position"][0, 0], abs=1e-5)
