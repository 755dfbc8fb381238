"""Plugins are loaded one by one; what is wrong with one is said, and hurts nobody else."""

import re

import pytest

from kinetix_core.compose import compose_run, load_sweep
from kinetix_core.errors import PluginError, SettingError
from kinetix_core.registry import KINDS, Component, registry
from kinetix_core.scene import find_levels
from tests.plugin_packages import component

CONFIG = "kinetix_core.env.action_config:DiscreteConfig"
GOOD = component("curriculum", "novelty", CONFIG, "good:Novelty")


def broken_line(distribution: str) -> str:
    """What the registry says about the one broken plugin of a distribution."""
    (plugin,) = [p for p in registry().broken if p.distribution == distribution]
    assert plugin.problem is not None
    assert "\n" not in plugin.problem
    return f"{plugin} is broken: {plugin.problem}"


def test_what_is_built_in_comes_through_entry_points_and_works():
    found = registry()
    assert [str(p) for p in found.broken] == []
    assert found.disabled == {}
    assert set(found.names("action")) >= {"continuous", "discrete", "multi_discrete"}
    assert set(found.names("logger")) >= {"console", "jsonl"}
    assert "open-kinetix" in found.distribution(found.get("action", "discrete"))


def test_a_package_that_is_installed_is_there_by_name(packages):
    packages.add("kinetix-novelty", "good", GOOD, version="2.3")
    found = registry().get("curriculum", "novelty")
    assert found.factory == "good:Novelty"
    assert "novelty" in registry().names("curriculum")
    assert registry().distribution(found) == "kinetix-novelty 2.3"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def f(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
        (
            "from kinetix_core.registry import hookimpl\n@hookimpl\ndef kinetix_componets(): ...",
            "kinetix_componets is no hook; did you mean kinetix_components",
        ),
        (
            "from kinetix_core.registry import hookimpl\n@hookimpl\ndef components(): ...",
            "unknown hook 'components'",
        ),
        ("def kinetix_componets(): ...", "kinetix_componets is no hook; did you mean"),
        ("def kinetix_components(): ...", "kinetix_components is not marked with @hookimpl"),
        (
            "from kinetix_core.registry import hookimpl\n"
            "@hookimpl\ndef kinetix_components(thing): ...",
            "Argument(s) {'thing'}",
        ),
        (
            "from kinetix_core.registry import hookimpl\n"
            "@hookimpl\ndef kinetix_components(): yield 3",
            "gave 3, which is no Component",
        ),
        (
            "from kinetix_core.registry import hookimpl\n"
            "@hookimpl\ndef kinetix_components(): return 1 / 0",
            "ZeroDivisionError",
        ),
        (
            component("curiculum", "x", CONFIG, "bad:X"),
            "component curiculum/x: unknown kind curiculum; did you mean curriculum?",
        ),
        (component("curriculum", "Big-One", CONFIG, "bad:X"), "a name is lower case letters"),
        (component("curriculum", "x", "bad.X", "bad:X"), "config='bad.X': a dotted path as"),
        (
            "from kinetix_core.registry import hookimpl\n"
            "@hookimpl\ndef kinetix_config_folders(): yield 'pkg://bad_configs'",
            "bad_configs",
        ),
        (
            "from kinetix_core.registry import hookimpl\n"
            "@hookimpl\ndef kinetix_config_folders(): yield 'configs'",
            "gave 'configs'; pkg://package.folder is expected",
        ),
    ],
)
def test_a_broken_plugin_is_named_with_its_distribution_and_reason(packages, source, words):
    packages.add("kinetix-bad", "bad", source)
    packages.add("kinetix-novelty", "good", GOOD)
    line = broken_line("kinetix-bad 1.0")
    assert line.startswith("plugin bad (bad, from kinetix-bad 1.0) is broken: ")
    assert words in line
    # everybody else's components are there
    assert registry().get("curriculum", "novelty").name == "novelty"
    assert registry().get("action", "discrete").name == "discrete"


def test_yaml_that_would_hide_components_is_refused(packages):
    packages.add(
        "kinetix-bad",
        "bad",
        "from kinetix_core.registry import hookimpl\n"
        "@hookimpl\ndef kinetix_config_folders(): yield 'pkg://bad/configs'",
        files={"bad/configs/engine/jax2d.yaml": "kernel: native"},
    )
    assert "its folder engine would hide the engine components" in broken_line("kinetix-bad 1.0")


