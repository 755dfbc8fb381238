"""Attempts at one level, with what the policy thought at each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int, PRNGKeyArray

from kinetix_core.env import Environment, EnvState
from kinetix_core.interfaces import Memory, Parameters, Task
from kinetix_core.render import OUTCOMES, Recording
from kinetix_core.scene import Array, Scene

from ._chances import chances, driven
from ._gap import closest_gap

SOLVED, TOUCHED_RED, TIME_LIMIT, NAN = range(len(OUTCOMES))


@dataclass(frozen=True, eq=False)
class Attempt:
    """One attempt, on the host."""

    recording: Recording
    value: np.ndarray  # (steps,) what the policy expected of the rest of the episode
    chances: Mapping[str, Mapping[str, np.ndarray]]  # by input and what it may be, (steps,)
    gap: np.ndarray | None  # (steps + 1,) m, as `closest_gap` says

    @property
    def solved(self) -> bool:
        return self.recording.outcome == OUTCOMES[SOLVED]

    @property
    def closest(self) -> float | None:
        """Metres; 0 where green reached blue."""
        if self.solved:
            return 0.0
        return None if self.gap is None else float(self.gap.min())


class Moment(eqx.Module):
    """One step of every attempt; what comes after the end of one is meaningless."""

    position: Float[Array, "attempts bodies 2"]  # m, after the step
    rotation: Float[Array, "attempts bodies"]  # rad
    controls: Float[Array, "attempts inputs"]
    reward: Float[Array, " attempts"]
    value: Float[Array, " attempts"]
    chances: dict[str, Float[Array, " attempts"]]
    playing: Bool[Array, " attempts"]  # before the step
    outcome: Int[Array, " attempts"]  # if it ended with this step


Watch = Callable[[Parameters, Scene, PRNGKeyArray], Moment]


def watcher(task: Task, attempts: int) -> Watch:
    """One jitted function (params, level, key) -> `Moment`s along an axis of steps.

    Attempts are those of `kinetix_core.evaluate.evaluate_policy` with the same key at a set of
    this level alone. Compiled once for all levels and policies.
    """
    env, network = Environment(task), task.network
    assert network is not None

    def one(
        params: Parameters, state: EnvState, memory: Memory, key: PRNGKeyArray, begins: Array
    ) -> Any:
        seen = env.observe(state)
        memory, distribution, value = network.apply(params, memory, seen, begins)
        action = distribution.sample(key)
        controls = env.controls(state, action)
        state, transition = env.step(state, action)
        return state, memory, transition, controls, value, chances(task.action, distribution)

    def watch(params: Parameters, level: Scene, key: PRNGKeyArray) -> Moment:
        own = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(
            jax.random.fold_in(key, 0), jnp.arange(attempts)
        )

        def step(carry: Any, number: Array) -> Any:
            state, memory, playing = carry
            keys = jax.vmap(jax.random.fold_in, in_axes=(0, None))(own, number)
            after, memory, transition, controls, value, inclined = jax.vmap(
                one, in_axes=(None, 0, 0, 0, None)
            )(params, state, memory, keys, number == 0)
            bodies = jax.vmap(lambda s: env.scene(s).bodies)(after)
            end = jnp.where(transition.terminated, TOUCHED_RED, TIME_LIMIT)
            end = jnp.where(transition.nonfinite, NAN, end)
            moment = Moment(
                position=bodies.position,
                rotation=bodies.rotation,
                controls=controls,
                reward=transition.reward,
                value=value,
                chances=inclined,
                playing=playing,
                outcome=jnp.where(transition.goal, SOLVED, end),
            )
            # a state after the end is kept from going on, so that it stays finite
            going = playing & ~transition.done
            kept = jax.tree.map(
                lambda new, old: jnp.where(going.reshape(-1, *(1,) * (new.ndim - 1)), new, old),
                after,
                state,
            )
            return (kept, memory, going), moment

        def everywhere(tree: Any) -> Any:
            return jax.tree.map(lambda x: jnp.broadcast_to(x, (attempts, *jnp.shape(x))), tree)

        begin = everywhere(env.reset(level)), everywhere(network.memory()), jnp.ones(attempts, bool)
        return jax.lax.scan(step, begin, jnp.arange(task.env.max_timesteps))[1]

    return jax.jit(watch)


def attempts_of(task: Task, level: Scene, name: str, moments: Moment) -> tuple[Attempt, ...]:
    """What a watcher saw, attempt by attempt. level: one scene on the host."""
    assert task.engine is not None
    moments = jax.device_get(moments)
    found = []
    for i in range(moments.reward.shape[1]):
        steps = int(moments.playing[:, i].sum())
        own = jax.tree.map(lambda x, i=i, n=steps: x[:n, i], moments)
        position = np.concatenate([level.bodies.position[None], own.position])
        rotation = np.concatenate([level.bodies.rotation[None], own.rotation])
        recording = Recording(
            name=name,
            level=level,
            position=position,
            rotation=rotation,
            controls=own.controls,
            reward=own.reward,
            outcome=OUTCOMES[int(own.outcome[-1])],
            label=f"attempt {i + 1}",
            seconds=task.env.frame_skip * task.engine.dt,
        )
        gap = closest_gap(level, position.astype(np.float64), rotation.astype(np.float64))
        found.append(Attempt(recording, own.value, driven(level, own.chances), gap))
    return tuple(found)
