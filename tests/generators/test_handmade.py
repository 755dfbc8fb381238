"""Our own levels: the files are what the Python makes, and they are proper, solvable tasks."""

import jax
import numpy as np
import pytest
from kinetix_generators.handmade import HANDMADE, write_all

from kinetix_core.scene import (
    BLUE,
    BOUNDARY,
    GREEN,
    SceneBuilder,
    find_levels,
    level_sets,
    read_level,
    validate,
)
from tests.generators.geometry import gap, outline, overlaps, reach
from tests.scene.published import published_levels

FOLDER = level_sets()["handmade"]


def test_stored_files_are_what_the_python_makes(tmp_path):
    made = {path.relative_to(tmp_path): path.read_text() for path in write_all(tmp_path)}
    stored = {path.relative_to(FOLDER): path.read_text() for path in FOLDER.rglob("*.json")}
    assert made == stored


def test_there_are_enough_and_each_says_what_it_is():
    sizes = [name.split("/")[0] for name in HANDMADE]
    assert all(sizes.count(size) >= 8 for size in ("s", "m", "l"))
    assert [len(find_levels(f"handmade/{size}")) for size in "sml"] == [
        sizes.count(size) for size in "sml"
    ]
    assert len(find_levels("handmade")) == len(sizes)
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


@pytest.mark.parametrize("name", HANDMADE)
def test_bodies_are_inside_the_room_and_apart(name):
    scene = HANDMADE[name]()
    assert overlaps(scene) == []
    bodies = scene.bodies
    for body in np.flatnonzero(bodies.active & (bodies.inverse_mass > 0)):
        low, high = reach(scene, body)
        assert (low >= (-0.01, 0.38)).all(), (body, low)
        assert (high <= 5.01).all(), (body, high)


@pytest.mark.parametrize("name", HANDMADE)
def test_joints_are_where_their_bodies_meet(name):
    scene = HANDMADE[name]()
    joints, bodies = scene.joints, scene.bodies

    def anchor(body, relative):
        c, s = np.cos(bodies.rotation[body]), np.sin(bodies.rotation[body])
        return bodies.position[body] + np.array([[c, -s], [s, c]]) @ relative

    for j in np.flatnonzero(joints.active):
        a, b = int(joints.a_index[j]), int(joints.b_index[j])
        at = anchor(a, joints.a_relative_pos[j])
        np.testing.assert_allclose(anchor(b, joints.b_relative_pos[j]), at, atol=1e-5)
        on = [body for body in (a, b) if covers(scene, body, at)]
        assert on, (j, at)  # a weight may hang below the axle of its wheel


def covers(scene, body, at):
    """The point is within the box around a body that is no wall."""
    low, high = reach(scene, body)
    return body >= BOUNDARY and (at > low - 0.01).all() and (at < high + 0.01).all()


def test_gap_between_shapes():
    b = SceneBuilder("l")
    box = b.rectangle((1.0, 1.0), width=0.4, height=0.2)
    other = b.rectangle((1.5, 1.0), width=0.4, height=0.2)
    diamond = b.rectangle((1.0, 1.5), width=0.4, height=0.4, rotation=np.pi / 4)
    ball = b.circle((2.0, 1.4), radius=0.2)
    scene = b.build()
    assert outline(scene, ball)[1] == pytest.approx(0.2)
    assert gap(scene, box, other) == pytest.approx(0.1, abs=1e-6)
    assert gap(scene, box, diamond) == pytest.approx(0.4 - np.sqrt(0.08), abs=1e-6)
    assert gap(scene, other, ball) == pytest.approx(np.hypot(0.3, 0.3) - 0.2, abs=1e-6)
    b.rectangle((1.3, 1.0), width=0.4, height=0.2)
    assert [pair[:2] for pair in overlaps(b.build())] == [(4, 7), (5, 7)]
