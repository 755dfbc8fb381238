"""The generators `random` and `empty`."""

import dataclasses
import json
import os

import jax
import numpy as np
import pytest
from kinetix_generators import EmptyConfig, Random, RandomConfig

from kinetix_core.env import Environment
from kinetix_core.errors import SettingError
from kinetix_core.interfaces import EnvConfig, Task
from kinetix_core.registry import registry
from kinetix_core.scene import (
    BLUE,
    BOUNDARY,
    GREEN,
    RED,
    SIZES,
    S,
    SceneSize,
    empty_scene,
    polygon_mass,
    validate,
)
from kinetix_core.testing import assert_same, assert_traces_once, check, example_task
from tests.generators.statistics import Levels, compare, compare_ends, out_of_bound
from tests.golden import golden_path

EVERY_SIZE = bool(os.environ.get("KINETIX_EVERY_SIZE"))
COUNT = 10_000 if EVERY_SIZE else 4000


def sampled(size, n, seed=0, **settings):
    generator = Random(RandomConfig(**settings), size)
    levels = jax.jit(lambda key: generator.sample(key, n))(jax.random.key(seed))
    return jax.tree.map(np.asarray, levels)


@pytest.fixture(scope="module")
def small():
    return sampled(S, COUNT)


@pytest.mark.parametrize("name", SIZES if EVERY_SIZE else ["s"])
def test_statistics_are_the_published_ones(name, small):
    recorded = json.loads(golden_path("generator_stats.json").read_text())["sizes"][name]
    levels = small if name == "s" else sampled(SIZES[name], COUNT)
    rows = list(compare(levels, recorded))
    assert len(rows) > 500
    assert out_of_bound(rows) == []


def first_ends(levels, size, steps=64):
    """The step at which doing nothing solves each level, and that at which it loses it."""
    settings = registry().config_class("engine", "jax2d")()
    engine = registry().build("engine", "jax2d", settings, Task(size))
    task = example_task(size, engine=engine, env=EnvConfig(dense_reward_scale=0.0))
    environment = Environment(task)

    def step(carry, number):
        states, over = carry
        states, made = jax.vmap(environment.step, in_axes=(0, None))(states, task.action.noop)
        now = made.done & ~over
        return (states, over | now), (now & made.goal, now & ~made.goal)

    def play(levels):
        begin = (jax.vmap(environment.reset)(levels), np.zeros(levels.timestep.shape[0], bool))
        return jax.lax.scan(step, begin, None, length=steps)[1]

    numbers = np.arange(1, steps + 1)[:, None]
    return ((np.asarray(x) * numbers).sum(axis=0) for x in jax.jit(play)(levels))


@pytest.mark.parametrize("name", SIZES if EVERY_SIZE else ["s"])
def test_as_many_levels_solve_or_lose_themselves_as_published(name, small):
    recorded = json.loads(golden_path("generator_stats.json").read_text())["sizes"][name]
    levels = small if name == "s" else sampled(SIZES[name], COUNT)
    rows = list(compare_ends(*first_ends(levels, SIZES[name]), recorded["noop_policy_64_steps"]))
    assert len(rows) == 21
    assert out_of_bound(rows) == []


