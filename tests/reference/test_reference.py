"""The reference against hand-checked numbers of the specification and its own switches."""

import copy

import numpy as np
import pytest

from tests import reference as ref
from tests.reference import quirks as q

SIZES = {"s": (5, 2, 1, 1), "m": (6, 3, 2, 2), "l": (12, 4, 6, 2)}


def add_circle(state, k, position, radius=0.25, **fields):
    """Activate circle `k` with density 1, or overwrite fields such as `velocity`."""
    circle = state.circle
    circle.active[k] = True
    circle.position[k] = position
    circle.radius[k] = radius
    circle.inverse_mass[k] = 1 / ref.circle_mass(np.float32(radius), 1.0)
    circle.inverse_inertia[k] = 1 / ref.circle_inertia(np.float32(radius), 1.0)
    for name, value in fields.items():
        getattr(circle, name)[k] = value


def add_box(state, i, position, width=0.5, height=0.5, **fields):
    polygon = state.polygon
    w, h = width / 2, height / 2
    polygon.active[i] = True
    polygon.position[i] = position
    polygon.vertices[i] = [(-w, h), (w, h), (w, -h), (-w, -h)]
    polygon.inverse_mass[i] = 1 / ref.polygon_mass(polygon.vertices[i], 4, 1.0)
    polygon.inverse_inertia[i] = 1 / ref.polygon_inertia(polygon.vertices[i], 4, 1.0)
    for name, value in fields.items():
        getattr(polygon, name)[i] = value


@pytest.mark.parametrize(
    ("size", "lengths"), [("s", (4, 10, 1)), ("m", (9, 18, 3)), ("l", (60, 48, 6))]
)
def test_pair_lists_have_the_published_lengths(size, lengths):
    P, C, _, _ = SIZES[size]
    assert tuple(len(pairs) for pairs in ref.body_pairs(P, C)) == lengths


def test_pair_lists_have_the_published_order():
    assert ref.polygon_pairs(5).tolist() == [[0, 4], [1, 4], [2, 4], [3, 4]]
    large = ref.polygon_pairs(12).tolist()
    assert large[:9] == [[0, k] for k in range(4, 12)] + [[1, 4]]
    assert large[-1] == [10, 11]
    assert ref.circle_polygon_pairs(2, 5).tolist()[4:6] == [[0, 4], [1, 0]]
    assert ref.polygon_pairs(4).shape == ref.circle_pairs(1).shape == (0, 2)


def test_collision_matrix_joins_chains_of_active_joints():
    matrix = ref.collision_matrix([0, 2, 3, 4], [1, 1, 4, 5], [True, True, True, False], 6)
    together = [{0, 1, 2}, {3, 4}, {5}]
    for a in range(6):
        for b in range(6):
            assert matrix[a, b] == (not any({a, b} <= group for group in together))


def test_modes():
    touch = [[ref.modes_ok(a, b) for b in range(3)] for a in range(3)]
    assert touch == [[False, False, True], [False, True, True], [True, True, True]]


def test_solver_batches_deal_out_the_active_rows():
    active = np.zeros(18, bool)
    active[[0, 5]] = True
    first, second = ref.solver_batches(active, 16)
    inactive = [i for i in range(18) if not active[i]]
    assert first.tolist() == [*inactive[0::2], 0, *[-1] * 7]
    assert second.tolist() == [*inactive[1::2], 5, *[-1] * 7]
    assert ref.solver_batches(np.zeros(0, bool), 16) == []
    assert [len(b[b < 0]) for b in ref.solver_batches(np.zeros(48, bool), 16)] == [0, 0, 0]


def test_empty_world_stays_empty():
    world = ref.empty_world(5, 2, 1, 1)
    assert world.polygon.vertices[3, 0, 0] == 5
    assert ref.empty_world(5, 2, 1, 1, q.ALL - {q.CEILING_VERTEX}).polygon.vertices[3, 0, 0] == 2.5
    following, contacts = ref.step(world, [1, 1])
    for name in ("position", "rotation", "velocity", "angular_velocity"):
        for kind in ("polygon", "circle"):
            before, after = (getattr(getattr(s, kind), name) for s in (world, following))
            assert np.array_equal(before, after)
    assert not contacts.pp.active.any()
    assert not contacts.cp.active.any()
    assert np.array_equal(following.joint.global_position, [[0, 0]])


