"""A component is built by its factory, and whatever goes wrong names it and its distribution."""

import re

import pytest

from kinetix_core.errors import PluginError, SettingError
from kinetix_core.interfaces import LevelGenerator
from kinetix_core.registry import registry
from tests.plugin_packages import component

SOURCE = """
from dataclasses import dataclass

from kinetix_core.interfaces import LevelGenerator
from kinetix_core.registry import Component, hookimpl

@dataclass(frozen=True)
class Config:
    count: int = 1

@dataclass
class Thawed:
    count: int = 1

@dataclass(frozen=True)
class Named:
    name: str = ""

class Levels(LevelGenerator):
    def __init__(self, config, task):
        self.config, self.task = config, task

@dataclass
class Mutable(LevelGenerator):
    levels: list

def unhashable(config, task): return Mutable([])
def good(config, task): return Levels(config, task)
def wrong(config, task): return {"levels": 3}
def failing(config, task): return 1 / 0
def refusing(config, task):
    from kinetix_core.errors import SettingError
    raise SettingError("count=1: too few for this task")
no_function = 3

def check(): return ["all is", "well"]
def faulty_check(): raise RuntimeError("no compiler")

@hookimpl
def kinetix_components():
    for name in ("good", "wrong", "unhashable", "failing", "refusing", "missing", "no_function"):
        yield Component("generator", name, "parts:Config", f"parts:{name}", "", "parts:check")
    yield Component("generator", "nowhere", "no_such:C", "no_such:f", "", "parts:faulty_check")
    yield Component("generator", "thawed", "parts:Thawed", "parts:good", "")
    yield Component("generator", "named", "parts:Named", "parts:good", "")
"""


@pytest.fixture
def found(packages):
    packages.add("kinetix-parts", "parts", SOURCE)
    return registry()


def test_a_factory_is_given_settings_and_task(found):
    config, task = found.config_class("generator", "good")(count=4), object()
    built = found.build("generator", "good", config, task)
    assert isinstance(built, LevelGenerator)
    assert built.config is config
    assert built.task is task


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wrong", "its factory parts:wrong returned dict, which is no"),
        ("unhashable", "Mutable is not hashable (TypeError: unhashable type: 'Mutable'), but"),
        ("failing", "its factory parts:failing raised ZeroDivisionError: division by zero"),
        ("missing", "factory parts:missing cannot be imported: AttributeError"),
        ("no_function", "factory parts:no_function cannot be called"),
        ("nowhere", "factory no_such:f cannot be imported: ModuleNotFoundError"),
    ],
)
def test_a_faulty_factory_names_component_and_distribution(found, name, words):
    config = found.config_class("generator", "good")()
    with pytest.raises(PluginError, match=re.escape(words)) as caught:
        found.build("generator", name, config, None)
    assert str(caught.value).startswith(f"generator/{name} from kinetix-parts 1.0: ")
    assert "\n" not in str(caught.value)


def test_the_interface_is_named(found):
    with pytest.raises(PluginError, match=r"kinetix_core\.interfaces\.LevelGenerator"):
        found.build("generator", "wrong", found.config_class("generator", "good")(), None)


def test_a_factory_may_refuse_a_setting(found):
    config = found.config_class("generator", "good")()
    with pytest.raises(SettingError, match=r"^generator\.count=1: too few for this task$"):
        found.build("generator", "refusing", config, None)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere", "config no_such:C cannot be imported: ModuleNotFoundError"),
        ("thawed", "config parts:Thawed is no frozen dataclass"),
        ("named", "config parts:Named has a setting `name`"),
    ],
)
def test_a_faulty_config_class_names_component_and_distribution(found, name, words):
    with pytest.raises(PluginError, match=re.escape(words)) as caught:
        found.config_class("generator", name)
    assert str(caught.value).startswith(f"generator/{name} from kinetix-parts 1.0: ")


def test_a_component_may_check_itself(found):
    assert found.check(found.get("generator", "good")) == ["all is", "well"]
    assert found.check(found.get("generator", "thawed")) == []
    with pytest.raises(PluginError, match="raised RuntimeError: no compiler"):
        found.check(found.get("generator", "nowhere"))


def test_a_component_of_unknown_name_cannot_be_built(found):
    with pytest.raises(PluginError, match="generator=gud: unknown; did you mean good"):
        found.build("generator", "gud", None, None)


def test_components_of_one_module_are_independent(packages):
    packages.add("kinetix-x", "x", component("generator", "x", "no_such:C", "no_such:f"))
    assert registry().get("generator", "x").name == "x"  # listing imports none of it
