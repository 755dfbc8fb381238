"""Whatever is mutated, in whichever order: a valid level stays one."""

import functools
import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinetix_generators import Random, RandomConfig

from kinetix_core.interfaces import Task
from kinetix_core.registry import registry
from kinetix_core.scene import M, S, validate
from kinetix_core.testing import example_levels

NAMES = registry().names("mutation")
EVERY_SIZE = bool(os.environ.get("KINETIX_EVERY_SIZE"))
LEVELS = 24
"""Of each source."""


@functools.cache
def starting(size):
    """Random levels and example levels, one after the other."""
    generator = Random(RandomConfig(), size)
    found = jax.jit(lambda key: generator.sample(key, LEVELS))(jax.random.key(7))
    return jax.tree.map(
        lambda a, b: jnp.concatenate([a, jnp.asarray(b)]), found, example_levels(size, LEVELS)
    )


@functools.cache
def edit(size):
    """(which, key, levels) -> levels: every mutation in one program, chosen by number."""
    task = Task(size)
    engine = registry().build("engine", "jax2d", registry().config_class("engine", "jax2d")(), task)
    task = Task(size, engine=engine)
    built = [
        registry().build("mutation", name, registry().config_class("mutation", name)(), task)
        for name in NAMES
    ]
    branches = [jax.vmap(lambda key, level, m=m: m.mutate(key, level)) for m in built]
    possible = [jax.vmap(m.possible) for m in built]

    def change(which, key, levels):
        keys = jax.random.split(key, 2 * LEVELS)
        can = jax.lax.switch(which, possible, levels)
        return jax.lax.switch(which, branches, keys, levels), can

    return jax.jit(change)


def one(levels, i):
    return jax.tree.map(lambda x: np.asarray(x)[i], levels)


@pytest.mark.parametrize("size", [S, M] if EVERY_SIZE else [S], ids=lambda s: s.name)
@settings(max_examples=12, deadline=None)
@given(
    order=st.lists(st.sampled_from(NAMES), min_size=1, max_size=5),
    seed=st.integers(0, 2**31 - 1),
)
def test_valid_levels_stay_valid(size, order, seed):
    levels = starting(size)
    for i, name in enumerate(order):
        levels, _ = edit(size)(NAMES.index(name), jax.random.key(seed + i), levels)
    levels = jax.tree.map(np.asarray, levels)
    for i in range(2 * LEVELS):
        assert validate(one(levels, i)) == [], f"level {i} after {order}, seed {seed}"


@pytest.mark.parametrize("name", NAMES)
def test_each_keeps_a_level_valid_and_leaves_alone_what_it_cannot_edit(name):
    levels = starting(S)
    for seed in range(3):
        after, can = edit(S)(NAMES.index(name), jax.random.key(seed), levels)
        after, before = (jax.tree.map(np.asarray, x) for x in (after, levels))
        for i in range(2 * LEVELS):
            assert validate(one(after, i)) == []
            if not can[i]:
                jax.tree.map(np.testing.assert_array_equal, one(after, i), one(before, i))
