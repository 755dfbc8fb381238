"""Our own levels: the files are what the Python makes, and they are proper, solvable tasks."""

import jax
import numpy as np
import pytest
from kinetix_generators.handmade import HANDMADE, write_all

from kinetix_core.scene import BLUE, GREEN, level_sets, read_level, validate
from tests.scene.published import published_levels

FOLDER = level_sets()["handmade"]


def test_stored_files_are_what_the_python_makes(tmp_path):
    made = {path.relative_to(tmp_path): path.read_text() for path in write_all(tmp_path)}
    stored = {path.relative_to(FOLDER): path.read_text() for path in FOLDER.rglob("*.json")}
    assert made == stored


def test_there_are_enough_and_each_says_what_it_is():
    sizes = [name.split("/")[0] for name in HANDMADE]
    assert sizes.count("s") >= 8
    assert {"m", "l"} <= set(sizes)
    assert all(make.__doc__ for make in HANDMADE.values())


@pytest.mark.parametrize("name", HANDMADE)
def test_proper_level(name):
    level = read_level(f"handmade/{name}")
    scene = level.scene
    assert validate(scene) == []
    assert scene.size.name == name.split("/")[0]
    jax.tree.map(np.testing.assert_array_equal, scene, HANDMADE[name]())
    roles = np.concatenate([scene.polygons.role, scene.circles.role])[scene.bodies.active]
    assert (roles == GREEN).sum() == 1
    assert (roles == BLUE).sum() == 1


def test_none_is_a_copy_of_a_published_one():
    published = [read_level(path).scene for path in published_levels()]
    for name, make in HANDMADE.items():
        ours = make()
        for theirs in published:
            if theirs.size == ours.size:
                assert not np.array_equal(ours.polygons.position, theirs.polygons.position), name
                assert not np.array_equal(ours.circles.position, theirs.circles.position), name
