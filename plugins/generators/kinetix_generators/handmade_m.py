"""Our own levels of size M: two polygons, three circles, two joints, two thrusters."""

from __future__ import annotations

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

UP = np.pi / 2


def sling_load() -> Scene:
    """A drone with two thrusters carries a ball on a rod over a red post."""
    b = SceneBuilder("m")
    drone = b.rectangle((1.0, 2.6), width=1.0, height=0.15)
    rod = b.rectangle((1.0, 2.2), width=0.06, height=0.7, density=0.5)
    load = b.circle((1.0, 1.75), radius=0.2, role=GREEN, density=0.5)
    b.circle((2.6, 0.9), radius=0.35, role=RED, fixated=True)
    b.circle((4.3, 1.2), radius=0.4, role=BLUE, fixated=True)
    b.revolute_joint(drone, rod, anchor=(1.0, 2.55))
    b.fixed_joint(rod, load, anchor=(1.0, 1.85))
    b.thruster(drone, relative_position=(-0.5, 0), rotation=UP, power=0.3, binding=0)
    b.thruster(drone, relative_position=(0.5, 0), rotation=UP, power=0.3, binding=1)
    return b.build()


def see_saw() -> Scene:
    """A wheel shares a see-saw with green: only when it has gone to the other end, green rises."""
    b = SceneBuilder("m")
    middle, tilt = (2.5, 1.1), -0.15
    on = tilted(middle, tilt)
    plank = b.rectangle(middle, width=3.8, height=0.12, rotation=tilt)
    b.rectangle(on(1.5, 0.235), width=0.35, height=0.35, rotation=tilt, density=2, role=GREEN)
    wheel = b.circle(on(1.02, 0.36), radius=0.3)
    weight = b.circle(on(1.02, 0.21), radius=0.12, density=6)
    b.circle((3.75, 2.0), radius=0.3, role=BLUE, fixated=True)
    b.revolute_joint(FLOOR, plank, anchor=middle, limits=(0, 0.4))
    b.revolute_joint(wheel, weight, anchor=on(1.02, 0.36), motor=Motor(speed=1.5, binding=0))
    return b.build()


def strongman() -> Scene:
    """A weak motor has to tip a heavy hammer, whose blow on a see-saw throws green to the top."""
    b = SceneBuilder("m")
    hinge, lean = (0.55, 1.3), 0.25
    plank = b.rectangle((3.2, 0.76), width=3.4, height=0.12, rotation=-0.17)
    upright = tilted(hinge, UP + lean)
    hammer = b.rectangle(upright(0.85, 0), width=0.2, height=1.7, rotation=lean, density=3)
    pivot = b.circle((3.2, 0.76), radius=0.12, fixated=True)
    b.circle((4.77, 0.78), radius=0.2, role=GREEN, density=0.5)
    b.circle((4.6, 4.5), radius=0.4, role=BLUE, fixated=True)
    b.revolute_joint(pivot, plank, anchor=(3.2, 0.76))
    b.revolute_joint(
        LEFT_WALL, hammer, anchor=hinge, motor=Motor(speed=2, power=0.012), limits=(-2.5, 0)
    )
    return b.build()


def acrobat() -> Scene:
    """Two bars hang from the ceiling and only the elbow has a motor: swing up to blue."""
    b = SceneBuilder("m")
    arms = b.rectangle((2.5, 2.6), width=0.14, height=1.1)
    legs = b.rectangle((2.5, 1.6), width=0.14, height=1.1, role=GREEN)
    b.circle((3.9, 4.0), radius=0.35, role=BLUE, fixated=True)
    b.revolute_joint(CEILING, arms, anchor=(2.5, 3.1))
    b.revolute_joint(arms, legs, anchor=(2.5, 2.1), motor=Motor(speed=2, power=0.5), limits=(-2, 2))
    return b.build()


def windmill() -> Scene:
    """A red sail turns over the road of a wheel: neither rush nor wait too long."""
    b = SceneBuilder("m")
    sail = b.rectangle(
        (2.7, 2.6), width=3.9, height=0.15, rotation=1.3, angular_velocity=-0.75, role=RED
    )
    weight = b.rectangle((0.7, 0.63), width=0.25, height=0.2, density=4)
    wheel = b.circle((0.7, 0.75), radius=0.35, role=GREEN)
    b.circle((4.65, 0.7), radius=0.3, role=BLUE, fixated=True)
    b.revolute_joint(CEILING, sail, anchor=(2.7, 2.6))
    b.revolute_joint(wheel, weight, anchor=(0.7, 0.75), motor=Motor(speed=1.2, binding=0))
    return b.build()


