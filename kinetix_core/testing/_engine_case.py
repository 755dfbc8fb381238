"""Scenes that an engine plays in its checks, each played once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import equinox as eqx
import jax
import numpy as np

from kinetix_core.interfaces import Engine, Task, Trace
from kinetix_core.scene import Array, ContactMemory, Scene

from ._compare import loop, rows
from ._levels import example_levels

SKIP = 2  # physics steps per call


class Played(eqx.Module):
    """All that can be seen of a scene after some steps."""

    scene: Scene
    contacts: ContactMemory
    trace: Trace  # leaves (calls, steps, ...)


def _on_the_host(function: Callable[..., Played]) -> Callable[..., Played]:
    compiled = jax.jit(function)
    return lambda *arguments: jax.device_get(compiled(*arguments))


@dataclass(frozen=True, eq=False)
class EngineCase:
    """levels: what is played (leading axis; the second should use every slot).

    calls: of `steps`, two physics steps each. tolerance: 0 for equality in every bit, as a
    deterministic engine gives; otherwise see `kinetix_core.testing.difference`.
    jit_tolerance: likewise between compiled and eager calls, where rounding may differ.
    """

    component: Engine
    task: Task
    levels: Scene | None = None
    calls: int = 6
    seed: int = 0
    tolerance: float = 0.0
    jit_tolerance: float = 1e-4

    @cached_property
    def scenes(self) -> Scene:
        return example_levels(self.task.size, 6, self.seed) if self.levels is None else self.levels

    @cached_property
    def controls(self) -> np.ndarray:
        """(levels, calls, inputs) f32."""
        rng = np.random.default_rng(self.seed)
        size = self.task.size
        shape = (rows(self.scenes), self.calls)
        motors = rng.uniform(-1, 1, (*shape, size.joints))
        thrust = rng.uniform(0, 1, (*shape, size.thrusters))
        return np.concatenate([motors, thrust], axis=-1).astype(np.float32)

    def play(self, scene: Scene, controls: Array, contacts: ContactMemory | None = None) -> Played:
        """A number of calls of `steps`."""

        def call(state: Any, now: Array) -> tuple[Any, Trace]:
            return self.component.steps(state, now, SKIP)

        state, trace = jax.lax.scan(call, self.component.init(scene, contacts), controls)
        return Played(self.component.scene(state), self.component.contacts(state), trace)

    @cached_property
    def alone(self) -> Callable[..., Played]:
        """`play`, compiled; the results are on the host."""
        return _on_the_host(self.play)

    @cached_property
    def together(self) -> Callable[..., Played]:
        """`play` of a batch, compiled; the results are on the host."""
        return _on_the_host(jax.vmap(self.play))

    @cached_property
    def played_alone(self) -> Played:
        """Each level by itself, compiled."""
        return loop(self.alone, self.scenes, self.controls)

    @cached_property
    def played_together(self) -> Played:
        """All levels in one `jax.vmap`, compiled."""
        return self.together(self.scenes, self.controls)
