"""Our own levels of size L: eight polygons, four circles, six joints, two thrusters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from kinetix_core.scene import (
    BLUE,
    CEILING,
    FLOOR,
    GREEN,
    LEFT_WALL,
    RED,
    RIGHT_WALL,
    Motor,
    Scene,
    SceneBuilder,
)

from .handmade_place import tilted

UP, DOWN = np.pi / 2, -np.pi / 2


def conveyor() -> Scene:
    """Four driven rollers carry a plank over a red floor; each turns by its own motor."""
    b = SceneBuilder("l")
    b.rectangle((1.45, 1.85), width=1.3, height=0.2, role=GREEN)
    b.rectangle((4.7, 2.0), width=0.4, height=1.2, role=BLUE, fixated=True)
    for binding in range(4):
        x = 1.0 + 0.9 * binding
        roller = b.circle((x, 1.35), radius=0.4, density=2)
        motor = Motor(speed=0.5, power=0.3, binding=binding)
        b.revolute_joint(FLOOR, roller, anchor=(x, 1.35), motor=motor)
    b.wall(FLOOR, role=RED)
    return b.build()


def drawbridge() -> Scene:
    """Let the bridge down first, then drive over the red pit."""
    b = SceneBuilder("l")
    b.rectangle((0.95, 0.8), width=1.9, height=0.8, fixated=True)
    bank = b.rectangle((4.15, 0.8), width=1.7, height=0.8, fixated=True)
    car = b.rectangle((0.8, 1.5), width=1.2, height=0.2, role=GREEN)
    hinge, lean = (3.33, 1.23), -0.08
    middle = tilted(hinge, UP + lean)(0.8, 0)
    leaf = b.rectangle(middle, width=0.06, height=1.6, rotation=lean)
    b.circle((4.6, 1.5), radius=0.3, role=BLUE, fixated=True)
    for x in (0.5, 1.1):
        wheel = b.circle((x, 1.4), radius=0.2)
        motor = Motor(speed=1.5, power=0.5, binding=0)
        b.revolute_joint(car, wheel, anchor=(x, 1.4), motor=motor)
    b.revolute_joint(
        bank, leaf, anchor=hinge, motor=Motor(speed=0.3, power=0.2, binding=1), limits=(0, 1.8)
    )
    b.wall(FLOOR, role=RED)
    return b.build()


def tipper() -> Scene:
    """A tip lorry brings a ball to a red wall and has to tip it over."""
    b = SceneBuilder("l")
    frame = b.rectangle((1.0, 0.75), width=1.2, height=0.1)
    bed = b.rectangle((0.95, 0.9), width=1.1, height=0.08)
    tail = b.rectangle((0.43, 1.0), width=0.06, height=0.2)
    nose = b.rectangle((1.47, 0.98), width=0.06, height=0.14)
    b.rectangle((3.2, 0.6), width=0.2, height=0.4, role=RED, fixated=True)
    b.circle((0.95, 1.14), radius=0.2, role=GREEN, density=0.5)
    b.circle((4.1, 0.8), radius=0.4, role=BLUE, fixated=True)
    for x in (0.6, 1.4):
        wheel = b.circle((x, 0.6), radius=0.2)
        motor = Motor(speed=0.8, power=0.5, binding=0)
        b.revolute_joint(frame, wheel, anchor=(x, 0.6), motor=motor)
    tip = Motor(speed=0.5, power=0.6, binding=1)
    b.revolute_joint(frame, bed, anchor=(1.5, 0.88), motor=tip, limits=(-1.3, 0))
    b.fixed_joint(bed, tail, anchor=(0.43, 0.92))
    b.fixed_joint(bed, nose, anchor=(1.47, 0.92))
    b.wall(FLOOR, role=RED)
    return b.build()


def crane() -> Scene:
    """A load hangs on two ropes from a boom: swing it over a red wall."""
    b = SceneBuilder("l")
    hinge, tilt = (0.4, 3.2), -0.35
    on = tilted(hinge, tilt)
    boom = b.rectangle(on(0.9, 0), width=1.9, height=0.12, rotation=tilt)
    tip = on(1.8, 0)
    down = tilted(tip, DOWN)
    upper = b.rectangle(down(0.25, 0), width=0.05, height=0.5)
    lower = b.rectangle(down(0.75, 0), width=0.05, height=0.5)
    b.rectangle((2.9, 0.95), width=0.2, height=1.1, role=RED, fixated=True)
    load = b.circle(down(1.15, 0), radius=0.2, role=GREEN)
    b.circle((3.7, 1.9), radius=0.35, role=BLUE, fixated=True)
    b.revolute_joint(
        LEFT_WALL,
        boom,
        anchor=hinge,
        motor=Motor(speed=0.5, power=0.8, binding=3),
        limits=(0, 1.2),
    )
    b.revolute_joint(boom, upper, anchor=tip)
    b.revolute_joint(upper, lower, anchor=down(0.5, 0))
    b.revolute_joint(lower, load, anchor=down(1.0, 0))
    return b.build()


def dominoes() -> Scene:
    """Swing a club back and forth until it fells the first domino; green is the last."""
    b = SceneBuilder("l")
    club = b.rectangle((0.9, 1.5), width=0.14, height=1.8)
    for x in (1.45, 1.95, 2.45, 2.95, 3.45):
        b.rectangle((x, 0.8), width=0.14, height=0.8)
    b.rectangle((3.95, 0.8), width=0.14, height=0.8, role=GREEN)
    b.circle((4.6, 0.6), radius=0.2, role=BLUE, fixated=True)
    motor = Motor(speed=1.5, power=0.006, binding=1)
    b.revolute_joint(CEILING, club, anchor=(0.9, 2.3), motor=motor)
    return b.build()


def rope_bridge() -> Scene:
    """A wheel stands in the sag of a hanging bridge and has to climb out of it."""
    b = SceneBuilder("l")
    points = [(0.0, 1.6), (1.25, 1.3375), (2.5, 1.25), (3.75, 1.3375), (5.0, 1.6)]
    links = []
    for (x0, y0), (x1, y1) in pairwise(points):
        links.append(
            b.rectangle(
                ((x0 + x1) / 2, (y0 + y1) / 2),
                width=np.hypot(x1 - x0, y1 - y0),
                height=0.08,
                rotation=np.arctan2(y1 - y0, x1 - x0),
                density=3,
            )
        )
    ends = [LEFT_WALL, *links, RIGHT_WALL]
    for point, (left, right) in zip(points, pairwise(ends), strict=True):
        b.revolute_joint(left, right, anchor=point)
    wheel = b.circle((2.5, 1.64), radius=0.35, role=GREEN)
    weight = b.circle((2.5, 1.47), radius=0.15, density=4)
    b.circle((4.5, 2.2), radius=0.3, role=BLUE, fixated=True)
    b.revolute_joint(wheel, weight, anchor=(2.5, 1.64), motor=Motor(speed=1.5, binding=0))
    b.wall(FLOOR, role=RED)
    return b.build()


def stairs() -> Scene:
    """Two turning bars for legs, each with its own motor, and three steps to climb."""
    b = SceneBuilder("l")
    for y, width in ((0.475, 3.0), (0.625, 2.2), (0.775, 1.4)):
        b.rectangle((5 - width / 2, y), width=width, height=0.15, fixated=True)
    body = b.rectangle((1.0, 0.8), width=0.9, height=0.16, role=GREEN)
    for binding, x in enumerate((0.6, 1.4)):
        leg = b.rectangle((x, 0.8), width=0.1, height=0.8, density=2, friction=2)
        b.revolute_joint(body, leg, anchor=(x, 0.8), motor=Motor(speed=0.8, binding=binding))
    b.circle((4.6, 1.4), radius=0.3, role=BLUE, fixated=True)
    return b.build()


def parallel_lift() -> Scene:
    """Two parallel bars carry a platform with a ball over the top, from one side to the other."""
    b = SceneBuilder("l")
    lean, length = 1.1, 1.5
    x, y = tilted((2.3, 0.7), UP + lean)(length, 0)
    platform = b.rectangle((x, y), width=1.3, height=0.1)
    b.circle((x, y + 0.25), radius=0.2, role=GREEN, density=0.5)
    b.circle((4.6, 1.9), radius=0.3, role=BLUE, fixated=True)
    motor = Motor(speed=0.3, power=0.6, binding=0)
    for foot, head in (((1.9, 0.7), (x - 0.4, y)), ((2.7, 0.7), (x + 0.4, y))):
        middle = ((foot[0] + head[0]) / 2, (foot[1] + head[1]) / 2)
        bar = b.rectangle(middle, width=0.1, height=length, rotation=lean)
        b.revolute_joint(FLOOR, bar, anchor=foot, motor=motor, limits=(-2.2, 0))
        b.revolute_joint(bar, platform, anchor=head)
    for end in (x - 0.62, x + 0.62):
        lip = b.rectangle((end, y + 0.1), width=0.06, height=0.12)
        b.fixed_joint(platform, lip, anchor=(end, y + 0.05))
    b.wall(FLOOR, role=RED)
    return b.build()


def wrecking_ball() -> Scene:
    """Swing a heavy ball until it knocks green off the top of a tower."""
    b = SceneBuilder("l")
    jib = b.rectangle((1.9, 3.7), width=0.12, height=1.0)
    rope = b.rectangle((1.9, 2.85), width=0.05, height=0.8)
    ball = b.circle((1.9, 2.2), radius=0.3, density=2)
    b.revolute_joint(CEILING, jib, anchor=(1.9, 4.15), motor=Motor(speed=0.5, power=0.5, binding=0))
    b.revolute_joint(jib, rope, anchor=(1.9, 3.25))
    b.revolute_joint(rope, ball, anchor=(1.9, 2.45))
    for y in (0.7, 1.3, 1.9):
        b.rectangle((3.35, y), width=0.4, height=0.6, density=0.6)
    b.rectangle((3.35, 2.35), width=0.3, height=0.3, density=0.6, role=GREEN)
    b.wall(FLOOR, role=BLUE)
    return b.build()


LEVELS = (
    conveyor,
    drawbridge,
    tipper,
    crane,
    dominoes,
    rope_bridge,
    stairs,
    parallel_lift,
    wrecking_ball,
)
