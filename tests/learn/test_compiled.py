"""The programs of a run: no level is part of them, so as many others find them compiled."""

import threading
from dataclasses import replace

import jax
import pytest
from kinetix_curricula import Fixed, FixedConfig
from kinetix_generators import FilesConfig
from numpy.testing import assert_array_equal

from kinetix_core.env import Filtered
from kinetix_core.env.filter_config import FilterConfig
from kinetix_core.learn import compiled
from kinetix_core.learn._tools import RunTools, traced_once
from kinetix_core.registry import registry
from tests.learn import probe


def text(setup):
    init, step = compiled(setup)
    state = init.shapes(0)
    return step.lower(state).as_text()


def test_levels_are_arguments_of_the_programs():
    setup = probe.probe_setup()

    def drawing(level, **more):
        config = FilesConfig(levels=level)
        generator = registry().build("generator", "files", config, setup.task)
        return replace(setup, task=replace(setup.task, generator=generator, **more))

    one, other = drawing("handmade/s/lift_off"), drawing("handmade/s/roll_right")
    assert text(one) == text(other)
    two = drawing(("handmade/s/lift_off", "handmade/s/roll_right"))
    assert text(two) != text(one), "another number of levels is another program"


def test_a_filter_hands_its_generators_levels_on():
    setup = probe.probe_setup()
    config = FilesConfig(levels="handmade/s/lift_off")
    generator = registry().build("generator", "files", config, setup.task)
    filtered = Filtered(generator, setup.task, FilterConfig(enabled=True))
    setup = replace(setup, task=replace(setup.task, generator=filtered))
    other = jax.tree.map(lambda x: x + 1, setup.levels)
    given = setup.with_levels(other).task.generator
    assert isinstance(given, Filtered)
    assert jax.tree.leaves(given.arrays())[0] is jax.tree.leaves(other)[0]


def test_a_request_to_stop_is_answered_while_xla_compiles(monkeypatch):
    _, step = compiled(probe.probe_setup())
    released = threading.Event()

    class Lowered:
        def compile(self):
            return released.wait(60)

    monkeypatch.setattr(step, "lower", lambda state: Lowered())
    asked = iter([False, True])
    with pytest.raises(KeyboardInterrupt):
        step.compile(None, lambda: next(asked))
    assert not released.is_set()
    released.set()
    assert step.compile(None, lambda: False)


@pytest.mark.parametrize("seeds", [1, 2])
def test_what_a_run_begins_with_is_the_same_compiled_aside(monkeypatch, seeds):
    init, _ = compiled(probe.probe_setup(probe.ENDLESS), seeds)
    here = init(3)
    init.compile_aside(3)
    monkeypatch.setattr(init, "_jitted", None)  # what was compiled aside is what runs
    for one, other in zip(jax.tree.leaves(here), jax.tree.leaves(init(3)), strict=True):
        is_key = jax.dtypes.issubdtype(one.dtype, jax.dtypes.prng_key)
        assert_array_equal(*(jax.random.key_data(x) if is_key else x for x in (one, other)))


def test_what_fails_in_the_thread_is_said():
    init, _ = compiled(probe.probe_setup(probe.ENDLESS))

    class Broken:
        def lower(self, *_):
            return self

        def compile(self):
            raise RuntimeError("no memory")

    init._jitted = Broken()
    init.compile_aside(3)
    with pytest.raises(RuntimeError, match="no memory"):
        init(3)


class Counting(Fixed):
    """Says how often its proposal is traced."""

    def propose(self, state, key, tools, policy):
        CALLS.append(1)
        return super().propose(state, key, tools, policy)


CALLS = []


@pytest.mark.parametrize("seeds", [1, 2])
def test_levels_are_proposed_in_one_trace(seeds):
    setup = probe.probe_setup(probe.ENDLESS)
    curriculum = Counting(FixedConfig(), setup.task)
    setup = replace(setup, task=replace(setup.task, curriculum=curriculum))
    CALLS.clear()
    init, step = compiled(setup, seeds)
    state = init.shapes(0)
    init.compile_aside(0)
    step.lower(state)
    assert len(CALLS) == 1
    init(0)  # the thread has ended


def test_that_it_always_trains_is_known_to_what_is_traced():
    setup = probe.probe_setup(probe.ENDLESS)
    propose, known = traced_once(setup), []

    def look(key):
        curriculum = setup.curriculum.init(key, RunTools(setup))
        _, proposal = propose(setup, curriculum, key, None)
        known.append(proposal.train)
        return proposal.levels

    jax.eval_shape(look, jax.random.key(0))
    assert known == [True]
