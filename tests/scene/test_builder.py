"""SceneBuilder: what it makes, and what it refuses."""

import jax
import numpy as np
import pytest

from kinetix_core.errors import LevelError
from kinetix_core.scene import (
    BLUE,
    CEILING,
    FLOOR,
    GREEN,
    RED,
    Motor,
    S,
    SceneBuilder,
    SceneSize,
    empty_scene,
    validate,
)

SQUARE = [(-0.5, 0.5), (0.5, 0.5), (0.5, -0.5), (-0.5, -0.5)]


def build_car():
    b = SceneBuilder("s")
    cart = b.rectangle((1.5, 1.0), width=0.8, height=0.4, role=GREEN, friction=0.5, rotation=0.3)
    wheel = b.circle((1.5, 0.7), radius=0.2, rotation=0.1, density=2.0, restitution=0.4)
    b.circle((4, 1), radius=0.3, role=BLUE, fixated=True, collision_mode=2)
    motor = Motor(speed=2.0, power=0.5, binding=3, auto=True)
    b.revolute_joint(cart, wheel, anchor=(1.5, 0.7), motor=motor, limits=(-0.5, 1.5))
    b.thruster(cart, position=(1.2, 1.0), rotation=np.pi, power=0.7, binding=1)
    b.wall(FLOOR, role=RED, friction=0.4)
    return b, cart, wheel


def test_an_empty_builder_gives_the_empty_room():
    made = SceneBuilder("m").build()
    jax.tree.map(np.testing.assert_array_equal, made, empty_scene(made.size))
    assert made.size.name == "m"


def test_bodies_get_what_they_are_given():
    b, cart, wheel = build_car()
    scene = b.build()
    assert (cart, wheel) == (4, 5)
    p, c = scene.polygons, scene.circles
    assert p.active.tolist() == [True] * 5
    assert c.active.tolist() == [True, True]
    assert p.role.tolist() == [RED, 0, 0, 0, GREEN]
    assert c.role.tolist() == [0, BLUE]
    assert p.friction[4] == np.float32(0.5)
    assert p.friction[FLOOR] == np.float32(0.4)
    assert p.rotation[4] == np.float32(0.3)
    assert p.vertices[4] == pytest.approx(
        np.array([(-0.4, 0.2), (0.4, 0.2), (0.4, -0.2), (-0.4, -0.2)]), abs=1e-7
    )
    assert p.inverse_mass[4] == pytest.approx(1 / 0.32, rel=1e-6)
    assert c.inverse_mass[0] == pytest.approx(1 / (np.pi * 0.04 * 2), rel=1e-6)
    assert c.density[0] == 2
    assert c.restitution[0] == np.float32(0.4)
    assert c.inverse_mass[1] == c.inverse_inertia[1] == 0
    assert c.collision_mode.tolist() == [1, 2]


def test_joints_know_where_they_are():
    b, cart, wheel = build_car()
    scene = b.build()
    j = scene.joints
    assert (j.a_index[0], j.b_index[0]) == (cart, wheel)
    assert j.global_position[0] == pytest.approx((1.5, 0.7), abs=1e-6)
    assert j.b_relative_pos[0] == pytest.approx((0, 0), abs=1e-6)
    # the anchor is 0.3 below the cart's centre, seen in the frame of the turned cart
    turned = (-0.3 * np.sin(0.3), -0.3 * np.cos(0.3))
    assert j.a_relative_pos[0] == pytest.approx(turned, abs=1e-6)
    assert j.rotation[0] == pytest.approx(0.1 - 0.3, abs=1e-6)
    assert (j.motor_on[0], j.motor_auto[0], j.is_fixed_joint[0]) == (True, True, False)
    assert (j.motor_speed[0], j.motor_power[0], j.motor_binding[0]) == (2, 0.5, 3)
    assert j.motor_has_joint_limits[0]
    assert (j.min_rotation[0], j.max_rotation[0]) == (-0.5, 1.5)
    assert not scene.collision_matrix[cart, wheel]
    assert scene.collision_matrix[cart, 6]


