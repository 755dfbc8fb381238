"""The programs of a run: no level is part of them, so as many others find them compiled."""

from dataclasses import replace

import jax
from kinetix_generators import FilesConfig

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
