"""Every hook, kind, component and top-level setting has its entry in the documentation."""

import re
from pathlib import Path

import pytest

from kinetix_core.cli._jax import VARIABLE
from kinetix_core.compose import PRESETS, SECTIONS, settings_of
from kinetix_core.registry import COMPOSED_KINDS, HOOKS, KINDS, Component, load_object, registry

DOCS = Path(__file__).parents[2] / "docs"
PLUGINS = (DOCS / "plugins.md").read_text(encoding="utf-8")
CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_section(hook):
    assert f"### `{hook}`" in PLUGINS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_listed_with_its_interface(kind):
    interface = KINDS[kind].interface.partition(":")[2]
    assert f"| `{kind}` | `{interface}` |" in PLUGINS


@pytest.mark.parametrize(
    "component", [str(c) for kind in KINDS for c in registry().components(kind)]
)
def test_every_component_of_ours_is_listed(component):
    kind, _, name = component.partition("/")
    if "open-kinetix" in registry().distribution(registry().get(kind, name)):
        assert f"| `{component}` |" in PLUGINS


@pytest.mark.parametrize("field", Component.__dataclass_fields__)
def test_every_field_of_a_component_is_explained(field):
    assert f"| `{field}` |" in PLUGINS


def test_every_top_level_setting_is_listed():
    top = [s.key for s in settings_of(load_object(SECTIONS[""]), "")]
    table = CONFIGURATION.partition("## The top level")[2].partition("## ")[0]
    for name in [*top, *filter(None, SECTIONS), *COMPOSED_KINDS, PRESETS]:
        assert f"`{name}`" in table


def test_the_environment_variables_are_listed():
    root = DOCS.parent
    files = [
        f for place in ("kinetix_core", "engine", "plugins") for f in (root / place).rglob("*.py")
    ]
    named = {v for f in files for v in re.findall(r"\bKINETIX_[A-Z_]+", f.read_text("utf-8"))}
    assert {VARIABLE, "KINETIX_TRACEBACK"} < named
    table = CONFIGURATION.partition("## Environment variables")[2]
    assert {v for v in {*named, "CXX"} if f"| `{v}` |" not in table} == set()


def test_the_first_page_names_every_other():
    first = (DOCS / "index.md").read_text()
    others = {page.name for page in DOCS.glob("*.md")} - {"index.md"}
    assert {name for name in others if f"]({name})" not in first} == set()
