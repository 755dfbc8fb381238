"""Settings of the engine `jax2d`: runtime parameters (spec/physics.md 2.1) and the solver's."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from kinetix_core.errors import SettingError


class _Range(Enum):
    """What a setting may be, in words."""

    POSITIVE = "a number above 0"
    NOT_NEGATIVE = "a number of at least 0"


_POSITIVE = ("dt", "clip_position", "clip_velocity", "clip_angular_velocity", "motor_joint_limit")
KERNELS = ("auto", "native", "jax", "pallas")
_AT_LEAST = {"solver_iterations": 1, "solver_batch": 1, "threads": 0}
_AT_MOST = 2**31 - 1  # kernels are told whole numbers in 32 bits


@dataclass(frozen=True)
class Jax2DConfig:
    """The published values are the defaults."""

    dt: float = 1 / 60
    """Length of a physics step, s."""
    slop: float = 0.01
    """Penetration that contacts tolerate, m."""
    baumgarte_coefficient_collision: float = 0.2
    """Share of a penetration that is pushed out per step."""
    baumgarte_coefficient_joints_v: float = 2.0
    """Velocity per joint gap, 1/s."""
    baumgarte_coefficient_joints_p: float = 0.7
    """Share of a joint gap that moves the bodies at once."""
    baumgarte_coefficient_fjoint_av: float = 2.0
    """Angular velocity per angle error of a fixed joint, 1/s."""
    baumgarte_coefficient_rjoint_limit_av: float = 5.0
    """Angular velocity per angle beyond a limit, 1/s."""
    joint_stiffness: float = 0.6
    """Factor on every linear impulse of a joint."""
    clip_position: float = 15.0
    """Bound on each coordinate, m."""
    clip_velocity: float = 100.0
    """Bound on each component of a velocity, m/s."""
    clip_angular_velocity: float = 50.0
    """Bound on angular velocities, rad/s."""
    base_motor_speed: float = 6.0
    """Speed of a motor with motor_speed 1 and full control, rad/s."""
    base_motor_power: float = 900.0
    """Strength of a motor with motor_power 1."""
    motor_decay_coefficient: float = 0.1
    """How soon a motor eases off near its speed, s/rad."""
    motor_joint_limit: float = 0.1
    """Distance from a limit at which a motor begins to fade, rad."""
    base_thruster_power: float = 10.0
    """Force of a thruster with power 1 and full control, N."""
    base_friction: float = 0.4
    """Friction coefficient of a body with friction 1, before two are combined."""
    solver_iterations: int = 10
    """Passes over joints and contacts in each step."""
    solver_batch: int = 16
    """Contacts of one table that are solved from the same velocities; the batches of
    a table follow one another. 16 is what the published numbers were made with."""
    warm_starting: bool = True
    """Begin each step with the impulses that the last one ended with."""
    threads: int = 0
    """Threads that step a batch, the calling one included; 0: all of XLA's pool.
    The JAX kernel has no say in this."""
    kernel: str = "auto"
    """native, jax, pallas or auto: native on CPUs where it can be compiled, JAX elsewhere. pallas
    is JAX with a solver written for NVIDIA GPUs, and runs on these only."""
    differentiable: bool = False
    """Let gradients through the physics: the JAX kernel in its plain form, which is slower."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value, kind = getattr(self, field.name), field.type
            if kind == "bool":
                _expect(isinstance(value, bool), field.name, value, "true or false")
            elif kind == "str":
                _expect(value in KERNELS, field.name, value, f"one of {', '.join(KERNELS)}")
            elif kind == "int":
                least = _AT_LEAST[field.name]
                good = isinstance(value, int) and not isinstance(value, bool)
                good = good and least <= value <= _AT_MOST
                _expect(good, field.name, value, f"a whole number from {least} to {_AT_MOST}")
            else:
                bound = _Range.POSITIVE if field.name in _POSITIVE else _Range.NOT_NEGATIVE
                _expect(_is_number(value, bound), field.name, value, bound.value)

        if self.differentiable and self.kernel in ("native", "pallas"):
            raise SettingError(
                f"engine.differentiable=True: the {self.kernel} kernel has no gradient;"
                " write kernel auto or jax"
            )


def _is_number(value: Any, bound: _Range) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return value > 0 if bound is _Range.POSITIVE else value >= 0


def _expect(good: bool, name: str, value: Any, what: str) -> None:
    if not good:
        raise SettingError(f"engine.{name}={value}: {what} is expected")
