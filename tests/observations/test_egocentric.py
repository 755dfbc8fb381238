"""observation/egocentric: the same situation looks the same, wherever and however it was made."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_observations import Egocentric, EgocentricConfig

from kinetix_core.scene import (
    BLUE,
    BOUNDARY,
    FLOOR,
    GREEN,
    LEFT_WALL,
    RED,
    RIGHT_WALL,
    M,
    Motor,
    S,
    SceneBuilder,
    permute,
)
from kinetix_core.testing import check, example_task

FREE, BODY = M.bodies - BOUNDARY, 32
BODIES = slice(4 * BOUNDARY, 4 * BOUNDARY + FREE * BODY)


@pytest.fixture(scope="module")
def encode():
    """Compiled, for size m."""
    encoder = Egocentric(EgocentricConfig(), example_task(M))
    compiled = jax.jit(encoder.encode)
    return lambda scene: jax.device_get(compiled(scene))


def car(*, binding=1, side=1, floor=0):
    """A green wheel on a box, a thruster on the box, a blue ball to the right (or left)."""

    def at(x, y):
        return (2.5 + side * x, y)

    builder = SceneBuilder("m")
    builder.wall(FLOOR, role=floor)
    box = builder.rectangle(at(-0.5, 1.0), width=0.6, height=0.2, rotation=side * 0.3)
    wheel = builder.circle(at(-0.6, 0.8), radius=0.2, role=GREEN, velocity=(side * 0.5, 0.1))
    builder.circle(at(1.5, 0.7), radius=0.15, role=BLUE, angular_velocity=side * 2.0)
    builder.triangle(at(0.2, 2.0), [(-0.1, -0.1), (0.0, 0.2), (0.1, -0.1)], role=RED)
    motor = Motor(binding=binding, speed=0.7, power=0.5)
    # mirrored angles: what was the least is now the greatest
    limits = (-0.5, 1.0) if side > 0 else (-1.0, 0.5)
    builder.revolute_joint(box, wheel, anchor=at(-0.6, 0.8), motor=motor, limits=limits)
    push = 0.4 if side > 0 else np.pi - 0.4
    builder.thruster(box, position=at(-0.7, 1.0), rotation=push, power=0.8, binding=1)
    return builder.build()


def assert_looks_the_same(found, wanted, *, but=()):
    for name in set(wanted) - set(but):
        np.testing.assert_allclose(found[name], wanted[name], atol=2e-6, err_msg=name)


def test_a_mirrored_scene_looks_the_same(encode):
    here, across = encode(car()), encode(car(side=-1))
    assert (here["mirrored"], across["mirrored"]) == (0, 1)
    assert_looks_the_same(across, here, but=["mirrored"])


def test_without_mirroring_left_stays_left():
    encoder = Egocentric(EgocentricConfig(mirror=False), example_task(M))
    seen = jax.device_get(jax.jit(encoder.encode)(car(side=-1)))
    assert seen["mirrored"] == 0
    blue = seen["scene"][BODIES].reshape(FREE, BODY)[1]
    assert blue[4] < 0  # of green, in half metres


def test_a_mirrored_scene_has_its_walls_on_the_other_side(encode):
    def room(side, wall):
        builder = SceneBuilder("m")
        builder.wall(wall, role=RED)
        builder.circle((2.5 - side, 1.0), radius=0.2, role=GREEN)
        builder.circle((2.5 + side, 1.0), radius=0.2, role=BLUE)
        return encode(builder.build())

    here, across = room(1, LEFT_WALL), room(-1, RIGHT_WALL)
    assert here["scene"][4 * LEFT_WALL + RED] == 1
    assert_looks_the_same(across, here, but=["mirrored"])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_slots_do_not_matter(encode, number):
    level = car()
    shuffled = permute(level, number)
    assert_looks_the_same(encode(shuffled), encode(level))


def test_a_row_goes_with_the_binding(encode):
    first, second = encode(car(binding=1)), encode(car(binding=3))
    np.testing.assert_array_equal(first["motors"][1], second["motors"][3])
    for seen, used in ((first, 1), (second, 3)):
        assert seen["motors"][used, 0] == 1
        assert not np.delete(seen["motors"], used, axis=0).any()
    assert first["thrusters"][1, 0] == 1
    assert not first["thrusters"][0].any()


def test_joints_on_one_input_are_counted_and_averaged(encode):
    builder = SceneBuilder("m")
    post = builder.rectangle((2.5, 1.0), width=0.2, height=0.2, role=GREEN)
    for x in (2.0, 3.0):
        wheel = builder.circle((x, 1.0), radius=0.1)
        builder.revolute_joint(post, wheel, anchor=(x, 1.0), motor=Motor(binding=2, power=x))
    row = encode(builder.build())["motors"][2]
    assert row[0] == 2
    np.testing.assert_allclose(row[1:3], 0, atol=1e-6)  # anchors left and right of green
    assert row[4] == pytest.approx(2.5)  # power


def test_joints_that_the_agent_does_not_drive_have_no_row(encode):
    builder = SceneBuilder("m")
    a = builder.rectangle((2.5, 1.0), width=0.2, height=0.2)
    b = builder.circle((2.5, 1.3), radius=0.1)
    builder.revolute_joint(a, b, anchor=(2.5, 1.3), motor=Motor(auto=True))
    seen = encode(builder.build())
    assert not seen["motors"].any()
    assert seen["scene"][BODIES.stop] == 1  # but it is there


def test_bodies_come_by_role_and_floors_are_told(encode):
    seen = encode(car(floor=BLUE))
    roles = seen["scene"][BODIES].reshape(FREE, BODY)[:4, 12:16]
    np.testing.assert_array_equal(roles.argmax(axis=1), [GREEN, BLUE, 0, RED])
    np.testing.assert_array_equal(seen["scene"][:4], [0, 0, 1, 0])
    assert not seen["scene"][BODIES].reshape(FREE, BODY)[4:].any()


def test_distances_are_from_green(encode):
    rows = encode(car())["scene"][BODIES].reshape(FREE, BODY)
    np.testing.assert_allclose(rows[0, 4:9], 0, atol=1e-6)
    np.testing.assert_allclose(rows[1, 4:6], np.array([2.1, -0.1]) / 2, atol=1e-6)
    np.testing.assert_allclose(rows[1, 6], np.hypot(2.1, 0.1) / 2, atol=1e-6)


def test_what_is_huge_stays_in_range(encode):
    level = car()
    level = replace(level, circles=replace(level.circles, position=level.circles.position * 1e30))
    for part in encode(level).values():
        assert np.isfinite(part).all()
        assert np.abs(part).max() <= 10


def test_keeps_the_promises_in_another_size():
    encoder = Egocentric(EgocentricConfig(), example_task(S))
    check("observation", encoder, example_task(S), promises=["empty_slots_do_not_show"])