def test_free_fall():
    state = ref.empty_world(5, 2, 0, 0)
    add_circle(state, 0, (2.5, 3.0), velocity=(1.0, 0.0), angular_velocity=2.0)
    following, _ = ref.step(state, [])
    assert following.circle.velocity[0] == pytest.approx([1, -9.81 / 60])
    assert following.circle.position[0] == pytest.approx([2.5 + 1 / 60, 3 - 9.81 / 3600])
    assert following.circle.rotation[0] == pytest.approx(2 / 60)


def test_circle_rests_on_the_floor_and_bounces_by_the_smaller_restitution():
    state = ref.empty_world(5, 2, 0, 0)
    state.gravity[:] = 0
    state.polygon.restitution[0] = 0.5
    add_circle(state, 0, (2.5, 0.645), velocity=(0, -2.0), restitution=1.0)
    following, contacts = ref.step(state, [])
    assert contacts.cp.touching.tolist() == [True] + [False] * 9
    assert contacts.cp.normal[0] == pytest.approx([0, -1])
    assert contacts.cp.depth[0] == pytest.approx(0.005, abs=1e-6)
    assert contacts.cp.vrest[0] == pytest.approx(-1)
    assert following.circle.velocity[0] == pytest.approx([0, 1], abs=1e-5)
    assert following.memory.cp.acc_n[0] == pytest.approx(3 * np.pi / 16, rel=1e-5)
    assert following.memory.cp.active[0]


def test_circle_inside_a_polygon_has_the_radius_as_depth():
    state = ref.empty_world(5, 2, 0, 0)
    add_box(state, 4, (2.5, 2.5), 1, 1, inverse_mass=0, inverse_inertia=0)
    add_circle(state, 0, (2.5, 2.9), radius=0.2)
    for used, depth in ((q.ALL, 0.2), (q.ALL - {q.INSIDE_DEPTH_IS_RADIUS}, 0.3)):
        _, contacts = ref.step(state, [], quirks=used)
        assert contacts.cp.depth[4] == pytest.approx(depth, abs=1e-6)
        assert contacts.cp.normal[4] == pytest.approx([0, -1])


def test_circles_touch_only_below_the_sum_of_their_radii_and_may_coincide():
    state = ref.empty_world(4, 2, 0, 0)
    add_circle(state, 0, (1.0, 2.0), 0.25)
    add_circle(state, 1, (1.5, 2.0), 0.25)
    assert not ref.step(state, [])[1].cc.active[0]
    state.circle.position[1, 0] = 1.46875
    contact = ref.step(state, [])[1].cc
    assert (contact.normal[0].tolist(), contact.depth[0]) == ([1, 0], 0.03125)
    assert contact.point[0].tolist() == [1.25, 2]
    state.circle.position[1] = state.circle.position[0]
    following, contacts = ref.step(state, [])
    assert contacts.cc.normal[0].tolist() == [0, 0]
    assert np.isfinite(following.circle.velocity).all()


def test_box_on_the_floor_touches_with_two_points_of_common_depth():
    state = ref.empty_world(5, 0, 0, 0)
    add_box(state, 4, (2.5, 0.64))
    contact = ref.step(state, [])[1].pp
    assert contact.active[0].tolist() == [True, True]
    assert contact.normal[0] == pytest.approx(np.array([(0, 1), (0, 1)]), abs=1e-6)
    assert contact.depth[0] == pytest.approx([0.01, 0.01], abs=1e-6)
    assert sorted(contact.point[0, :, 0]) == pytest.approx([2.25, 2.75])
    assert not contact.active[1:].any()


def test_motor_drives_the_relative_speed_and_conserves_angular_momentum():
    state = ref.empty_world(5, 2, 1, 0)
    state.gravity[:] = 0
    add_circle(state, 0, (2.0, 3.0))
    add_circle(state, 1, (2.0, 3.0))
    joint = state.joint
    joint.a_index[0], joint.b_index[0], joint.active[0] = 5, 6, True
    joint.motor_on[0], joint.motor_speed[0], joint.motor_power[0] = True, 1, 0.01
    state.collision_matrix = ref.collision_matrix([5], [6], [True], 7)
    following, contacts = ref.step(state, [1.0])
    a, b = following.circle.angular_velocity
    assert b == pytest.approx(-a)
    expected = 900 * 0.01 / 60 / 2 * np.tanh(0.6)
    assert b == pytest.approx(expected, rel=1e-5)
    assert contacts.cc.active[0]
    assert following.memory.cc.acc_n[0] == 0


