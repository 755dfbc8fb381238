"""The programs of a run: no level is part of them, so as many others find them compiled."""

import threading
from dataclasses import replace

import chex
import jax
import pytest
from kinetix_curricula import Fixed, FixedConfig
from kinetix_generators import FilesConfig
from numpy.testing import assert_array_equal

from kinetix_core.env import Filtered
from kinetix_core.env.filter_config import FilterConfig
from kinetix_core.learn import compiled
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
    chex.assert_trees_all_equal(here.params, init(3).params)
    assert_array_equal(*(jax.random.key_data(state.key) for state in (here, init(3))))


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
def test_levels_are_proposed_in_one_trace_and_what_is_learnt_from_needs_no_decision(seeds):
    setup = probe.probe_setup(probe.ENDLESS)
    curriculum = Counting(FixedConfig(), setup.task)
    setup = replace(setup, task=replace(setup.task, curriculum=curriculum))
    CALLS.clear()
    init, step = compiled(setup, seeds)
    state = init.shapes(0)
    init.compile_aside(0)
    text = step.lower(state).as_text()
    assert len(CALLS) == 1
    assert "stablehlo.case" not in text, "it always trains: there is no other branch"
