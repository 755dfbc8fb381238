"""Whatever is mutated, in whichever order: a valid level stays one."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinetix_core.interfaces import Task
from kinetix_core.registry import registry
from kinetix_core.scene import L, M, S, load_levels, validate
from kinetix_core.testing import example_levels

NAMES = registry().names("mutation")
FAST = {"xla_backend_optimization_level": 0}
"""Programs are run a few times only: what takes time is to compile them."""
LEVELS = 40


@functools.cache
def starting(size):
    """Hand-made levels, as many as there are, and example levels. Nothing is compiled."""
    made = load_levels("handmade", size).levels
    count = made.timestep.shape[0]
    return jax.tree.map(
        lambda a, b: jnp.concatenate([jnp.asarray(a), jnp.asarray(b)]),
        made,
        example_levels(size, LEVELS - count),
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
        keys = jax.random.split(key, LEVELS)
        can = jax.lax.switch(which, possible, levels)
        return jax.lax.switch(which, branches, keys, levels), can

    return jax.jit(change, compiler_options=FAST)


def one(levels, i):
    return jax.tree.map(lambda x: np.asarray(x)[i], levels)


@pytest.mark.parametrize("size", [S, M, L], ids=lambda s: s.name)
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
    for i in range(LEVELS):
        assert validate(one(levels, i)) == [], f"level {i} after {order}, seed {seed}"


@pytest.mark.parametrize("size", [S, M, L], ids=lambda s: s.name)
@pytest.mark.parametrize("name", NAMES)
def test_each_keeps_a_level_valid_and_leaves_alone_what_it_cannot_edit(name, size):
    levels = starting(size)
    for seed in range(3):
        after, can = edit(size)(NAMES.index(name), jax.random.key(seed), levels)
        after, before = (jax.tree.map(np.asarray, x) for x in (after, levels))
        for i in range(LEVELS):
            assert validate(one(after, i)) == []
            if not can[i]:
                jax.tree.map(np.testing.assert_array_equal, one(after, i), one(before, i))
