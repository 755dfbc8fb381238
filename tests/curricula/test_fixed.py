"""curriculum/fixed: the generator's levels, as many as there are environments or as asked for."""

import jax
import numpy as np
import pytest
from kinetix_curricula import Fixed, FixedConfig

from kinetix_core.errors import SettingError
from kinetix_core.scene import S
from kinetix_core.testing import FakeTools, difference, example_task


@pytest.fixture(scope="module")
def task():
    return example_task(S)


@pytest.mark.parametrize(("pool", "levels"), [(0, 8), (3, 3), (20, 20)])
def test_size_of_the_pool(pool, levels, task):
    tools = FakeTools(task.generator, num_envs=8)
    curriculum = Fixed(FixedConfig(pool=pool), task)
    state, proposal = curriculum.propose((), jax.random.key(0), tools, None)
    assert state == ()
    assert proposal.levels.timestep.shape == (levels,)
    assert proposal.train is True


def test_levels_are_those_of_the_generator_and_change_with_the_key(task):
    tools = FakeTools(task.generator, num_envs=8)
    curriculum = Fixed(FixedConfig(), task)
    proposals = [curriculum.propose((), jax.random.key(k), tools, None)[1].levels for k in range(3)]
    wanted = task.generator.sample(jax.random.key(1), 8)
    assert difference(proposals[1], wanted) is None
    assert difference(proposals[1], proposals[2])


def test_episodes_go_on_and_draw_a_new_level_each(task):
    curriculum = Fixed(FixedConfig(), task)
    assert (curriculum.restart, curriculum.repeat) == (False, False)


def test_it_keeps_nothing(task):
    curriculum = Fixed(FixedConfig(), task)
    assert not jax.tree.leaves(curriculum.init(jax.random.key(0), FakeTools(task.generator, 8)))
    assert curriculum.metrics(()) == {}
    assert np.all(curriculum.learn((), None, None) == ())


def test_a_negative_pool_is_refused():
    with pytest.raises(SettingError, match=r"pool=-1: 0 or more"):
        FixedConfig(pool=-1)
