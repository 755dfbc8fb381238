"""Each kind of mistake in a setting is one line that names it, its value and the way out."""

import pytest

from kinetix_core.compose import compose_run
from kinetix_core.errors import PluginError, SettingError
from tests.plugin_packages import component

MISTAKES = [
    # unknown names
    ("ppo.learningrate=1", "ppo.learningrate: unknown setting; did you mean ppo.learning_rate?"),
    ("learning_rate=1", "learning_rate: unknown setting; did you mean ppo.learning_rate?"),
    ("env.frameskip=1", "env.frameskip: unknown setting; did you mean env.frame_skip?"),
    ("sed=1", "sed: unknown setting; did you mean seed?"),
    ("engine.inner.dept=1", "engine.inner.dept: unknown setting; did you mean engine.inner.depth?"),
    ("engine.width=1", "engine.width: unknown setting; did you mean network.width?"),
    ("size.polygons=8", "size.polygons: unknown setting; slots are given all at once"),
    ("xyzzy=1", "xyzzy: unknown setting; `kinetix train --help` lists them all"),
    ("logger.toy.count=1", "logger.toy.count: unknown setting here; it belongs to logger=toy"),
    # wrong types
    ("seed=a", "seed=a: a whole number is expected"),
    ("seed=1.5", "seed=1.5: a whole number is expected"),
    ("ppo.epochs=null", "ppo.epochs=null: a whole number is expected"),
    ("ppo.gamma=high", "ppo.gamma=high: a number is expected"),
    ("ppo.bootstrap_at_time_limit=x", "ppo.bootstrap_at_time_limit=x: true or false is expected"),
    ("engine.limit=x", "engine.limit=x: a whole number or null is expected"),
    ("engine.gains=1", "engine.gains=1: a list of numbers as [a,b] is expected"),
    ("engine.gains=[a]", "engine.gains=[a]: a list of numbers as [a,b] is expected"),
    ("engine.flavour=swet", "engine.flavour=swet: one of sweet, sour is expected"),
    ("train.name={a: 1}", "train.name={a: 1}: text is expected"),
    # parts that are no settings
    ("ppo=3", "ppo: has settings of its own, as ppo.num_envs"),
    ("engine.inner=3", "engine.inner: has settings of its own, as engine.inner.depth"),
    ("engine.name=x", "engine.name=x: a component is chosen with engine=x"),
    ("logger.jsonl.name=x", "logger.jsonl.name=x: a component is chosen with logger=x"),
    # values that are not allowed
    ("size=xl", "size=xl: s, m, l or {polygons: 8, circles: 3, joints: 4, thrusters: 2}"),
    ("size=8", "size=8: s, m, l or a mapping of slot counts is expected"),
    ("size={polygons: 8}", "size: circles, joints, thrusters missing"),
    ("size={polygns: 8, circles: 3}", "size.polygns: unknown; did you mean polygons?"),
    ("size={polygons: 90, circles: 3, joints: 4, thrusters: 2}", "at most 64 fit into a scene"),
    ("size={polygons: 3, circles: 3, joints: 4, thrusters: 2}", "size.polygons=3: at least 4"),
    (
        "size={polygons: 5, circles: 2, joints: 1, thrusters: 1, motor_bindings: 128}",
        "size.motor_bindings=128: at most 127 is expected",
    ),
    ("seed=-1", "seed=-1: 0 to 4294967295 is expected"),
    ("num_seeds=0", "num_seeds=0: at least 1 is expected"),
    ("env.frame_skip=0", "env.frame_skip=0: at least 1 is expected"),
    ("ppo.epochs=0", "ppo.epochs=0: at least 1 is expected"),
    ("ppo.num_envs=200000000", "ppo.num_envs=200000000: at most 16,777,216 is expected"),
    ("engine.count=-1", "engine.count=-1: 0 or more is expected"),
    ("engine.ratio=2", "engine: too much"),
    ("engine.needed=???", "engine.needed: a value must be given, as engine.needed=VALUE"),
    ("train.name=${nowhere}", "train.name: Interpolation key 'nowhere' not found"),
    # choices
    ("curriculum=fixd", "curriculum=fixd: unknown; did you mean fixed?"),
    ("curriculum=[fixed]", "curriculum=[fixed]: one curriculum is expected"),
    ("engine=null", "engine=null: the name of a component is expected"),
    ("logger=null", "logger=null: the name of a component is expected; logger=[] for none"),
    ("logger=[jsonl,cvs]", "logger=cvs: unknown; did you mean csv?"),
    ("experiment=none_such", "experiment=none_such: unknown"),
    # not a setting at all
    ("seed", "seed: a setting is written name=value"),
    ("=3", "=3: a setting is written name=value"),
    ("+new=3", "+new=3: a setting is written name=value, without +"),
    ("~logger", "~logger: a setting is written name=value"),
    ("~logger=jsonl", "~logger=jsonl: a setting is written name=value, without ~"),
    ("env..x=3", "env..x=3: a setting is written name=value; this is no name"),
    ("engine@x=toy", "engine@x=toy: a setting is written name=value"),
    ("train.name=a=b", "train.name=a=b: the value cannot be read; put quotes around it"),
    ("seed=1,2", "seed=1,2: several values are a sweep: add -m to run each"),
    ("logger=csv,jsonl", "or write logger=[csv,jsonl] for a list"),
    ("hydra.verbose=true", "hydra.verbose=true: hydra settings belong to sweeps; add -m"),
    ("levels=x", "levels=: short for generator=files generator.levels="),
]


