"""curriculum/accel, start_from_empty: small levels to grow from. Source: spec/generator.md 7."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_curricula import Accel, AccelConfig
from kinetix_generators import Random

from kinetix_core.env import FilterConfig, Filtered
from kinetix_core.scene import BLUE, BOUNDARY, GREEN, M, validate
from kinetix_core.testing import example_task
from tests.generators.statistics import Levels

from .toy import ToyTools

COUNT = 1500
TOOLS = ToyTools(num_envs=COUNT)
CONFIG = AccelConfig(start_from_empty=True, buffer_size=2)


@pytest.fixture(scope="module")
def levels():
    """What an update without a replay plays."""
    curriculum = Accel(CONFIG, example_task(M))

    @jax.jit
    def proposed(key):
        state = curriculum.init(key, TOOLS)
        return curriculum.propose(state, key, TOOLS, None)[1].levels

    return jax.device_get(proposed(jax.random.key(0)))


def test_two_shapes_and_a_joint_with_a_third_a_thruster_or_both(levels):
    x = Levels(levels)
    shapes, joints, thrusters = x.shape.sum(1), x.joint.sum(1), x.thruster.sum(1)
    for joint, thruster in ((1, 0), (0, 1), (1, 1)):
        share = np.mean((joints == joint) & (thrusters == thruster))
        assert abs(share - 1 / 3) < 4 * np.sqrt(2 / 9 / COUNT)
    np.testing.assert_array_equal(shapes, 2 + joints)
    assert x.turns.sum() == joints.sum(), "joints turn"
    for role in (GREEN, BLUE):
        assert (((x.role == role) & x.shape).sum(1) == 1).all()
    assert (x.role[:, :BOUNDARY] == 0).all(), "the floor has no colour"
    assert (x.fixated != x.shape).any(1).all(), "something can move"
    for i in range(0, COUNT, 10):
        assert validate(jax.tree.map(lambda leaf, i=i: leaf[i], levels)) == []


def test_most_shapes_are_small_and_one_in_twenty_may_be_large(levels):
    """Goals up to 1 m and others up to 0.5 m; a twentieth up to 2 m, whatever they are for."""
    x = Levels(levels)
    goal = (x.role == GREEN) | (x.role == BLUE)
    for part, limit in ((x.shape & goal, 1.0), (x.shape & ~goal, 0.5)):
        radius = x.radius[part & x.circle]
        usual, large = 0.4 * limit, 0.8
        expected = 0.05 * (large - usual) / (large - 0.1)  # uniform between 0.1 m and 0.8 m
        share = np.mean(radius > usual + 1e-6)
        assert abs(share - expected) < 4 * np.sqrt(expected / len(radius))
        assert radius.max() <= large


def test_the_level_filter_holds_for_them():
    task = example_task(M)
    usual = Filtered(task.generator, task, FilterConfig(enabled=True, sample_ratio=3))
    start = Accel(CONFIG, replace(task, generator=usual))._start
    assert isinstance(start, Filtered)
    assert isinstance(start.generator, Random)
    assert start.config.sample_ratio == 3
    assert isinstance(Accel(CONFIG, task)._start, Random)
    assert Accel(AccelConfig(), task)._start is None