def check_rules(levels, size):
    """spec/generator.md 3, consequences, and the rules of a scene for some of the levels."""
    x = Levels(levels)
    with_floor = x.shape | (x.number == 0)
    for role in (GREEN, BLUE, RED):
        assert ((x.role == role) & with_floor).sum(1).max() <= 1
    shapes, joints, thrusters = x.shape.sum(1), x.joint.sum(1), x.thruster.sum(1)
    assert (shapes >= 3).all()
    assert (joints + thrusters >= 1).all()
    assert (x.fixated != x.shape).any(1).all(), "something can move"
    roles = (x.role == GREEN) & x.shape
    assert roles.any(1).all()
    if size == S:
        assert (shapes == 3).all()
        assert not x.fixated.any()
    if size.name in "sm":
        assert (x.turns == x.joint).all(), "the first two joints are revolute"
    for i in range(0, len(shapes), max(1, len(shapes) // 300)):
        level = jax.tree.map(lambda leaf, i=i: leaf[i], levels)
        assert validate(level) == []
        masses_follow_from_shapes(level)


def masses_follow_from_shapes(level):
    for i in np.flatnonzero(level.polygons.active):
        p = level.polygons
        if i >= BOUNDARY and p.inverse_mass[i] > 0:
            made = polygon_mass(p.vertices[i], int(p.n_vertices[i]))
            found = (p.inverse_mass[i], p.inverse_inertia[i])
            np.testing.assert_allclose(found, (1 / made.mass, 1 / made.inertia), rtol=1e-4)
            np.testing.assert_allclose(made.centre, 0, atol=1e-6)


def test_rules_hold_for_every_level(small):
    check_rules(small, S)


@pytest.mark.skipif(not EVERY_SIZE, reason="KINETIX_EVERY_SIZE=1 looks at the other sizes")
@pytest.mark.parametrize("name", ["m", "l"])
def test_rules_hold_in_larger_sizes(name):
    check_rules(sampled(SIZES[name], COUNT, seed=3), SIZES[name])


def test_anchors_of_a_joint_meet(small):
    j = small.joints
    assert j.active.sum() > 1000
    bodies = {
        name: np.concatenate([getattr(small.polygons, name), getattr(small.circles, name)], axis=1)
        for name in ("rotation", "position")
    }
    places = []
    for index, anchor in ((j.a_index, j.a_relative_pos), (j.b_index, j.b_relative_pos)):
        angle = np.take_along_axis(bodies["rotation"], index, axis=1)
        at = np.take_along_axis(bodies["position"], index[..., None], axis=1)
        c, s = np.cos(angle), np.sin(angle)
        x, y = anchor[..., 0], anchor[..., 1]
        places.append(at + np.stack([c * x - s * y, s * x + c * y], axis=-1))
    np.testing.assert_allclose(*(p[j.active] for p in places), atol=1e-5)
    np.testing.assert_allclose(places[0][j.active], j.global_position[j.active], atol=1e-5)


@pytest.mark.parametrize(
    "size",
    [SceneSize(4, 0, 0, 0), SceneSize(4, 3, 1, 0), SceneSize(8, 0, 2, 3, 1, 1)],
    ids=lambda s: s.name,
)
def test_any_size(size):
    levels = sampled(size, 64, small_bodies=0)
    x = Levels(levels)
    assert x.shape.any() == (size.bodies > BOUNDARY)
    for i in range(64):
        assert validate(jax.tree.map(lambda leaf, i=i: leaf[i], levels)) == []


def test_triangles():
    sizes = {"large_chance": 0.5, "large_size": 0.2}  # 0.15 m: half sides of these are shorter
    levels = sampled(SceneSize(7, 1, 1, 1), 200, triangle_chance=0.5, **sizes)
    used = levels.polygons.active[:, BOUNDARY:]
    triangles = (levels.polygons.n_vertices[:, BOUNDARY:] == 3) & used
    assert 0.4 < triangles.sum() / used.sum() < 0.6
    usual = used & (np.ptp(levels.polygons.vertices[:, BOUNDARY:], axis=2).max(axis=2) > 0.3)
    assert 0.25 < usual.sum() / used.sum() < 0.5, "half of those of the usual size"
    assert 0.4 < (triangles & usual).sum() / usual.sum() < 0.6
    for i in range(0, 200, 4):
        level = jax.tree.map(lambda leaf, i=i: leaf[i], levels)
        assert validate(level) == []
        masses_follow_from_shapes(level)


def test_slots_are_shuffled_unless_told_otherwise(small):
    first = small.circles.role[:, 0] == GREEN
    second = small.circles.role[:, 1] == GREEN
    assert abs(first.mean() - second.mean()) < 0.05
    plain = sampled(SceneSize(5, 3, 1, 1), 200, permute=False)
    active = plain.circles.active
    assert (active[:, :-1] >= active[:, 1:]).all(), "slots are filled from the first on"
    assert not active.all()


def test_a_new_key_never_compiles_again():
    generator = Random(RandomConfig(), S)
    keys = [(jax.random.key(i),) for i in range(3)]
    assert_traces_once(lambda key: generator.sample(key, 4), keys)
    one = jax.jit(generator.sample_one)(*keys[0])
    first = jax.jit(lambda key: generator.sample(key, 1))(*keys[0])
    assert_same(one, jax.tree.map(lambda x: x[0], first))


@pytest.mark.parametrize(
    "setting",
    [
        {"stretch_chance": 1.5},
        {"max_shape_size": 0.0},
        {"motor_speed_min": 4.0},
        {"floor_roles": (1.0, 0.0)},
        {"control_weights": (0.0, 0.0, 0.0)},
        {"proposals": 0},
        {"free_chance": 0.9},
    ],
)
def test_wrong_settings_are_named(setting):
    (name,) = setting
    with pytest.raises(SettingError, match=f"^{name}="):
        RandomConfig(**setting)
    assert name in {f.name for f in dataclasses.fields(RandomConfig)}


def test_empty_is_the_empty_room():
    task = Task(S)
    generator = registry().build("generator", "empty", EmptyConfig(), task)
    check("generator", generator, task)
    level = jax.tree.map(lambda x: np.asarray(x)[2], generator.sample(jax.random.key(0), 3))
    assert_same(level, empty_scene(S))