def touch_down() -> Scene:
    """Set a lander on its pad, beyond a red hill, with one thruster under each side."""
    b = SceneBuilder("m")
    lander = b.rectangle((0.7, 3.8), width=0.7, height=0.3, role=GREEN, velocity=(0.5, 1))
    b.rectangle((3.9, 0.45), width=0.7, height=0.1, role=BLUE, fixated=True)
    b.circle((2.4, 0.4), radius=0.7, role=RED, fixated=True)
    b.wall(FLOOR, role=RED)
    b.wall(RIGHT_WALL, role=RED)
    for binding, x in enumerate((-0.3, 0.3)):
        b.thruster(lander, relative_position=(x, -0.15), rotation=UP, power=0.2, binding=binding)
    return b.build()


def two_trays() -> Scene:
    """The upper tray has to hand a ball to the lower one, and that one has to pass it on."""
    b = SceneBuilder("m")
    b.circle((3.25, 3.46), radius=0.2, role=GREEN)
    b.circle((4.0, 0.75), radius=0.35, role=BLUE, fixated=True)
    b.wall(FLOOR, role=RED)
    for binding, (at, width) in enumerate((((3.2, 3.2), 2.0), ((1.7, 1.8), 2.2))):
        tray = b.rectangle(at, width=width, height=0.12)
        motor = Motor(speed=0.15, power=0.5, binding=binding)
        b.revolute_joint(FLOOR, tray, anchor=at, motor=motor, limits=(-0.4, 0.4))
    return b.build()


def waiter() -> Scene:
    """A ball lies loose on a flying tray: carry it up to blue and do not spill it."""
    b = SceneBuilder("m")
    tray = b.rectangle((1.5, 0.47), width=1.6, height=0.14)
    b.circle((1.5, 0.74), radius=0.2, role=GREEN, density=0.5)
    b.circle((3.0, 3.6), radius=0.45, role=BLUE, fixated=True)
    b.wall(FLOOR, role=RED)
    b.thruster(tray, relative_position=(-0.7, 0), rotation=UP, power=0.2, binding=0)
    b.thruster(tray, relative_position=(0.7, 0), rotation=UP, power=0.2, binding=1)
    return b.build()


def clock_hands() -> Scene:
    """A hub with two hands, each with its own motor, has to walk over a sill."""
    b = SceneBuilder("m")
    centre, droop = (1.0, 0.65), 0.2
    hub = b.circle(centre, radius=0.25, role=GREEN)
    b.circle((3.6, 0.8), radius=0.4, role=BLUE, fixated=True)
    b.circle((2.2, 0.15), radius=0.35, fixated=True)
    for binding, (along, angle) in enumerate(((0.45, -droop), (-0.45, droop))):
        at = tilted(centre, angle)(along, 0)
        hand = b.rectangle(at, width=1.0, height=0.1, rotation=angle, density=2)
        b.revolute_joint(hub, hand, anchor=centre, motor=Motor(speed=0.8, binding=binding))
    return b.build()


def catapult() -> Scene:
    """A ball lies on an arm: at full power it flies far beyond blue."""
    b = SceneBuilder("m")
    hinge, tilt = (1.9, 1.2), 0.35
    on = tilted(hinge, tilt)
    arm = b.rectangle(on(-0.7, 0), width=1.6, height=0.1, rotation=tilt)
    lip = b.rectangle(on(-1.45, 0.15), width=0.1, height=0.2, rotation=tilt)
    b.circle(on(-1.2, 0.25), radius=0.2, role=GREEN, density=0.5)
    b.circle((3.6, 0.7), radius=0.3, role=BLUE, fixated=True)
    b.wall(FLOOR, role=RED)
    b.revolute_joint(
        FLOOR, arm, anchor=hinge, motor=Motor(speed=2, power=0.3, binding=2), limits=(-1.6, 0)
    )
    b.fixed_joint(arm, lip, anchor=on(-1.45, 0.05))
    return b.build()


def thread_the_posts() -> Scene:
    """A long bar with a thruster at each end has to pass between two red discs."""
    b = SceneBuilder("m")
    bar = b.rectangle((0.9, 1.86), width=1.1, height=0.12, role=GREEN)
    b.rectangle((0.9, 1.1), width=0.6, height=1.4, fixated=True)
    b.circle((2.7, 1.65), radius=0.4, role=RED, fixated=True)
    b.circle((2.7, 3.55), radius=0.4, role=RED, fixated=True)
    b.circle((4.4, 2.0), radius=0.4, role=BLUE, fixated=True)
    b.wall(FLOOR, role=RED)
    b.wall(CEILING, role=RED)
    b.thruster(bar, relative_position=(-0.5, 0), rotation=UP, power=0.13, binding=0)
    b.thruster(bar, relative_position=(0.5, 0), rotation=UP, power=0.13, binding=1)
    return b.build()


LEVELS = (
    sling_load,
    see_saw,
    strongman,
    acrobat,
    windmill,
    touch_down,
    two_trays,
    waiter,
    clock_hands,
    catapult,
    thread_the_posts,
)