def test_a_joint_without_a_motor_has_none():
    b = SceneBuilder("m")
    x, y = b.circle((1, 1), 0.2), b.circle((2, 1), 0.2)
    b.revolute_joint(x, y, a_relative=(0.5, 0))
    j = b.build().joints
    assert not j.motor_on[0]
    assert not j.motor_has_joint_limits[0]
    assert (j.motor_speed[0], j.motor_power[0]) == (1, 1)
    assert j.b_relative_pos[0] == pytest.approx((-0.5, 0), abs=1e-6)
    assert j.global_position[0] == pytest.approx((1.5, 1), abs=1e-6)


def test_both_relative_anchors_may_leave_a_gap():
    b = SceneBuilder("m")
    x, y = b.circle((1, 1), 0.2), b.circle((2, 1), 0.2)
    b.revolute_joint(x, y, a_relative=(0.1, 0), b_relative=(0.2, 0))
    j = b.build().joints
    assert j.a_relative_pos[0] == pytest.approx((0.1, 0))
    assert j.b_relative_pos[0] == pytest.approx((0.2, 0))


def test_a_fixed_joint_holds_the_present_angle_unless_told_otherwise():
    b = SceneBuilder("m")
    x = b.rectangle((1, 1), 0.4, 0.2, rotation=0.25)
    y = b.rectangle((2, 1), 0.4, 0.2, rotation=1.0)
    z = b.circle((1, 2), 0.2)
    b.fixed_joint(x, y, anchor=(1.5, 1))
    b.fixed_joint(y, z, b_relative=(0, 0), rotation=0.5)
    j = b.build().joints
    assert j.is_fixed_joint.tolist() == [True, True]
    assert j.rotation == pytest.approx([0.75, 0.5])
    assert j.global_position[1] == pytest.approx((1, 2), abs=1e-6)


def test_thrusters_push_where_they_are_put():
    b, cart, _ = build_car()
    t = b.build().thrusters
    assert (t.object_index[0], t.thruster_binding[0], t.power[0]) == (cart, 1, np.float32(0.7))
    assert t.global_position[0] == pytest.approx((1.2, 1.0), abs=1e-6)
    back = (-0.3 * np.cos(0.3), 0.3 * np.sin(0.3))
    assert t.relative_position[0] == pytest.approx(back, abs=1e-6)

    b = SceneBuilder("s")
    ball = b.circle((2, 3), 0.3, rotation=np.pi / 2)
    b.thruster(ball, relative_position=(0.1, 0))
    t = b.build().thrusters
    assert t.global_position[0] == pytest.approx((2, 3.1), abs=1e-6)


def test_every_leaf_is_numpy_of_the_declared_type_and_not_shared():
    b, *_ = build_car()
    first = b.build()
    assert all(type(leaf) is np.ndarray for leaf in jax.tree.leaves(first))
    b.wall(CEILING, role=BLUE)
    assert first.polygons.role[CEILING] == 0
    assert b.build().polygons.role[CEILING] == BLUE
    assert validate(first) == []


def missing_body(b):
    b.revolute_joint(4, 5, anchor=(1, 1))


def fill_circles(b):
    for x in range(3):
        b.circle((x + 1, 1), 0.1)


def fill_joints(b):
    x, y = b.circle((1, 1), 0.2), b.circle((2, 1), 0.2)
    for _ in range(2):
        b.fixed_joint(x, y, anchor=(1.5, 1))


def two_circles(b):
    return b.circle((1, 1), 0.2), b.circle((2, 1), 0.2)


