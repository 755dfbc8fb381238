"""Mutations: each keeps the promises of its kind, and does what its name says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.registry import registry
from kinetix_core.scene import M, validate
from kinetix_core.testing import check, example_levels, example_task

NAMES = registry().names("mutation")


def build(name, **settings):
    config = registry().config_class("mutation", name)(**settings)
    return registry().build("mutation", name, config, example_task(M))


def edited(name, seed=0, n=40):
    levels = jax.tree.map(jnp.asarray, example_levels(M, n))
    mutation = build(name)
    keys = jax.random.split(jax.random.key(seed), n)
    after = jax.jit(jax.vmap(mutation.mutate))(keys, levels)
    return jax.tree.map(np.asarray, levels), jax.tree.map(np.asarray, after)


def shapes(levels):
    return levels.polygons.active[:, 4:].sum(1) + levels.circles.active.sum(1)


@pytest.mark.parametrize(
    ("name", "count", "change"),
    [
        ("add_shape", shapes, 1),
        ("remove_shape", shapes, -1),
        ("remove_joint", lambda x: x.joints.active.sum(1), -1),
        ("remove_thruster", lambda x: x.thrusters.active.sum(1), -1),
        ("add_thruster", lambda x: x.thrusters.active.sum(1), 1),
        ("add_joined_shape", lambda x: x.joints.active.sum(1), 1),
    ],
)
def test_counts_change_by_one(name, count, change):
    before, after = edited(name)
    steps = count(after) - count(before)
    assert set(steps) == {0, change}
    for i in range(len(steps)):
        assert validate(jax.tree.map(lambda x, i=i: x[i], after)) == []


def test_roles_are_exchanged():
    before, after = edited("swap_roles")
    old = np.sort(np.concatenate([before.polygons.role, before.circles.role], axis=1))
    new = np.sort(np.concatenate([after.polygons.role, after.circles.role], axis=1))
    np.testing.assert_array_equal(old, new)
    assert (before.circles.role != after.circles.role).any()


def test_they_keep_their_promises_in_another_size():
    for name in ("change_position", "toggle_fixation"):
        check("mutation", build(name), example_task(M))
