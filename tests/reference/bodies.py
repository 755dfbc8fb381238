"""All bodies of a scene in one table, the working copy of a step."""

from dataclasses import dataclass

import numpy as np

from tests.reference.algebra import spin
from tests.reference.state import Array, Body, State


@dataclass
class Bodies:
    """Polygons, then circles; indexed by body index. The step changes the first four in place."""

    position: Array  # (N, 2)
    rotation: Array  # (N,)
    velocity: Array  # (N, 2)
    angular_velocity: Array  # (N,)
    inverse_mass: Array  # (N,)
    inverse_inertia: Array  # (N,)
    friction: Array  # (N,)
    restitution: Array  # (N,)
    collision_mode: Array  # (N,) int32
    active: Array  # (N,) bool

    def point_velocity(self, index, point):
        """World velocity of the material point of body `index` at the world position `point`."""
        arm = point - self.position[index]
        return self.velocity[index] + spin(self.angular_velocity[index], arm)

    def add_impulse(self, index, impulse, angular_impulse):
        """Change the velocities; a body that occurs repeatedly in `index` gets every impulse."""
        linear = self.inverse_mass[index][..., None] * impulse
        np.add.at(self.velocity, index, linear)
        np.add.at(self.angular_velocity, index, self.inverse_inertia[index] * angular_impulse)


def gather(state: State) -> Bodies:
    """Fresh arrays of all bodies."""
    return Bodies(
        **{
            name: np.concatenate([getattr(state.polygon, name), getattr(state.circle, name)])
            for name in Bodies.__dataclass_fields__
        }
    )


def scatter(bodies: Bodies, state: State) -> tuple[Body, Body]:
    """Polygons and circles of `state` with the motion of `bodies`."""
    P = len(state.polygon.active)
    moving = ("position", "rotation", "velocity", "angular_velocity")
    polygon = {**vars(state.polygon), **{name: getattr(bodies, name)[:P] for name in moving}}
    circle = {**vars(state.circle), **{name: getattr(bodies, name)[P:] for name in moving}}
    return Body(**polygon), Body(**circle)
