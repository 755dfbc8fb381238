"""Environment steps side by side, with more and more of what surrounds the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.env import Environment, random_index, reset_where
from kinetix_core.errors import RunError
from kinetix_core.interfaces import Task
from kinetix_core.scene import Scene

from ._clock import Work
from ._rollout import CHANGED, LEAST_SHARE_CHANGED, difference, finite

STAGES = ("engine", "controls and reward", "auto-reset", "random numbers", "encoder")
"""Each program does what the one before it does, and this too."""
WARM_UP = 128
"""Environment steps from the beginnings of episodes to the states that are measured from."""
POOL = 64
"""Levels that ended episodes draw from, each with the same chance."""
SAME = 1e-4
"""Largest difference of a step-by-step observation from one of the whole scene."""


class EnvProgram:
    """`steps` environment steps of `batch` environments, up to and with `stage`.

    Random actions; an ended episode goes on in a level of a pool. Every program of a task, batch
    and seed starts from the same states, some way into episodes.
    """

    def __init__(self, task: Task, levels: Scene, batch: int, stage: str, steps: int = 16) -> None:
        self.environment, self.batch, self.stage, self.steps = (
            Environment(task),
            batch,
            stage,
            steps,
        )
        self._depth = STAGES.index(stage)
        chosen = np.arange(POOL) % len(levels.timestep)
        levels = jax.tree.map(lambda x: np.asarray(x)[chosen], levels)
        self._pool = jax.jit(jax.vmap(self.environment.reset))(levels)
        self._first: Any = ()
        if self._observes:
            self._first = jax.jit(jax.vmap(self.environment.observe))(self._pool)
        self._start, self.ended = jax.block_until_ready(jax.jit(self._warm_up)())
        keys = jax.random.split(jax.random.key(2), (steps, batch))
        self._given = jax.jit(jax.vmap(jax.vmap(self._draw)))(keys)
        self._compiled = self.compile()

    @property
    def _observes(self) -> bool:
        return self._depth == len(STAGES) - 1

    def compile(self) -> Callable[..., Any]:
        """The program, compiled afresh."""
        return jax.jit(self._play).lower(self._start, self._given, self._first).compile()

    def run(self, compiled: Callable[..., Any] | None = None) -> Any:
        """States, observations and episodes that ended, ready."""
        run = compiled or self._compiled
        return jax.block_until_ready(run(self._start, self._given, self._first))

    @property
    def work(self) -> Work:
        """What is timed, in environment steps."""
        return Work(self.run, self.batch * self.steps)

    def prove(self, name: str, *, afresh: bool = False) -> None:
        """Raises `RunError` unless the program did its work.

        Everything finite, at least half of the scenes changed, time passed where the environment
        keeps it, observations as the encoder gives them for the whole scene, and (`afresh`) the
        same bits from a second compilation.
        """
        (state, seen), ended = self.run()
        scenes = jax.jit(jax.vmap(self.environment.scene))
        before, after = jax.device_get((scenes(self._start[0]), scenes(state)))
        moved = float((difference(before, after) > CHANGED).mean())
        if not finite(after) or moved < LEAST_SHARE_CHANGED:
            raise RunError(
                f"{name}: {moved:.0%} of the scenes changed, all finite: {finite(after)}; the "
                "program did not do its work, so its speed means nothing"
            )
        if self._depth:
            passed = np.asarray(state.timestep) - np.asarray(self._start[0].timestep)
            whole = passed == self.steps
            if not (whole | (passed < self.steps) & (int(np.sum(ended)) > 0)).all():
                raise RunError(f"{name}: environments did not take {self.steps} steps each")
        if self._observes:
            wanted = jax.jit(jax.vmap(self.environment.observe))(state)
            for a, b in zip(jax.tree.leaves(seen), jax.tree.leaves(wanted), strict=True):
                if not np.allclose(a, b, atol=SAME, rtol=SAME):
                    raise RunError(f"{name}: observations are not those of the scenes")
        if afresh and not _same_bits(self.run(), self.run(self.compile())):
            raise RunError(f"{name}: a fresh compilation gives other results")

    def _draw(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A random action, and which level comes next."""
        assert self.environment.task.action is not None
        action_key, level_key = jax.random.split(key)
        action = self.environment.task.action.sample(action_key)
        return action, random_index(level_key, (), POOL)

    def _warm_up(self) -> Any:
        """States in the midst of episodes, their observations, and how many episodes ended."""
        state = jax.tree.map(lambda x: x[np.arange(self.batch) % POOL], self._pool)

        def step(state: Any, key: jax.Array) -> Any:
            action, level = jax.vmap(self._draw)(jax.random.split(key, self.batch))
            state, transition = jax.vmap(self.environment.step)(state, action)
            done = transition.done
            return reset_where(done, state, self._pool, level), jnp.sum(done)

        keys = jax.random.split(jax.random.key(1), WARM_UP)
        state, ended = jax.lax.scan(step, state, keys)
        seen = jax.vmap(self.environment.observe)(state) if self._observes else ()
        return (state, seen), jnp.sum(ended)

    def _play(self, start: Any, given: Any, first: Any) -> Any:
        if STAGES[self._depth] == "engine":
            return self._engine_alone(start, given)
        drawn = given
        if self._depth >= STAGES.index("random numbers"):
            keys = jax.random.split(jax.random.key(3), (self.steps, self.batch))
            drawn = jax.vmap(jax.vmap(self._draw))(keys)

        def step(carry: Any, now: Any) -> Any:
            (state, seen), (action, level) = carry, now
            state, transition = jax.vmap(self.environment.step)(state, action)
            done = transition.done
            if self._depth >= STAGES.index("auto-reset"):
                new = self._pool, first
                state, seen = reset_where(done, (state, seen), new, level)
            if self._observes:
                seen = jax.vmap(self.environment.observe)(state, seen)
            return (state, seen), jnp.sum(done)

        return jax.lax.scan(step, start, drawn)

    def _engine_alone(self, start: Any, given: Any) -> Any:
        engine, skip = self.environment.engine, self.environment.task.env.frame_skip
        state, seen = start
        actions, _ = given
        # Of the first states: decoding actions is not the engine's work.
        controls: Any = jax.vmap(jax.vmap(self.environment.controls), in_axes=(None, 0))(
            state, actions
        )

        def step(physics: Any, controls: jax.Array) -> Any:
            physics, trace = jax.vmap(lambda s, c: engine.steps(s, c, skip))(physics, controls)
            return physics, jnp.sum(trace.touching)

        physics, touching = jax.lax.scan(step, state.physics, controls)
        return (replace(state, physics=physics), seen), touching


def _same_bits(first: Any, second: Any) -> bool:
    pairs = zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True)
    return all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in pairs)
