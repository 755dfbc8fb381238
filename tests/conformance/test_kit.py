"""The conformance kit itself: every check finds what it is there to find."""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Tools
from kinetix_core.registry import KINDS
from kinetix_core.scene import L, M, S, SceneSize, check_scene
from kinetix_core.testing import (
    CHECKS,
    FakeTools,
    Places,
    assert_traces_once,
    check,
    difference,
    example_levels,
    example_task,
    promises,
    with_other_leftovers,
)

from .broken import (
    actions,
    curricula,
    engines,
    figures,
    generators,
    level_sets,
    loggers,
    mutations,
    networks,
    observations,
    scores,
)

SIZE = SceneSize(6, 1, 1, 1, motor_bindings=2, thruster_bindings=1)
MODULES = {
    "engine": engines,
    "action": actions,
    "observation": observations,
    "generator": generators,
    "network": networks,
    "curriculum": curricula,
    "mutation": mutations,
    "score": scores,
    "level_set": level_sets,
    "figure": figures,
    "logger": loggers,
}
OPTIONS = {
    "engine": {"calls": 2, "levels": example_levels(SIZE, 4)},
    "curriculum": {"updates": 6},
}
CASES = [
    pytest.param(kind, promise, make, id=f"{kind}-{promise}-{i}")
    for kind, module in MODULES.items()
    for promise, makers in module.BROKEN.items()
    for i, make in enumerate(makers)
]


@pytest.fixture(scope="module")
def task():
    return example_task(SIZE)


@pytest.mark.parametrize(("kind", "promise", "make"), CASES)
def test_a_broken_promise_is_found(kind, promise, make, task):
    component = make(task)
    name = getattr(component, "__name__", type(component).__name__)
    with pytest.raises(AssertionError, match=rf"^{kind} {name}.*breaks its promise {promise} "):
        check(kind, component, task, promises=[promise], **OPTIONS.get(kind, {}))


@pytest.mark.parametrize("kind", CHECKS)
def test_every_promise_has_a_component_that_breaks_it(kind):
    assert set(MODULES[kind].BROKEN) == set(promises(kind))


@pytest.mark.parametrize("kind", CHECKS)
def test_the_documentation_lists_every_promise(kind):
    page = (Path(__file__).parents[2] / "docs" / "testing_plugins.md").read_text(encoding="utf-8")
    _, _, section = page.partition(f"\n### {kind}\n")
    rows = [line for line in section.partition("\n### ")[0].splitlines() if line.startswith("| `")]
    wanted = [f"| `{p.__name__}` | {p.__doc__.splitlines()[0]} |" for p in CHECKS[kind].promises]
    assert rows == wanted


def test_every_kind_has_checks():
    assert set(CHECKS) == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "component"),
    [
        ("network", networks.GOOD),
        ("curriculum", curricula.GOOD),
        ("mutation", mutations.GOOD),
        ("score", scores.GOOD),
        ("level_set", level_sets.GOOD),
        ("figure", figures.GOOD),
        ("logger", lambda task: loggers.GOOD),
        ("engine", lambda task: task.engine),
        ("observation", lambda task: task.observation),
        ("generator", lambda task: task.generator),
    ],
)
def test_what_the_broken_ones_vary_keeps_its_promises(kind, component, task):
    check(kind, component(task), task, **OPTIONS.get(kind, {}))


def test_the_message_says_promise_component_and_what_was_found(task):
    with pytest.raises(AssertionError) as caught:
        check("observation", observations.LiesAboutShape(), task)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("observation LiesAboutShape breaks its promise space_matches")
    assert "float32(14,)" in text
    assert "shape=(15,)" in text


@pytest.mark.parametrize(
    ("kind", "arguments", "text"),
    [
        ("encoder", {}, "no kind of component"),
        ("engine", {"call": 3}, "call: no option; did you mean calls"),
        ("engine", {"promises": ["nan_stays"]}, "did you mean .*nan_stays_in_its_scene"),
    ],
)
def test_mistakes_in_the_call_are_named(kind, arguments, text, task):
    with pytest.raises(SettingError, match=text):
        check(kind, task.engine, task, **arguments)


def test_an_exception_of_the_component_is_a_broken_promise(task):
    class Failing(Places):
        def encode(self, scene):
            raise ZeroDivisionError("no\nluck")

    with pytest.raises(AssertionError, match="ZeroDivisionError: no luck") as caught:
        check("observation", Failing(), task)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("size", [S, M, L, SceneSize(4, 0, 0, 0), SceneSize(30, 34, 20, 9, 1, 1)])
def test_example_levels_are_valid_and_varied(size):
    levels = example_levels(size, 12)
    again = with_other_leftovers(levels)
    for i in range(12):
        check_scene(jax.tree.map(lambda x, i=i: x[i], levels))
        check_scene(jax.tree.map(lambda x, i=i: x[i], again))
    assert difference(levels, example_levels(size, 12)) is None
    in_use = [np.asarray(x.active) for x in (levels.polygons, levels.circles, levels.joints)]
    assert in_use[0][1].all()
    assert in_use[1][1].all()
    if size.joints:
        assert in_use[2][1].all()
        assert levels.thrusters.active[1].all()
    if size.bodies > 4:
        assert difference(levels, again), "leftovers stay the same"
        assert set(levels.polygons.n_vertices[levels.polygons.active]) == {3, 4}
        assert set(np.unique(levels.polygons.role)) >= {0, 1, 2}


def test_example_levels_collide():
    task = example_task(S)
    case = CHECKS["engine"].case(task.engine, task)
    touching = np.asarray(case.played_alone.trace.touching)
    assert touching.any()
    assert not touching.all()


def test_fake_tools_offer_what_a_curriculum_may_ask_for():
    offered = {name for name in vars(Tools) if not name.startswith("_")}
    assert offered >= {"sample", "num_envs"}
    assert offered <= set(dir(FakeTools)) | set(FakeTools.__annotations__)


def test_assert_traces_once_counts():
    assert_traces_once(lambda x: x + 1, [(np.float32(1),), (np.float32(2),)])
    with pytest.raises(AssertionError, match="traced again for call 1"):
        assert_traces_once(lambda x: x + 1, [(np.float32(1),), (np.int32(2),)])


@pytest.mark.parametrize(
    ("a", "b", "tolerance", "same"),
    [
        (np.float32(0.0), np.float32(-0.0), 0.0, False),
        (np.float32(0.0), np.float32(-0.0), 1e-6, True),
        (np.float32(np.nan), np.float32(np.nan), 0.0, True),
        (np.float32(np.inf), np.float32(np.inf), 1e-6, True),
        (np.float32(np.inf), np.float32(1), 1e-6, False),
        (np.float32(1), np.nextafter(np.float32(1), np.float32(2)), 0.0, False),
        (np.float32(1), np.nextafter(np.float32(1), np.float32(2)), 1e-6, True),
        (np.float32(1), np.float32(1.1), 1e-6, False),
        (np.int32(1), np.int32(2), 10.0, False),
        (np.zeros(2), np.zeros(3), 1.0, False),
        (np.zeros(2, np.int32), np.zeros(2, np.float32), 1.0, False),
    ],
)
def test_difference(a, b, tolerance, same):
    assert (difference({"x": a}, {"x": b}, tolerance) is None) == same


def test_example_task_takes_parts_of_one_s_own():
    task = example_task(S, observation=observations.Leaking())
    assert isinstance(task.observation, observations.Leaking)
    assert replace(task, observation=None).generator is not None
