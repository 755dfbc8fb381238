"""Level sets that are made by code, and the hash that says what is in a set."""

import dataclasses
import json
import subprocess
import sys

import jax
import numpy as np
import pytest

from kinetix_core.compose import compose_run, levels_note
from kinetix_core.errors import LevelError, PluginError, RunError
from kinetix_core.scene import (
    L,
    M,
    S,
    expand,
    find_levels,
    find_sources,
    levels_hash,
    load_levels,
    made_sets,
    permute,
    stack_scenes,
)
from kinetix_core.testing import example_levels, with_other_leftovers
from tests.plugin_packages import component

MAZES = """
from dataclasses import dataclass
from kinetix_core.interfaces import LevelSource
from kinetix_core.scene import M, S, LevelSet

@dataclass(frozen=True)
class Config:
    pass

@dataclass(frozen=True)
class Mazes(LevelSource):
    config: object
    task: object

    def sizes(self, argument=""):
        return {"s": S, "m": M}

    def load(self, part, argument=""):
        from kinetix_core.testing import example_levels
        names = tuple(f"mazes/{part}/{i}" for i in range(3))
        return LevelSet(example_levels({"s": S, "m": M}[part], 3), names)
"""


@pytest.fixture
def mazes(packages):
    """A package with a set of three levels in two sizes each."""
    module = component("level_set", "mazes", "mazes_levels:Config", "mazes_levels:Mazes")
    packages.add("kinetix-mazes", "mazes_plugin", module)
    packages.add("mazes-code", "mazes_levels", MAZES)
    return packages


def test_a_set_of_another_package_is_used_by_name(mazes):
    assert load_levels("mazes/s").names == ("mazes/s/0", "mazes/s/1", "mazes/s/2")
    assert load_levels("mazes", S).names == ("mazes/s/0", "mazes/s/1", "mazes/s/2")
    both = load_levels(["mazes", "mazes/m/1"], L)
    assert len(both.names) == 6, "each level counts once"
    assert both.levels.size == L
    one = load_levels(["handmade/s/lift_off", "mazes/m/1"])
    assert one.names == ("handmade/s/lift_off", "mazes/m/1")
    assert one.levels.size == M
    assert "mazes" in made_sets()
    assert levels_note(compose_run(["levels=mazes/s"])["generator"], S) == (
        "levels: mazes/s in size s"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("maze", "did you mean mazes"),
        ("mazes/x", "mazes/x: no such part of mazes; known: m, s"),
        ("mazes/s/9", "mazes/s/9: no such level; did you mean mazes/s/2"),
        ("mazes:x", "mazes:x: this set is written mazes"),
        ("mazes/m", "mazes/m/0: slots for .* do not fit size s"),
        ("files:mazes", "mazes: no such level file"),
        ("run", "run: this set is written run:DIR"),
    ],
)
def test_names_that_mean_nothing(mazes, name, message):
    with pytest.raises(LevelError, match=message):
        load_levels(name, S)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("random/s/9", "random/s/9: no such level; there are random/s/000 to random/s/511"),
        ("random/m/007", "random/m/007: a level of size m does not fit size s; .* is size=m,"),
        ("random/l", "random/l: a level of size l does not fit size s"),
    ],
)
def test_mistakes_are_found_without_making_the_levels(name, message):
    composed = compose_run([f"levels={name}", "size=s"])
    with pytest.raises(LevelError, match=f"^{message}"):
        levels_note(composed["generator"], composed.size)


def test_there_are_no_files_of_a_made_set(mazes):
    with pytest.raises(LevelError, match=r"^mazes/s: the levels of this set are made"):
        find_levels("mazes")


def test_a_folder_of_its_name_hides_a_set(mazes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mazes").mkdir()
    with pytest.raises(LevelError, match="this folder holds no level files"):
        find_sources("mazes")


def test_a_name_is_offered_once_as_a_folder_or_as_a_component(mazes):
    source = """
    from kinetix_core.registry import hookimpl
    @hookimpl
    def kinetix_level_sets():
        return {"mazes": "pkg://mazes_folder/levels"}
    """
    mazes.add("mazes-two", "mazes_folder", source, files={"mazes_folder/levels/a.json": "{}"})
    with pytest.raises(PluginError, match="level_set/mazes is offered more than once"):
        load_levels("mazes")


def test_levels_of_a_run(tmp_path):
    config = compose_run(["levels=handmade/s", "size=m"]).config
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "run.json").write_text("{}")
    found = load_levels(f"run:{tmp_path}")
    assert found.levels.size == M
    assert found.names == load_levels("handmade/s").names
    endless = compose_run(["generator=random"]).config
    (tmp_path / "config.json").write_text(json.dumps(endless))
    with pytest.raises(LevelError, match=r"trained on levels without end .generator=random"):
        load_levels(f"run:{tmp_path}")
    with pytest.raises(RunError, match=r"run=.*nowhere: no such run folder"):
        load_levels(f"run:{tmp_path}/nowhere")


def test_names_are_understood_without_jax():
    code = (
        "import sys; from kinetix_core.scene import find_sources;"
        "print(len(find_sources(['random', 'handmade/s'])), 'jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    count, jax_is_there = done.stdout.split()
    assert int(count) > 3
    assert jax_is_there == "False"


def test_the_hash_is_of_what_is_played():
    levels = example_levels(S, 6)
    first = levels_hash(levels)
    assert first == levels_hash(jax.tree.map(np.array, levels))
    assert first == levels_hash(with_other_leftovers(levels)), "leftovers do not count"
    scenes = [jax.tree.map(lambda x, i=i: np.array(x[i]), levels) for i in range(6)]
    assert first == levels_hash(stack_scenes([expand(scene, L) for scene in scenes]))
    moved = stack_scenes(scenes)
    moved.circles.position[1, 0, 0] += np.float32(1e-6)
    others = [
        moved,
        stack_scenes(scenes[::-1]),
        stack_scenes(scenes[:5]),
        stack_scenes([permute(scene, 3) for scene in scenes]),
        dataclasses.replace(levels, gravity=levels.gravity + np.float32(1)),
    ]
    assert len({first, *map(levels_hash, others)}) == 6


def test_the_random_set_is_the_same_for_every_run():
    from kinetix_generators._random_set import _drawn

    found = load_levels("random/s/007", M)
    assert found.names == ("random/s/007",)
    assert load_levels("random/s").names == tuple(f"random/s/{i:03d}" for i in range(512))
    first = levels_hash(load_levels("random/s").levels)
    _drawn.cache_clear()
    assert levels_hash(load_levels("random/s").levels) == first
