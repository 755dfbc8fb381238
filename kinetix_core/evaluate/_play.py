"""The compiled program that plays one episode in each of many environments."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int, PRNGKeyArray

from kinetix_core.env import Environment, EnvState, Transition
from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Distribution, Memory, Parameters, Task, Tempered
from kinetix_core.render import OUTCOMES
from kinetix_core.scene import Array, Scene

SOLVED, TOUCHED_RED, TIME_LIMIT, NAN = range(len(OUTCOMES))


class Rows(eqx.Module):
    """Which level and attempt each environment plays, and which environments are recorded."""

    level: Int[Array, " envs"]  # index into the levels given to the program
    level_number: Int[Array, " envs"]  # its number in the whole set: decides the random keys
    attempt: Int[Array, " envs"]
    recorded: Int[Array, " recorded"]  # environments


class Track(eqx.Module):
    """What the recorded environments did; rows after the end of an episode are meaningless."""

    position: Float[Array, "steps recorded bodies 2"]  # m, after the step
    rotation: Float[Array, "steps recorded bodies"]  # rad
    controls: Float[Array, "steps recorded inputs"]
    reward: Float[Array, "steps recorded"]


class Played(eqx.Module):
    """How the first episode of each environment went."""

    returns: Float[Array, " envs"]  # sum of rewards, shaping included
    length: Int[Array, " envs"]  # steps up to and including the end
    outcome: Int[Array, " envs"]  # index into OUTCOMES
    track: Track


class _Carry(eqx.Module):
    step: Int[Array, ""]
    state: EnvState
    memory: Memory
    playing: Bool[Array, " envs"]
    played: Played


Program = Callable[[Parameters, Scene, Rows, PRNGKeyArray], Played]


@lru_cache(maxsize=4)
def program(task: Task, greedy: bool, temperature: float = 1.0) -> Program:
    """One jitted function (params, levels, rows, key) -> Played; compiled once for each shape.

    Key of an environment: `key` folded with the level's number, then the attempt; of a step:
    that folded with the step. So an attempt does not depend on what else is played with it.
    An environment whose episode is over stands still, and the program ends with the last one.
    Only four programs are kept (sampled and greedy, in two sizes): they are large, and each keeps
    its task. `temperature` other than 1 needs distributions that are `Tempered`.
    """
    env, network = Environment(task), task.network
    assert network is not None
    limit = task.env.max_timesteps

    def one(
        params: Parameters, state: EnvState, memory: Memory, key: PRNGKeyArray, begins: Array
    ) -> tuple[EnvState, Memory, Transition, Array]:
        observation = env.observe(state)
        memory, distribution, _ = network.apply(params, memory, observation, begins)
        if temperature != 1:
            distribution = _tempered(distribution, temperature)
        action = distribution.mode() if greedy else distribution.sample(key)
        controls = env.controls(state, action)
        state, transition = env.step(state, action)
        return state, memory, transition, controls

    def run(params: Parameters, levels: Scene, rows: Rows, key: PRNGKeyArray) -> Played:
        keys = jax.vmap(lambda level, attempt: _fold(key, level, attempt))(
            rows.level_number, rows.attempt
        )

        def step(carry: _Carry) -> _Carry:
            now = jax.vmap(jax.random.fold_in, in_axes=(0, None))(keys, carry.step)
            state, memory, transition, controls = jax.vmap(one, in_axes=(None, 0, 0, 0, None))(
                params, carry.state, carry.memory, now, carry.step == 0
            )
            track = _recorded(env, carry, state, transition, controls, rows)
            playing = carry.playing & ~transition.done
            # The state before the last step is kept, so that it is finite whatever happened.
            kept = jax.tree.map(lambda new, old: _where(playing, new, old), state, carry.state)
            played = _counted(carry, transition, track)
            return _Carry(carry.step + 1, kept, memory, playing, played)

        carry = jax.lax.while_loop(
            lambda c: (c.step < limit) & jnp.any(c.playing),
            step,
            _start(env, network.memory(), levels, rows, limit),
        )
        return carry.played

    return jax.jit(run)


def _tempered(distribution: Distribution, temperature: float) -> Distribution:
    if not isinstance(distribution, Tempered):
        raise SettingError(
            f"temperature={temperature}: {type(distribution).__name__}, which this network gives,"
            " has no temperature"
        )
    return distribution.tempered(temperature)


def _fold(key: PRNGKeyArray, *numbers: Array) -> PRNGKeyArray:
    for number in numbers:
        key = jax.random.fold_in(key, number)
    return key


def _where(mask: Bool[Array, " envs"], new: Array, old: Array) -> jax.Array:
    return jnp.where(mask.reshape(mask.shape + (1,) * (new.ndim - 1)), new, old)


def _start(env: Environment, memory: Memory, levels: Scene, rows: Rows, limit: int) -> _Carry:
    envs, recorded, size = len(rows.level), len(rows.recorded), env.task.size
    pool = jax.vmap(env.reset)(levels)
    return _Carry(
        step=jnp.int32(0),
        state=jax.tree.map(lambda x: jnp.take(x, rows.level, axis=0), pool),
        memory=jax.tree.map(lambda x: jnp.broadcast_to(x, (envs, *jnp.shape(x))), memory),
        playing=jnp.ones(envs, bool),
        played=Played(
            returns=jnp.zeros(envs),
            length=jnp.zeros(envs, jnp.int32),
            outcome=jnp.full(envs, TIME_LIMIT, jnp.int32),
            track=Track(
                position=jnp.zeros((limit, recorded, size.bodies, 2)),
                rotation=jnp.zeros((limit, recorded, size.bodies)),
                controls=jnp.zeros((limit, recorded, size.joints + size.thrusters)),
                reward=jnp.zeros((limit, recorded)),
            ),
        ),
    )


def _counted(carry: _Carry, transition: Transition, track: Track) -> Played:
    """Rewards and ends count while the first episode lasts."""
    before = carry.played
    end = jnp.where(transition.terminated, TOUCHED_RED, TIME_LIMIT)
    end = jnp.where(transition.nonfinite, NAN, end)
    end = jnp.where(transition.goal, SOLVED, end)
    return Played(
        returns=before.returns + jnp.where(carry.playing, transition.reward, 0.0),
        length=before.length + carry.playing,
        outcome=jnp.where(carry.playing & transition.done, end, before.outcome),
        track=track,
    )


def _recorded(
    env: Environment,
    carry: _Carry,
    state: EnvState,
    transition: Transition,
    controls: Array,
    rows: Rows,
) -> Track:
    """The track with this step of the recorded environments written into it."""

    def of_recorded(tree: Any) -> Any:
        return jax.tree.map(lambda x: jnp.take(x, rows.recorded, axis=0), tree)

    bodies = jax.vmap(lambda s: env.scene(s).bodies)(of_recorded(state))
    values = Track(
        bodies.position, bodies.rotation, of_recorded(controls), of_recorded(transition.reward)
    )
    return jax.tree.map(
        lambda all_steps, value: jax.lax.dynamic_update_index_in_dim(
            all_steps, value.astype(all_steps.dtype), carry.step, 0
        ),
        carry.played.track,
        values,
    )
