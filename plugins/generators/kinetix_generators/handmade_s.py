"""Our own levels of size S: one polygon, two circles, one joint, one thruster."""

from __future__ import annotations

import numpy as np

from kinetix_core.scene import (
    BLUE,
    CEILING,
    FLOOR,
    GREEN,
    LEFT_WALL,
    RED,
    Motor,
    Scene,
    SceneBuilder,
)

UP, LEFT = np.pi / 2, np.pi


def nudge_the_ball() -> Scene:
    """A box with a thruster shoves a ball along the floor into the wall."""
    b = SceneBuilder("s")
    box = b.rectangle((4.2, 0.65), width=0.5, height=0.5)
    b.circle((3.3, 0.65), radius=0.25, role=GREEN)
    b.wall(LEFT_WALL, role=BLUE)
    b.thruster(box, relative_position=(0.25, 0), rotation=LEFT, power=0.22)
    return b.build()


def roll_right() -> Scene:
    """A wheel turns against a weight that hangs inside it."""
    b = SceneBuilder("s")
    weight = b.rectangle((1.0, 0.63), width=0.25, height=0.2, density=4)
    wheel = b.circle((1.0, 0.75), radius=0.35, role=GREEN)
    b.revolute_joint(wheel, weight, anchor=(1.0, 0.75), motor=Motor(speed=1.5, binding=1))
    b.circle((4.6, 0.7), radius=0.3, role=BLUE, fixated=True)
    return b.build()


def outrun_red() -> Scene:
    """The same wheel, with a red ball behind it."""
    b = SceneBuilder("s")
    weight = b.rectangle((3.2, 0.62), width=0.25, height=0.2, density=4)
    wheel = b.circle((3.2, 0.75), radius=0.35, role=GREEN)
    b.revolute_joint(weight, wheel, anchor=(3.2, 0.75), motor=Motor(speed=1.5, binding=2))
    b.circle((4.6, 0.7), radius=0.3, role=RED, velocity=(-0.5, 0), angular_velocity=0.5 / 0.3)
    b.wall(LEFT_WALL, role=BLUE)
    return b.build()


def climb_left() -> Scene:
    """Up a slope to the wall; the weight in the wheel is all that holds against rolling back."""
    b = SceneBuilder("s")
    b.triangle((0, 0.4), [(0, 0.75), (2.6, 0), (0, 0)], fixated=True)
    wheel = b.circle((3.4, 0.8), radius=0.4, role=GREEN, density=0.5)
    weight = b.circle((3.4, 0.56), radius=0.14, density=12)
    b.revolute_joint(wheel, weight, anchor=(3.4, 0.8), motor=Motor(speed=1.2, binding=0))
    b.wall(LEFT_WALL, role=BLUE)
    return b.build()


def lift_off() -> Scene:
    """Hardly more thrust than weight: whoever lets go falls back."""
    b = SceneBuilder("s")
    rocket = b.rectangle((2.5, 0.8), width=0.4, height=0.8, role=GREEN)
    b.thruster(rocket, relative_position=(0, -0.4), rotation=UP, power=0.54)
    b.wall(CEILING, role=BLUE)
    return b.build()


def hover_across() -> Scene:
    """It drifts to the right by itself, over a red floor and under a red ceiling."""
    b = SceneBuilder("s")
    box = b.rectangle((0.7, 2.6), width=0.5, height=0.3, role=GREEN, velocity=(0.7, 0))
    b.thruster(box, rotation=UP, power=0.3, binding=1)
    b.circle((4.4, 2.6), radius=0.6, role=BLUE, fixated=True)
    b.wall(FLOOR, role=RED)
    b.wall(CEILING, role=RED)
    return b.build()


def tilt_the_tray() -> Scene:
    """A ball on a tray that tips towards the red wall if nobody turns it the other way."""
    b = SceneBuilder("s")
    tray = b.rectangle((2.3, 2.0), width=2.2, height=0.15)
    b.circle((2.1, 2.325), radius=0.25, role=GREEN)
    b.circle((4.3, 0.8), radius=0.4, role=BLUE, fixated=True)
    b.revolute_joint(
        FLOOR, tray, anchor=(2.3, 2.0), motor=Motor(speed=0.15, binding=3), limits=(-0.4, 0.4)
    )
    b.wall(LEFT_WALL, role=RED)
    return b.build()


def golf_swing() -> Scene:
    """A club hangs from the ceiling, the ball lies before it and the hole is up on the right."""
    b = SceneBuilder("s")
    club = b.rectangle((1.2, 1.5), width=0.15, height=2.0)
    b.circle((1.55, 0.65), radius=0.25, role=GREEN, density=0.5)
    b.circle((4.4, 1.6), radius=0.4, role=BLUE, fixated=True)
    b.revolute_joint(CEILING, club, anchor=(1.2, 2.4), motor=Motor(speed=2, power=0.5))
    return b.build()


def pump_the_swing() -> Scene:
    """A bar with a weak motor: it gets to the top only by swinging ever higher."""
    b = SceneBuilder("s")
    bar = b.rectangle((2.5, 2.0), width=0.15, height=1.2, role=GREEN)
    b.circle((2.5, 3.9), radius=0.4, role=BLUE, fixated=True)
    b.revolute_joint(CEILING, bar, anchor=(2.5, 2.5), motor=Motor(speed=2.5, power=0.012))
    return b.build()


def rocket_ball() -> Scene:
    """A ball with a thruster, a red step in its way: turn first, then jump."""
    b = SceneBuilder("s")
    b.rectangle((2.6, 0.7), width=0.3, height=0.6, role=RED, fixated=True)
    ball = b.circle((1.0, 0.7), radius=0.3, role=GREEN)
    b.circle((4.5, 0.7), radius=0.3, role=BLUE, fixated=True)
    b.thruster(ball, rotation=np.pi * 0.45, power=0.5)
    return b.build()


LEVELS = (
    nudge_the_ball,
    roll_right,
    outrun_red,
    climb_left,
    lift_off,
    hover_across,
    tilt_the_tray,
    golf_swing,
    pump_the_swing,
    rocket_ball,
)
