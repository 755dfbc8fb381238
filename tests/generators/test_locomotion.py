"""The generators `locomotion` and `handmade`."""

import jax
import numpy as np
import pytest
from kinetix_generators import HandmadeConfig, Locomotion, LocomotionConfig

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Task
from kinetix_core.registry import registry
from kinetix_core.scene import BLUE, BOUNDARY, GREEN, RED, L, M, S, SceneSize, validate
from kinetix_core.testing import example_task

N = 400


def sampled(n=N, size=L, **settings):
    generator = Locomotion(LocomotionConfig(**settings), size)
    levels = jax.jit(lambda key: generator.sample(key, n))(jax.random.key(1))
    return jax.tree.map(np.asarray, levels)


@pytest.fixture(scope="module")
def walkers():
    return sampled()


def valid(levels, count=100):
    for i in range(count):
        assert validate(jax.tree.map(lambda x, i=i: x[i], levels)) == []


def test_a_walker_and_a_goal(walkers):
    valid(walkers)
    p, c, j = walkers.polygons, walkers.circles, walkers.joints
    assert (p.active.sum(1) == BOUNDARY + 6).all()
    assert (p.role[:, BOUNDARY] == GREEN).all()
    assert (p.role[:, BOUNDARY + 1 :] == 0).all()
    assert (j.active.sum(1) == 5).all()
    assert j.motor_on[j.active].all()
    np.testing.assert_array_equal(j.motor_binding[:, :4], np.tile([0, 1, 2, 3], (N, 1)))
    assert set(j.motor_binding[:, 4]) == {0, 1, 2}
    assert (c.active.sum(1) == 1).all()
    assert (c.role[:, 0] == BLUE).all()
    assert (c.inverse_mass[:, 0] == 0).all()
    assert abs((p.role[:, 0] == RED).mean() - 0.25) < 4 * np.sqrt(0.1875 / N)


def test_parts_hang_together_and_do_not_collide(walkers):
    p, j = walkers.polygons, walkers.joints
    level = np.arange(N)[:, None]
    for index, anchor in ((j.a_index, j.a_relative_pos), (j.b_index, j.b_relative_pos)):
        angle, at = p.rotation[level, index], p.position[level, index]
        c, s, x, y = np.cos(angle), np.sin(angle), anchor[..., 0], anchor[..., 1]
        place = at + np.stack([c * x - s * y, s * x + c * y], axis=-1)
        np.testing.assert_allclose(place[j.active], j.global_position[j.active], atol=1e-5)
    own = slice(BOUNDARY, BOUNDARY + 6)
    assert not walkers.collision_matrix[:, own, own].any()
    assert walkers.collision_matrix[:, own, 0].all()
    half = np.abs(p.vertices[:, own]).max(2)
    sizes = np.array([[0.6, 0.2], *[[0.1, 0.3]] * 2, *[[0.1, 0.2]] * 2, [0.1, 0.3]]) / 2
    assert ((half >= 0.5 * sizes - 1e-6) & (half <= 1.5 * sizes + 1e-6)).all()
    np.testing.assert_allclose(half.mean(0), sizes, rtol=0.07)


def test_it_starts_at_either_wall_inside_the_room(walkers):
    p, goal = walkers.polygons, walkers.circles.position[:, 0]
    own = slice(BOUNDARY, BOUNDARY + 6)
    half = np.abs(p.vertices[:, own]).max(2)
    low, high = (p.position[:, own] - half).min(1), (p.position[:, own] + half).max(1)
    np.testing.assert_allclose(low[:, 1], 0.5, atol=1e-5)
    left, right = np.isclose(low[:, 0], 0.2, atol=1e-5), np.isclose(high[:, 0], 4.8, atol=1e-5)
    assert (left ^ right).all()
    assert abs(left.mean() - 0.5) < 4 * np.sqrt(0.25 / N)
    distance = np.where(left, goal[:, 0], 5 - goal[:, 0])
    assert 2.0 <= distance.min() < 2.1
    assert 4.4 < distance.max() <= 4.5


def test_settings(walkers):
    short = sampled(60, ankles=False, same_legs=True, extra_legs_min=0, extra_legs_max=9)
    valid(short, 60)
    assert set(short.joints.active.sum(1)) == {2, 3, 4, 5, 6}
    np.testing.assert_array_equal(short.polygons.vertices[:, 5], short.polygons.vertices[:, 6])
    many = sampled(60, extra_legs_min=2, extra_legs_max=2, permute=True, limb_density_range=0.5)
    valid(many, 60)
    assert (many.joints.active.sum(1) == 6).all()
    assert len(set(np.argmax(many.polygons.role == GREEN, axis=1))) > 3
    assert not np.allclose(many.polygons.density[many.polygons.active], 1.0)


def test_its_motors_move_it():
    task, levels = example_task(L), sampled(32)
    build = registry().build("engine", "jax2d", registry().config_class("engine", "jax2d")(), task)
    controls = np.zeros((2, 32, L.joints + L.thrusters), np.float32)
    controls[1, :, :2] = 1.0

    def end(level, control):
        return build.scene(build.steps(build.init(level), control, 60)[0]).polygons.position

    still, driven = jax.jit(jax.vmap(jax.vmap(end), in_axes=(None, 0)))(levels, controls)
    gap = np.abs(np.asarray(driven - still))[:, BOUNDARY, 0]
    assert np.isfinite(gap).all()
    assert np.median(gap) > 0.01, "the body is moved along by its legs"


def test_a_size_without_room_is_refused():
    for size in (S, M, SceneSize(12, 4, 6, 2, 2, 2)):
        with pytest.raises(SettingError, match=rf"size={size.name}: .*size=l$"):
            registry().build("generator", "locomotion", LocomotionConfig(), Task(size))
    with pytest.raises(SettingError, match=r"^scale_max=0\.2"):
        LocomotionConfig(scale_max=0.2)


def test_handmade_has_the_levels_that_fit():
    task = Task(S)
    generator = registry().build("generator", "handmade", HandmadeConfig(permute=True), task)
    assert len(generator.names) == 10
    valid(generator.sample(jax.random.key(0), 10), 10)
