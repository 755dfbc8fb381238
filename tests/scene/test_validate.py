"""What a proper scene is. Most rules are tested on files (test_broken_files)."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.errors import LevelError
from kinetix_core.scene import S, check_scene, empty_scene, stack_scenes, validate
from tests.scene.test_builder import build_car


def car():
    b, *_ = build_car()
    return b.build()


def with_leaf(kind, name, value):
    scene = car()
    if kind is None:
        return dataclasses.replace(scene, **{name: value})
    part = dataclasses.replace(getattr(scene, kind), **{name: value})
    return dataclasses.replace(scene, **{kind: part})


def changed(kind, name, index, value):
    leaf = getattr(getattr(car(), kind), name).copy()
    leaf[index] = value
    return with_leaf(kind, name, leaf)


def test_proper_scenes():
    assert validate(car()) == []
    assert validate(empty_scene(S)) == []
    assert validate(jax.tree.map(jnp.asarray, car())) == []
    assert check_scene(car()).size == S


def test_every_broken_rule_is_found():
    scene = changed("circles", "inverse_mass", 0, -1)
    thrusters = dataclasses.replace(scene.thrusters, thruster_binding=np.array([-1], np.int32))
    assert validate(dataclasses.replace(scene, thrusters=thrusters)) == [
        "circle[0].inverse_mass: 0 or more is expected, not -1.0",
        "thruster[0].thruster_binding: 0 to 1 is expected, not -1",
    ]
    with pytest.raises(LevelError, match=r"^circle\[0\]\.inverse_mass: 0 or more"):
        check_scene(scene)


def test_numbers_are_finite_in_unused_slots_too():
    scene = empty_scene(S)
    scene.circles.velocity[1, 0] = np.inf
    assert validate(scene) == ["circle[1].velocity: finite numbers are expected, not inf"]


def test_walls_stay_where_they_are():
    scene = changed("polygons", "velocity", (2, 0), 1)
    message = "polygon[2].velocity: 0 is expected of the right wall, not [1.0, 0.0]"
    assert validate(scene) == [message]
    scene = changed("polygons", "angular_velocity", 3, 1)
    assert "of the ceiling" in validate(scene)[0]


def test_limits_matter_only_where_there_are_any():
    scene = changed("joints", "min_rotation", 0, 9)
    assert "min_rotation" in validate(scene)[0]
    joints = dataclasses.replace(scene.joints, motor_has_joint_limits=np.zeros(1, bool))
    assert validate(dataclasses.replace(scene, joints=joints)) == []


def test_the_joint_filter_follows_from_the_joints():
    matrix = car().collision_matrix.copy()
    matrix[4, 5] = True
    scene = with_leaf(None, "collision_matrix", matrix)
    assert validate(scene) == ["collision_matrix[4][5]: False follows from the joints"]
    assert validate(scene, ignore=("collision_matrix",)) == []


def test_shapes_and_types():
    scene = with_leaf("circles", "radius", np.ones(3, np.float32))
    message = "circle.radius: shape (2,) is expected in size s, not (3,)"
    assert validate(scene) == [message]
    scene = with_leaf("joints", "a_index", np.zeros(1, np.int64))
    assert validate(scene) == ["joint.a_index: int32 is expected, not int64"]
    several = validate(stack_scenes([car(), car()]))
    assert "polygon.position: shape (5, 2) is expected in size s, not (2, 5, 2)" in several
    assert validate(with_leaf(None, "timestep", 0)) == ["timestep: int32 is expected, not int"]


def test_polygons_as_they_are_published_are_convex():
    """Rounding of a straight corner is no dent."""
    scene = car()
    scene.polygons.vertices[4] = [(-0.5, 0.1), (0.0, 0.1 - 1e-8), (0.5, 0.1), (0.0, -0.5)]
    assert validate(scene) == []
    scene.polygons.vertices[4, 1, 1] = 0.0
    assert "concave" in validate(scene)[0]


def test_crossed_vertices():
    scene = car()
    scene.polygons.vertices[4] = [(-0.5, 0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, -0.5)]
    assert "crosses itself" in validate(scene)[0]
