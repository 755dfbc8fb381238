"""The programs that are timed, and the proof that they did what they were timed for.

An executable that returns its input looks very fast: every program's result is checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.errors import RunError
from kinetix_core.interfaces import Engine
from kinetix_core.scene import ContactMemory, Scene

from ._clock import Work
from ._starts import HOLD, Starts, random_controls

CHANGED = 1e-6
"""A coordinate that differs by more than this has moved, in m."""
LEAST_SHARE_CHANGED = 0.5
AGREE = 1e-3
"""Largest difference of positions of two engines after one program, in m."""
LEAST_SHARE_AGREEING = 0.95


class Program:
    """`groups` times `batch` scenes for `steps` physics steps each, one group after the other.

    batch None: single scenes, without `vmap`. Controls change every `HOLD` steps. Compiled when
    made; `compile_cpu` has the CPU seconds of the caller's choice of clock.
    """

    def __init__(
        self, engine: Engine, starts: Starts, batch: int | None, groups: int = 1, steps: int = 32
    ) -> None:
        if steps % HOLD:
            raise ValueError(f"steps={steps}: a multiple of {HOLD} is expected")
        self.engine, self.batch, self.groups, self.steps = engine, batch, groups, steps
        self.scenes_per_call = groups * (batch or 1)
        index = np.resize(np.random.default_rng(3).permutation(len(starts)), self.scenes_per_call)
        begin = jax.jit(self._begin)
        self._states = jax.block_until_ready(begin(starts.scenes, starts.contacts, index))
        controls = random_controls((self.scenes_per_call, steps // HOLD), engine.size, seed=2)
        self._controls = jax.device_put(self._grouped(controls))
        self._compiled = self.compile()

    def compile(self) -> Any:
        """The program, compiled afresh."""
        rollout = _rollout(self.engine, self.batch, self.groups)
        return jax.jit(rollout).lower(self._states, self._controls).compile()

    def run(self, compiled: Callable[..., Any] | None = None) -> Any:
        """The states at the end, ready."""
        return jax.block_until_ready((compiled or self._compiled)(self._states, self._controls))

    def bytes_per_scene(self) -> float:
        """Device memory for arguments, results and scratch, of each scene; NaN where unknown."""
        found = self._compiled.memory_analysis()
        if found is None:
            return float("nan")
        parts = (found.argument_size_in_bytes, found.output_size_in_bytes, found.temp_size_in_bytes)
        return sum(parts) / self.scenes_per_call

    @property
    def work(self) -> Work:
        """What is timed."""
        return Work(self.run, self.scenes_per_call * self.steps)

    def scenes(self, states: Any) -> Scene:
        """The scenes of program states, (scenes,) leading, on the host."""
        return jax.device_get(jax.jit(self._scenes)(states))

    def begin(self) -> Scene:
        """The scenes that the program starts from."""
        return self.scenes(self._states)

    def _begin(self, scenes: Scene, contacts: ContactMemory, index: jax.Array) -> Any:
        scenes, contacts = jax.tree.map(lambda x: jnp.asarray(x)[index], (scenes, contacts))
        states = jax.vmap(self.engine.init)(scenes, contacts)
        return jax.tree.map(self._grouped, states)

    def _scenes(self, states: Any) -> Scene:
        axes = int(self.groups > 1) + int(self.batch is not None)
        flat = jax.tree.map(lambda x: x.reshape(self.scenes_per_call, *x.shape[axes:]), states)
        return jax.vmap(self.engine.scene)(flat)

    def _grouped(self, leaf: Any) -> Any:
        shape = (self.groups,) if self.groups > 1 else ()
        shape += (self.batch,) if self.batch is not None else ()
        return leaf.reshape(*shape, *leaf.shape[1:])


def _rollout(engine: Engine, batch: int | None, groups: int) -> Callable[..., Any]:
    """(states, controls) -> states, over the axes that the program has."""
    step: Callable[..., Any] = lambda state, controls: engine.step(state, controls)[0]  # noqa: E731
    step = step if batch is None else jax.vmap(step)

    def group(states: Any, controls: jax.Array) -> Any:
        def held(states: Any, controls: jax.Array) -> tuple[Any, None]:
            def once(states: Any, _: None) -> tuple[Any, None]:
                return step(states, controls), None

            return jax.lax.scan(once, states, None, length=HOLD)

        return jax.lax.scan(held, states, controls)[0]

    def lead_with_time(controls: jax.Array) -> jax.Array:
        return controls if batch is None else controls.swapaxes(0, 1)

    if groups == 1:
        return lambda states, controls: group(states, lead_with_time(controls))
    return lambda states, controls: jax.lax.map(
        lambda x: group(x[0], lead_with_time(x[1])), (states, controls)
    )


def prove_work(program: Program, name: str, *, afresh: bool) -> Scene:
    """The scenes at the end, after checks that the program really simulated.

    Everything finite, at least half of the scenes changed, and (`afresh`) the same bits from a
    second compilation. Raises `RunError` naming the program otherwise.
    """
    states = program.run()
    before, after = program.begin(), program.scenes(states)
    if not finite(after):
        raise RunError(f"{name}: not every state is finite after {program.steps} steps")
    changed = float((difference(before, after) > CHANGED).mean())
    if changed < LEAST_SHARE_CHANGED:
        raise RunError(
            f"{name}: only {changed:.0%} of the scenes changed in {program.steps} steps; "
            "the program did not do its work, so its speed means nothing"
        )
    if afresh:
        again = program.run(program.compile())
        same = jax.tree.map(
            lambda a, b: np.asarray(a).tobytes() == np.asarray(b).tobytes(), states, again
        )
        if not all(jax.tree.leaves(same)):
            raise RunError(f"{name}: a fresh compilation gives other results")
    return after


def prove_agreement(
    first: Scene, second: Scene, name: str, least: float = LEAST_SHARE_AGREEING
) -> float:
    """Share of scenes that two engines left in the same place. Raises `RunError` below `least`."""
    share = float((difference(first, second) < AGREE).mean())
    if share < least:
        raise RunError(
            f"{name}: the two engines agree on {share:.1%} of the scenes only "
            f"({AGREE} m; at least {least:.0%} are expected)"
        )
    return share


def difference(first: Scene, second: Scene) -> np.ndarray:
    """Largest difference of a coordinate of an active body, per scene; infinite where NaN."""
    found = np.zeros(len(np.asarray(first.timestep)))
    for a, b in ((first.polygons, second.polygons), (first.circles, second.circles)):
        gap = np.abs(np.asarray(a.position) - np.asarray(b.position)).max(axis=-1, initial=0.0)
        gap = np.where(a.active, np.nan_to_num(gap, nan=np.inf), 0)
        found = np.maximum(found, gap.max(axis=-1, initial=0.0))
    return found


def finite(scene: Scene) -> bool:
    return all(
        bool(np.isfinite(getattr(bodies, key)).all())
        for bodies in (scene.polygons, scene.circles)
        for key in ("position", "rotation", "velocity", "angular_velocity")
    )
