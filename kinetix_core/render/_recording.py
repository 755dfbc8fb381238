"""Recording: one attempt at one level, as it can be watched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinetix_core.scene import Scene

OUTCOMES = ("solved", "failed (touched red)", "time limit", "nan")
"""How an attempt can end. Source: spec/training_and_evaluation.md 4, spec/environment.md 4."""


@dataclass(frozen=True)
class Recording:
    """One attempt, on the host. Frame 0 is the level itself; frame i comes after step i.

    A step is an environment step, or a physics step; `seconds` says how long one takes. Bodies
    are numbered polygons first, then circles. Recordings with one name are shown as attempts
    at one level. Raises `ValueError` where shapes or the outcome do not fit together.
    """

    name: str
    level: Scene  # one scene, NumPy arrays
    position: np.ndarray  # (steps + 1, bodies, 2) m
    rotation: np.ndarray  # (steps + 1, bodies) rad
    controls: np.ndarray  # (steps, joints + thrusters): -1..1 and 0..1, as the engine takes them
    reward: np.ndarray  # (steps,)
    outcome: str  # one of OUTCOMES
    label: str = ""  # tells attempts at one level apart, as in `attempt 20` or `seed 1`
    seconds: float = 2 / 60  # of world time per step

    def __post_init__(self) -> None:
        size, steps = self.level.size, len(self.reward)
        for name, shape in (
            ("position", (steps + 1, size.bodies, 2)),
            ("rotation", (steps + 1, size.bodies)),
            ("controls", (steps, size.joints + size.thrusters)),
            ("reward", (steps,)),
        ):
            if (found := np.shape(getattr(self, name))) != shape:
                raise ValueError(f"recording {self.name}: {name} is {found}, {shape} is expected")
        if self.outcome not in OUTCOMES:
            known = ", ".join(OUTCOMES)
            raise ValueError(f"recording {self.name}: outcome {self.outcome!r}; known: {known}")

    @property
    def steps(self) -> int:
        """How many steps were played."""
        return len(self.reward)
