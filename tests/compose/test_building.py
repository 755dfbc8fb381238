"""The parts of a run are built in order, each seeing those before it."""

import pytest

from kinetix_core.compose import build_loggers, build_task, compose_run
from kinetix_core.errors import PluginError
from kinetix_core.registry import TASK_KINDS

CLASSES = {
    "engine": "Engine",
    "action": "ActionSpace",
    "observation": "ObservationEncoder",
    "generator": "LevelGenerator",
    "network": "PolicyNetwork",
    "curriculum": "Curriculum",
}
PARTS = f"""
from kinetix_core import interfaces
from kinetix_core.interfaces import Logger

SEEN = []

def part(kind, interface):
    abstract = getattr(interfaces, interface)
    made = type(kind, (abstract,), dict.fromkeys(abstract.__abstractmethods__ or ()))
    made.__abstractmethods__ = frozenset()
    made.__init__ = lambda self: None
    made.__hash__ = object.__hash__  # those that are dataclasses have fields that are not set

    def factory(config, task):
        before = [k for k in {list(CLASSES)} if getattr(task, k) is not None]
        SEEN.append((kind, before, task.size.name, task.env.frame_skip))
        return made()

    return factory

{chr(10).join(f"{kind} = part({kind!r}, {name!r})" for kind, name in CLASSES.items())}

class log(Logger):
    def __init__(self, config, task): self.config, self.task = config, task
    def open(self, run): ...
    def log(self, step, metrics): ...
    def close(self): ...
"""
PLUGIN = f"""
from dataclasses import dataclass
from kinetix_core.registry import Component, hookimpl

@dataclass(frozen=True)
class Config:
    level: int = 1

@hookimpl
def kinetix_components():
    for kind in {[*CLASSES]}:
        yield Component(kind, "probe", "probe:Config", f"probe_parts:{{kind}}", "")
    yield Component("logger", "probe", "probe:Config", "probe_parts:log", "")
    yield Component("network", "wrong", "probe:Config", "probe_parts:engine", "")
"""
SETTINGS = [f"{kind}=probe" for kind in CLASSES]


@pytest.fixture
def probe(packages):
    packages.add("kinetix-probe", "probe", PLUGIN)
    (packages.path / "probe_parts.py").write_text(PARTS)
    packages.modules.add("probe_parts")
    return packages


def test_each_factory_sees_the_parts_before_it(probe):
    run = compose_run([*SETTINGS, "logger=[]", "size=m", "env.frame_skip=4"])
    task = build_task(run)
    import probe_parts  # pyright: ignore[reportMissingImports]

    order = ["engine", "action", "observation", "generator", "network", "curriculum"]
    assert list(TASK_KINDS) == order
    assert [(kind, order[:i], "m", 4) for i, kind in enumerate(order)] == probe_parts.SEEN
    assert all(type(getattr(task, kind)).__name__ == kind for kind in order)


def test_loggers_are_built_in_the_order_named(probe):
    run = compose_run([*SETTINGS, "logger=[probe,jsonl]", "logger.probe.level=7"])
    first, second = build_loggers(run)
    assert first.config.level == 7  # pyright: ignore[reportAttributeAccessIssue]
    assert first.task.size == run.size  # pyright: ignore[reportAttributeAccessIssue]
    assert type(second).__name__ == "JsonlLogger"


def test_a_part_of_another_kind_is_refused(probe):
    run = compose_run([*SETTINGS, "network=wrong"])
    with pytest.raises(PluginError, match=r"network/wrong from kinetix-probe 1\.0.*PolicyNetwork"):
        build_task(run)
