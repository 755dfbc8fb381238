"""The level filter."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.compose import compose_run
from kinetix_core.env import FilterConfig, Filtered
from kinetix_core.errors import SettingError
from kinetix_core.interfaces import LevelGenerator
from kinetix_core.scene import BLUE, GREEN, S, SceneBuilder, stack_scenes
from kinetix_core.testing import check, example_task


def level(gap):
    """A green circle falls and flies `gap` metres above a blue one."""
    builder = SceneBuilder(S)
    builder.circle((2.5, 3.0 + gap), 0.2, role=GREEN)
    builder.circle((2.5, 3.0), 0.2, role=BLUE, fixated=True)
    return builder.build()


@dataclass(frozen=True)
class Drops(LevelGenerator):
    """Levels that solve themselves at once, or never."""

    easy: float

    def sample(self, key, n):
        both = stack_scenes([level(2.0), level(0.6)])
        chosen = jax.random.bernoulli(key, self.easy, (n,)).astype(jnp.int32)
        return jax.tree.map(lambda x: jnp.asarray(x)[chosen], both)


def easy(levels):
    return np.asarray(levels.circles.position)[:, 0, 1] < 4


@pytest.fixture(scope="module")
def task():
    task = example_task(S)
    return replace(task, engine=replace(task.engine, reach=0.5))


def test_levels_that_solve_themselves_are_left_out(task):
    filtered = Filtered(Drops(0.4), task, FilterConfig(steps=16))
    key = jax.random.key(1)
    assert easy(Drops(0.4).sample(key, 32)).sum() > 5
    assert not easy(jax.jit(lambda key: filtered.sample(key, 32))(key)).any()


def test_they_fill_up_where_others_are_too_few(task):
    filtered = Filtered(Drops(0.9), task, FilterConfig(steps=16))
    found = easy(jax.jit(lambda key: filtered.sample(key, 64))(jax.random.key(2)))
    assert 0.5 < found.mean() < 0.95, "all that do not solve themselves, and some that do"


def test_what_happens_too_late_does_not_count(task):
    levels = Drops(1.0).sample(jax.random.key(0), 2)
    assert Filtered(Drops(1), task, FilterConfig(steps=16)).solved_by_nothing(levels).all()
    assert not Filtered(Drops(1), task, FilterConfig(steps=1)).solved_by_nothing(levels).any()


def test_it_is_a_generator(task):
    check("generator", Filtered(task.generator, task, FilterConfig(steps=2)), task, n=6)


def test_settings():
    assert compose_run(["filter.enabled=true"]).filter == FilterConfig(enabled=True)
    with pytest.raises(SettingError, match=r"^filter\.steps=0: at least 1"):
        compose_run(["filter.steps=0"])
