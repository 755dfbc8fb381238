"""Levels in another size, and in another order of slots."""

import dataclasses

import jax
import numpy as np
import pytest
import yaml

from kinetix_core.errors import LevelError
from kinetix_core.scene import (
    FLOOR,
    GREEN,
    L,
    M,
    Motor,
    S,
    SceneBuilder,
    SceneSize,
    expand,
    parse_size,
    permute,
    validate,
)
from kinetix_core.scene._slots import check_fits
from tests.scene.published import read_published
from tests.scene.test_builder import build_car


def car():
    b, *_ = build_car()
    return b.build()


def rows(slots, index):
    return jax.tree.map(lambda leaf: leaf[index], slots)


def assert_equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_new_slots_follow_the_old_and_are_zero():
    old, new = car(), expand(car(), L)
    assert new.size == L
    for kind, count in (("polygons", 5), ("circles", 2), ("joints", 1), ("thrusters", 1)):
        before, after = getattr(old, kind), getattr(new, kind)
        if kind == "joints":
            before = dataclasses.replace(before, b_index=before.b_index + 7)
        assert_equal(rows(after, slice(count)), before)
        for leaf in jax.tree.leaves(rows(after, slice(count, None))):
            assert len(leaf) == getattr(L, kind) - count
            assert not leaf.any()
    assert validate(new) == []


def test_indices_of_circles_grow():
    new = expand(car(), L)
    assert (new.joints.a_index[0], new.joints.b_index[0]) == (4, 12)
    assert new.thrusters.object_index[0] == 4
    assert not new.collision_matrix[4, 12]
    assert new.collision_matrix[4, 5]
    assert new.touching.shape == (len(L.pairs),)


def test_the_same_size_empties_contacts_only():
    touched = dataclasses.replace(car(), touching=np.ones(len(S.pairs), bool))
    assert_equal(expand(touched, S), car())


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (SceneSize(4, 2, 1, 1), "slots for 1 polygon besides the boundary, used or not, do not "),
        (SceneSize(5, 1, 1, 1), "slots for 2 circles, used or not, do not fit size p5c1j1t1, "),
        (SceneSize(5, 2, 0, 1), "slots for 1 joint, used or not, do not fit size p5c2j0t1, "),
        (SceneSize(5, 2, 1, 0), "slots for 1 thruster, used or not, do not fit size p5c2j1t0"),
        (SceneSize(5, 2, 1, 1, 3, 2), "motor binding 3 does not fit size p5c2j1t1m3b2"),
        (SceneSize(5, 2, 1, 1, 4, 1), "thruster binding 1 does not fit size p5c2j1t1m4b1"),
    ],
)
def test_what_does_not_fit_is_named(size, message):
    with pytest.raises(LevelError) as error:
        expand(car(), size)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        (SceneSize(5, 2, 1, 1), "s"),
        (SceneSize(4, 3, 0, 0), "m"),
        (SceneSize(12, 0, 0, 2), "l"),
        (SceneSize(13, 0, 1, 1), "{polygons: 13, circles: 0, joints: 1, thrusters: 1}"),
        (
            SceneSize(5, 2, 1, 1, 6, 2),
            "{polygons: 5, circles: 2, joints: 1, thrusters: 1, motor_bindings: 6, "
            "thruster_bindings: 2}",
        ),
    ],
)
def test_the_smallest_size_that_fits_is_named_as_a_setting(size, fits):
    with pytest.raises(LevelError) as error:
        check_fits(size, SceneSize(4, 0, 0, 0))
    assert str(error.value).endswith(f"; the smallest size that fits is size={fits}")
    assert parse_size(yaml.safe_load(fits)).holds(size)


def test_bindings_of_unused_slots_always_fit():
    scene = read_published()["s/h8_unicycle_balance"].scene
    assert expand(scene, M).thrusters.thruster_binding[0] == 3


def test_permutation_follows_from_the_number():
    scene = expand(car(), L)
    assert_equal(permute(scene, 5), permute(scene, 5))
    orders = {permute(scene, k).circles.role.tobytes() for k in range(8)}
    assert len(orders) > 3


@pytest.mark.parametrize("number", range(4))
def test_permutation_keeps_the_level(number):
    """Every joint and thruster still finds the bodies that it had."""
    for name in ("l/gears", "l/chain_lander", "m/h7_car_flip"):
        old = read_published()[name].scene
        new = permute(old, number)
        assert validate(new) == []
        assert_equal(rows(new.polygons, slice(4)), rows(old.polygons, slice(4)))
        assert sorted(new.circles.radius) == sorted(old.circles.radius)
        assert ends(new) == ends(old)


def ends(scene):
    """What joints and thrusters are attached to, in no order."""
    where = scene.bodies.position
    j, t = scene.joints, scene.thrusters
    joints = [
        (*where[a], *where[b], *at, binding, speed)
        for a, b, at, binding, speed, active in zip(
            j.a_index, j.b_index, j.a_relative_pos, j.motor_binding, j.motor_speed, j.active,
            strict=True,
        )
        if active
    ]  # fmt: skip
    thrusters = [
        (*where[i], *at, binding)
        for i, at, binding, active in zip(
            t.object_index, t.relative_position, t.thruster_binding, t.active, strict=True
        )
        if active
    ]
    return sorted(map(tuple, map(np.ravel, map(np.array, joints)))), sorted(
        tuple(map(float, row)) for row in thrusters
    )


def test_what_belongs_to_a_slot_moves_with_it():
    b = SceneBuilder("l")
    boxes = [b.rectangle((k + 1, 2), 0.2, 0.2, density=k + 1, role=k % 4) for k in range(4)]
    ball = b.circle((2, 3), 0.2, role=GREEN)
    b.revolute_joint(boxes[2], ball, anchor=(2, 3), motor=Motor(binding=3, auto=True))
    b.revolute_joint(FLOOR, boxes[0], anchor=(1, 2), motor=Motor(binding=1))
    new = permute(b.build(), 1)
    for slot in np.flatnonzero(new.polygons.active)[4:]:
        x = round(float(new.polygons.position[slot, 0]))
        assert new.polygons.density[slot] == x
        assert new.polygons.role[slot] == (x - 1) % 4
    auto = int(np.flatnonzero(new.joints.motor_auto)[0])
    assert new.joints.motor_binding[auto] == 3
    a, c = new.joints.a_index[auto], new.joints.b_index[auto]
    assert new.polygons.position[a, 0] == 3
    assert new.circles.role[c - L.polygons] == GREEN
    assert not new.collision_matrix[a, c]


def test_permutation_moves_the_floor_nowhere():
    new = permute(car(), 2)
    assert_equal(rows(new.polygons, slice(4)), rows(car().polygons, slice(4)))