def test_thruster_pushes_along_its_direction():
    state = ref.empty_world(5, 1, 0, 1)
    state.gravity[:] = 0
    add_circle(state, 0, (2.0, 3.0), rotation=np.pi / 2)
    thruster = state.thruster
    thruster.object_index[0], thruster.active[0], thruster.power[0] = 5, True, 1
    thruster.relative_position[0] = (0, 0.1)
    following, _ = ref.step(state, [1.0])
    push = 10 / 60
    mass, inertia = 1 / state.circle.inverse_mass[0], 1 / state.circle.inverse_inertia[0]
    assert following.circle.velocity[0] == pytest.approx([0, push / mass], abs=1e-6)
    assert following.circle.angular_velocity[0] == pytest.approx(-0.1 * push / inertia, rel=1e-5)


def test_last_row_of_a_padded_table_remembers_nothing():
    state = ref.empty_world(4, 2, 0, 0)
    add_circle(state, 0, (2.0, 0.649))
    add_circle(state, 1, (2.4, 0.649), velocity=(-1, 0))
    following, contacts = ref.step(state, [])
    assert contacts.cc.active[0]
    assert following.memory.cc.acc_n[0] == 0
    following, _ = ref.step(state, [], quirks=q.ALL - {q.PADDING_ZEROES_LAST_ROW})
    assert following.memory.cc.acc_n[0] > 0


@pytest.mark.parametrize(
    "sizes", [*SIZES.values(), (4, 0, 0, 0), (4, 0, 2, 1), (4, 3, 0, 0), (9, 0, 3, 2)]
)
def test_random_states_stay_finite_in_single_precision_and_untouched(sizes):
    rng = np.random.default_rng(sum(sizes))
    for _ in range(10):
        state = ref.random_state(rng, *sizes)
        before = ref.to_golden(copy.deepcopy(state))
        following, _ = ref.step(state, ref.random_controls(rng, *sizes[2:]))
        for key, value in ref.to_golden(following).items():
            assert value.dtype == before[key].dtype
            assert value.shape == before[key].shape
            assert np.isfinite(value).all()
        for key, value in ref.to_golden(state).items():
            assert np.array_equal(value, before[key]), key


def test_a_scene_may_have_64_bodies():
    rng = np.random.default_rng(0)
    state, controls = ref.random_case(rng, 40, 24, 20, 10)
    following, contacts = ref.step(state, controls)
    assert len(contacts.pp.active) == 774
    assert np.isfinite(following.polygon.velocity).all()


@pytest.fixture(scope="module")
def comparable_cases():
    rng = np.random.default_rng(11)
    return [ref.random_case(rng, *SIZES[size]) for size in "sml" for _ in range(30)]


@pytest.mark.parametrize("name", sorted(q.STEP_QUIRKS))
def test_each_quirk_of_the_step_changes_random_scenes(name, comparable_cases):
    fields = [
        f"state.{kind}.{field}"
        for kind in ("polygon", "circle")
        for field in ("velocity", "angular_velocity")
    ]
    changed = 0
    for state, controls in comparable_cases:
        with_quirk, without = (
            ref.to_golden(ref.step(state, controls, quirks=used)[0])
            for used in (q.ALL, q.ALL - {name})
        )
        changed += any(
            not np.allclose(with_quirk[key], without[key], rtol=0, atol=1e-2)
            for key in [*fields, "state.joint.acc_impulse"]
        )
        if changed >= 2:
            return
    pytest.fail(f"without {name} only {changed} scenes change visibly")


def test_motion_of_jointed_pairs_conserves_momentum():
    rng = np.random.default_rng(5)
    for _ in range(20):
        state = ref.random_state(rng, 4, 3, 2, 0)
        state.gravity[:] = 0
        state.polygon.active[:] = False
        state.circle.inverse_mass[:] = rng.uniform(2, 8, 3)
        mass = 1 / state.circle.inverse_mass[:, None]
        state.joint.a_index[:], state.joint.b_index[:] = (4, 5), (5, 6)
        following, _ = ref.step(state, ref.random_controls(rng, 2, 0))
        before, after = ((mass * s.circle.velocity).sum(axis=0) for s in (state, following))
        assert after == pytest.approx(before, abs=1e-4)