def test_a_broken_plugin_is_an_error_in_the_same_words_when_asked_for(packages):
    packages.add("kinetix-bad", "bad", "import no_such_module")
    with pytest.raises(PluginError, match=re.escape(broken_line("kinetix-bad 1.0"))) as caught:
        registry().get("curriculum", "of_the_bad_one")
    assert str(caught.value).startswith("curriculum=of_the_bad_one: unknown")


def test_an_unknown_preset_or_sweep_says_which_plugins_are_broken(packages):
    packages.add("kinetix-bad", "bad", "import no_such_module")
    line = re.escape(broken_line("kinetix-bad 1.0"))
    with pytest.raises(SettingError, match=f"^experiment=mine: unknown.*{line}"):
        compose_run(["experiment=mine"])
    with pytest.raises(SettingError, match=f"^sweep mine: unknown.*{line}"):
        load_sweep("mine", [])


def test_two_components_of_one_name_disable_the_name_and_name_both(packages):
    packages.add("kinetix-one", "one", component("curriculum", "twin", CONFIG, "one:A"))
    packages.add("kinetix-two", "two", component("curriculum", "twin", CONFIG, "two:B"))
    packages.add("kinetix-novelty", "good", GOOD)
    assert "twin" not in registry().names("curriculum")
    assert "novelty" in registry().names("curriculum")
    line = registry().disabled["curriculum", "twin"]
    assert line == (
        "curriculum/twin is offered more than once, so nobody's is used:"
        " one:A from kinetix-one 1.0 and two:B from kinetix-two 1.0"
    )
    with pytest.raises(PluginError, match=re.escape(line)):
        registry().get("curriculum", "twin")


def test_the_same_name_in_two_kinds_is_fine(packages):
    packages.add("kinetix-one", "one", component("curriculum", "twin", CONFIG, "one:A"))
    packages.add("kinetix-two", "two", component("generator", "twin", CONFIG, "two:B"))
    assert registry().disabled == {}


def test_one_package_cannot_replace_a_built_in_component(packages):
    packages.add("kinetix-one", "one", component("action", "discrete", CONFIG, "one:A"))
    with pytest.raises(PluginError, match=r"kinetix-one 1\.0.*open-kinetix|open-kinetix.*one 1"):
        registry().get("action", "discrete")


def test_unknown_names_and_kinds_come_with_the_nearest_ones():
    with pytest.raises(PluginError, match="action=discret: unknown; did you mean discrete"):
        registry().get("action", "discret")
    with pytest.raises(PluginError, match="actoin: no kind of component; did you mean action"):
        registry().names("actoin")


def test_every_kind_has_an_interface_and_a_default():
    for kind in KINDS.values():
        assert kind.several or len(kind.default) == kind.composed
        assert set(kind.default) <= {*registry().names(kind.name)}


def test_a_component_reads_as_kind_and_name():
    assert str(Component("action", "x", "a:B", "a:C", "")) == "action/x"


SET = """
from kinetix_core.registry import hookimpl

@hookimpl
def kinetix_level_sets():
    return {"mazes": "pkg://NAME/levels"}
"""


def add_level_set(packages, name):
    file = {f"{name}/levels/one.json": "{}"}
    packages.add(f"kinetix-{name}", name, SET.replace("NAME", name), files=file)


def test_a_package_can_bring_a_set_of_levels(packages):
    add_level_set(packages, "one")
    assert [f.name for f in registry().level_sets()["mazes"].iterdir()] == ["one.json"]


def test_two_level_sets_of_one_name_disable_the_name_only(packages):
    add_level_set(packages, "one")
    add_level_set(packages, "two")
    assert "mazes" not in registry().level_sets()
    assert "handmade" in registry().level_sets()
    line = registry().disabled["level_set", "mazes"]
    assert "from kinetix-one 1.0 and" in line
    assert "from kinetix-two 1.0" in line
    with pytest.raises(PluginError, match="level_set/mazes is offered more than once"):
        find_levels("mazes")