@pytest.fixture(autouse=True)
def toy(packages):
    packages.add_toy()
    return packages


@pytest.mark.parametrize(("setting", "words"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_one_line(setting, words):
    with pytest.raises((SettingError, PluginError)) as caught:
        compose_run(["engine=toy", "engine.needed=x", "generator=toy", setting])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_that_must_be_given():
    with pytest.raises(SettingError, match=r"^engine\.needed: a value must be given"):
        compose_run(["engine=toy", "generator=toy"])


CONFIGS = """
from dataclasses import dataclass, field
from typing import Literal

from kinetix_core.registry import Component, hookimpl

@dataclass(frozen=True)
class Chooses:
    word: Literal["a", "b"] = "a"

@dataclass(frozen=True)
class Maps:
    table: dict[str, int] = field(default_factory=dict)

@hookimpl
def kinetix_components():
    yield Component("generator", "chooses", "odd:Chooses", "odd:f", "")
    yield Component("generator", "maps", "odd:Maps", "odd:f", "")
    yield Component("generator", "absent", "no_such_module:C", "odd:f", "")
    yield Component("generator", "good", "toy:PlainConfig", "odd:f", "")
"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("chooses", "generator/chooses from kinetix-odd 1.0: config odd:Chooses has a setting of"),
        ("maps", "generator/maps: its settings are not hashable"),
        ("absent", "config no_such_module:C cannot be imported: ModuleNotFoundError"),
    ],
)
def test_a_component_with_unusable_settings_fails_only_when_chosen(toy, name, words):
    toy.add("kinetix-odd", "odd", CONFIGS)
    with pytest.raises(PluginError) as caught:
        compose_run(["engine=toy", "engine.needed=x", f"generator={name}"])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert compose_run(["engine=toy", "engine.needed=x", "generator=good"])


def test_a_default_component_that_is_offered_twice_is_named(toy):
    config = "kinetix_core.env.action_config:DiscreteConfig"
    toy.add("kinetix-mine", "mine", component("curriculum", "fixed", config, "mine:F"))
    settings = ["engine=toy", "engine.needed=x", "generator=toy"]
    with pytest.raises(PluginError, match=r"curriculum/fixed is offered more than once.*mine:F"):
        compose_run(settings)


def test_a_broken_plugin_is_named_when_its_component_may_be_meant(toy):
    toy.add("kinetix-bad", "bad", "import no_such_module")
    settings = ["engine=toy", "engine.needed=x", "generator=toy"]
    assert compose_run(settings)
    with pytest.raises(
        PluginError, match=r"curriculum=novelty: unknown.*kinetix-bad 1\.0.*no_such"
    ):
        compose_run([*settings, "curriculum=novelty"])


def test_of_a_kind_of_which_one_is_chosen_no_list_is_suggested():
    with pytest.raises(SettingError) as caught:
        compose_run(["curriculum=plr,dr"])
    assert str(caught.value).endswith("several values are a sweep: add -m to run each")
