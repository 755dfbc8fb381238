"""observation/symbolic: recorded observations, and a tiny scene by hand."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_observations import Symbolic, SymbolicConfig

from kinetix_core.bench._golden import Recording
from kinetix_core.scene import BLUE, GREEN, SIZES, L, M, S, empty_scene
from kinetix_core.testing import example_task
from tests.golden import load_golden


def symbolic(size=S):
    return Symbolic(SymbolicConfig(), example_task(size))


@pytest.mark.parametrize("name", ["s", "m", "l"])
def test_equals_the_published_observation(name):
    size = SIZES[name]
    recording = Recording("obs", load_golden(f"obs/obs_{name}.npz"), size)
    found = np.asarray(jax.jit(jax.vmap(symbolic(size).encode))(recording.scenes("state")))
    wanted = recording.arrays["obs.symbolic_flat"]
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("size", "length"), [(S, 140), (M, 247), (L, 679)])
def test_published_lengths(size, length):
    assert symbolic(size).space(size).shape == (length,)


@pytest.fixture
def tiny():
    """A blue triangle (body 4), a green disc (body 5), a joint and a thruster between them."""
    scene = empty_scene(S)
    p, c, j, t = scene.polygons, scene.circles, scene.joints, scene.thrusters
    p.active[4], p.n_vertices[4], p.role[4] = True, 3, BLUE
    p.vertices[4] = [(0, 1), (1, -1), (-1, -1), (9, 9)]
    p.position[4], p.velocity[4], p.rotation[4] = (1, 2), (3, -4), np.pi / 2
    p.angular_velocity[4], p.density[4] = 10, 1.5
    p.inverse_mass[4], p.inverse_inertia[4] = 70, 27000  # beyond the limit of 10
    p.friction[4], p.restitution[4] = 0.25, 0.75
    c.active[0], c.role[0], c.radius[0], c.position[0] = True, GREEN, 0.5, (2, 3)
    j.active[0], j.a_index[0], j.b_index[0] = True, 4, 5
    j.a_relative_pos[0], j.b_relative_pos[0] = (0.1, 0.2), (0.3, 0.4)
    j.rotation[0], j.motor_on[0], j.motor_speed[0], j.motor_power[0] = np.pi / 6, True, 0.5, 0.75
    j.motor_binding[0], j.motor_has_joint_limits[0] = 2, True
    j.min_rotation[0], j.max_rotation[0] = -np.pi / 2, np.pi / 2
    t.active[0], t.object_index[0], t.thruster_binding[0] = True, 5, 1
    t.relative_position[0], t.rotation[0], t.power[0] = (-0.5, 0.5), np.pi, 0.25
    return scene


def encoded(scene):
    """The observation as rows: polygons, circles, joints, thrusters, gravity."""
    flat = np.asarray(symbolic().encode(scene))
    ends = np.cumsum([2 * 26, 2 * 18, 36, 15])
    parts = np.split(flat, ends)
    return parts[0].reshape(2, 26), parts[1].reshape(2, 18), parts[2], parts[3], parts[4]


def test_polygons_by_hand(tiny):
    floor, triangle = encoded(tiny)[0]
    np.testing.assert_allclose(floor[:2], [2.5, -4.8])
    assert floor[25] == 0
    body = [1, 2, 3, -4, 10, 10, 1.5, np.tanh(1), 0, 0, 1, 0, 1, 0, 0.25, 0.75]
    vertices = [0, 1, 1, -1, -1, -1, -1, -1]
    np.testing.assert_allclose(triangle, [*body, 0, *vertices, 1], atol=1e-6)


def test_circles_by_hand(tiny):
    disc, empty = encoded(tiny)[1]
    body = [2, 3, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0]
    np.testing.assert_allclose(disc, [*body, 0.5, 1], atol=1e-6)
    assert not empty.any()


def test_joints_by_hand(tiny):
    """From b to a, then the two bodies as one-hots, b first."""
    half, root = 0.5, np.sqrt(3) / 2
    features = [1, 0, 0.3, 0.4, 0.1, 0.2, half, root, 0.5, 0.75, 1, 1, 0, 0, 1, 0]
    limits = [-1, 0, 1, 0, -np.pi / 2 - np.pi / 6, np.pi / 2 - np.pi / 6]
    ends = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0]
    np.testing.assert_allclose(encoded(tiny)[2], [*features, *limits, *ends], atol=1e-6)


def test_fixed_joints_hide_motor_and_limits(tiny):
    tiny.joints.is_fixed_joint[0] = True
    row = encoded(tiny)[2]
    assert row[1] == 1
    assert not row[8:22].any()
    assert row[22 + 5] == 1


def test_joints_without_limits_hide_them(tiny):
    tiny.joints.motor_has_joint_limits[0] = False
    row = encoded(tiny)[2]
    assert row[11] == 0
    assert not row[16:22].any()
    assert row[8] == 0.5


def test_thrusters_and_gravity_by_hand(tiny):
    _, _, _, thruster, gravity = encoded(tiny)
    ends = [0, 0, 0, 0, 0, 1, 0]
    np.testing.assert_allclose(thruster, [1, -0.5, 0.5, 0, 1, 0, -1, 0.25, *ends], atol=1e-6)
    np.testing.assert_allclose(gravity, [-0.981], atol=1e-6)


def test_inactive_rows_are_zero(tiny):
    scene = replace(tiny, joints=replace(tiny.joints, active=np.zeros(1, bool)))
    scene.thrusters.active[0] = scene.circles.active[0] = scene.polygons.active[4] = False
    polygons, circles, joint, thruster, _ = encoded(scene)
    for rows in (polygons[1], circles, joint, thruster):
        assert not rows.any()


def test_nan_becomes_zero_and_infinity_the_limit(tiny):
    tiny.circles.position[0] = np.nan, np.inf
    disc = encoded(tiny)[1][0]
    assert disc[:2].tolist() == [0, 10]