REFUSED = {
    "circle: no free slot, size s has room for 2 circles": fill_circles,
    "joint: no free slot, size s has room for 1 joint": fill_joints,
    "polygon: no free slot, size s has room for 1 polygon besides the boundary": lambda b: [
        b.rectangle((1, 1), 0.1, 0.1) for _ in range(2)
    ],
    "thruster: no free slot, size s has room for 1 thruster": lambda b: [
        b.thruster(FLOOR) for _ in range(2)
    ],
    "joint.a: body 4, polygon[4], is not there (not active)": missing_body,
    "joint.a: a body, 0 to 6, is expected, not 7": lambda b: b.fixed_joint(7, 0, anchor=(1, 1)),
    "joint: two bodies are expected, both ends are on body 5": lambda b: b.fixed_joint(
        b.circle((1, 1), 0.2), 5, anchor=(1, 1)
    ),
    "joint.ancor: unknown; did you mean anchor?": lambda b: b.revolute_joint(
        *two_circles(b), ancor=(1, 1)
    ),
    "joint: either anchor, or a_relative and b_relative, is expected": lambda b: b.fixed_joint(
        *two_circles(b)
    ),
    "joint.limits: the least angle first is expected, not (1, 0)": lambda b: b.revolute_joint(
        *two_circles(b), anchor=(1, 1), limits=(1, 0)
    ),
    "motor.binding: 0 to 3 is expected in size s, not 4": lambda b: b.revolute_joint(
        *two_circles(b), anchor=(1, 1), motor=Motor(binding=4)
    ),
    "thruster.binding: 0 to 1 is expected in size s, not 2": lambda b: b.thruster(0, binding=2),
    "thruster.body: a body, 0 to 6, is expected, not -1": lambda b: b.thruster(-1),
    "thruster: position or relative_position is expected, not both": lambda b: b.thruster(
        0, position=(1, 1), relative_position=(0, 0)
    ),
    "polygon.vertices: clockwise order is expected": lambda b: b.polygon((1, 1), SQUARE[::-1]),
    "polygon.vertices: a convex polygon is expected": lambda b: b.polygon(
        (1, 1), [(0, 1), (0.1, 0), (1, -1), (-1, -1)]
    ),
    "polygon.vertices: a polygon with an area is expected": lambda b: b.polygon(
        (1, 1), [(0, 0), (1, 0), (2, 0)]
    ),
    "polygon.vertices: 3 or 4 are expected, not 5": lambda b: b.polygon((1, 1), [(0, 0)] * 5),
    "polygon.vertices: x and y are expected, not (0, 0, 0)": lambda b: b.polygon(
        (1, 1), [(0, 0, 0)] * 4
    ),
    "triangle.vertices: 3 are expected, not 4": lambda b: b.triangle((1, 1), SQUARE),
    "rectangle.width: more than 0 is expected, not 0": lambda b: b.rectangle((1, 1), 0, 1),
    "circle.radius: more than 0 is expected, not -1": lambda b: b.circle((1, 1), -1),
    "circle.density: more than 0 is expected, not 0": lambda b: b.circle((1, 1), 1, density=0),
    "circle.position: x and y are expected, not 3": lambda b: b.circle(3, 1),
    "circle.colour: unknown; known: angular_velocity": lambda b: b.circle((1, 1), 1, colour=1),
    "circle.densty: unknown; did you mean density": lambda b: b.circle((1, 1), 1, densty=1),
    "wall: 0 (floor) to 3 (ceiling) is expected, not 4": lambda b: b.wall(4, role=RED),
    "circle[0].role: 0 to 3 is expected, not 7": lambda b: b.circle((1, 1), 1, role=7),
    "circle[0].collision_mode: 0, 1 or 2": lambda b: b.circle((1, 1), 1, collision_mode=3),
    "circle[0].position: finite numbers": lambda b: b.circle((np.nan, 1), 1),
    "circle[0].friction: 0 or more is expected": lambda b: b.circle((1, 1), 1, friction=-1),
    "joint[0].motor_power: 0 or more is expected": lambda b: b.revolute_joint(
        *two_circles(b), anchor=(1, 1), motor=Motor(power=-1)
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refused(message):
    b = SceneBuilder("s")
    with pytest.raises(LevelError) as error:
        (REFUSED[message](b), b.build())
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_full_kind_leaves_the_scene_as_it_was():
    b = SceneBuilder("s")
    two_circles(b)
    before = b.build()
    with pytest.raises(LevelError):
        b.circle((3, 1), 0.2)
    jax.tree.map(np.testing.assert_array_equal, before, b.build())


def test_other_sizes_and_gravity():
    size = SceneSize(6, 1, 1, 1, motor_bindings=6, thruster_bindings=1)
    b = SceneBuilder(size, gravity=(1, 0))
    x, y = b.rectangle((1, 1), 0.2, 0.2), b.circle((2, 1), 0.2)
    assert (x, y) == (4, 6)
    b.revolute_joint(x, y, anchor=(1, 1), motor=Motor(binding=5))
    scene = b.build()
    assert scene.joints.motor_binding[0] == 5
    assert scene.gravity.tolist() == [1, 0]
    with pytest.raises(LevelError, match=r"thruster\.binding: 0 to 0"):
        b.thruster(x, binding=1)
    assert SceneBuilder(S).size == SceneBuilder("S").size == S
