"""Rollouts: the policy plays, side by side in every environment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int, PRNGKeyArray

from kinetix_core.env import EnvState, random_index, reset_where
from kinetix_core.interfaces import Memory, Observation, Parameters
from kinetix_core.scene import Array

from ._advantage import advantages
from ._setup import Setup


class Players(eqx.Module):
    """The environments between two steps. Every leaf has a leading axis of environments."""

    env: EnvState
    observation: Observation
    reset: Bool[Array, " envs"]  # an episode begins with this observation
    memory: Memory
    level: Int[Array, " envs"]  # which level of the proposal is played
    current: Bool[Array, " envs"]  # the episode began under the present proposal
    carried: EnvState  # how an episode that began under an earlier proposal began
    episode_return: Float[Array, " envs"]
    length: Int[Array, " envs"]  # steps of the episode so far
    value_sum: Float[Array, " envs"]  # over the episode, up to the last finished rollout
    advantage_sum: Float[Array, " envs"]  # of its positive part, likewise


class Pool(eqx.Module):
    """A beginning episode in each level of a proposal, from which resets copy."""

    env: EnvState
    observation: Observation  # encoded once, so that no reset encodes a whole scene

    @staticmethod
    def of(setup: Setup, env: EnvState) -> Pool:
        return Pool(env, jax.vmap(setup.environment.observe)(env))

    @property
    def levels(self) -> int:
        return jax.tree.leaves(self.env)[0].shape[0]


class Step(eqx.Module):
    """What is kept of every step of a rollout. Leaves: (time, envs, ...)."""

    observation: Observation
    reset: Bool[Array, "time envs"]
    action: Array
    log_prob: Float[Array, "time envs"]
    value: Float[Array, "time envs"]
    reward: Float[Array, "time envs"]
    done: Bool[Array, "time envs"]
    end_value: Float[Array, "time envs"]  # see `advantages`
    goal: Bool[Array, "time envs"]
    nonfinite: Bool[Array, "time envs"]
    level: Int[Array, "time envs"]
    current: Bool[Array, "time envs"]
    episode_return: Float[Array, "time envs"]  # up to and including this step
    length: Int[Array, "time envs"]


def begin(setup: Setup, pool: Pool) -> Players:
    """New episodes everywhere: environment i plays level i (modulo the size of the pool)."""
    envs = setup.ppo.num_envs
    level = jnp.arange(envs) % pool.levels
    if pool.levels != envs:
        pool = jax.tree.map(lambda x: x[level], pool)
    memory = jax.tree.map(
        lambda x: jnp.broadcast_to(x, (envs, *jnp.shape(x))), setup.network.memory()
    )
    zeros = jnp.zeros(envs)
    return Players(
        env=pool.env,
        observation=pool.observation,
        reset=jnp.ones(envs, bool),
        memory=memory,
        level=level,
        current=jnp.ones(envs, bool),
        carried=pool.env,
        episode_return=zeros,
        length=jnp.zeros(envs, jnp.int32),
        value_sum=zeros,
        advantage_sum=zeros,
    )


def hand_over(players: Players, previous: EnvState) -> Players:
    """Episodes that go on under a new proposal remember how they began in the one before."""
    own = jax.tree.map(lambda x: jnp.take(x, players.level, axis=0, mode="clip"), previous)
    carried = jax.tree.map(
        lambda a, b: jnp.where(players.current.reshape(-1, *(1,) * (a.ndim - 1)), a, b),
        own,
        players.carried,
    )
    return replace(players, carried=carried, current=jnp.zeros_like(players.current))


def rollout(
    setup: Setup,
    params: Parameters,
    players: Players,
    pool: Pool,
    key: PRNGKeyArray,
    *,
    repeat: bool | None = None,
) -> tuple[Players, Step]:
    """`num_steps` steps with sampled actions; ended episodes take their next level of the pool.

    repeat: they play their own level again instead; None: as the curriculum says.
    """
    repeat = setup.curriculum.repeat if repeat is None else repeat
    body = _PlayStep(setup, params, pool, repeat)
    return jax.lax.scan(body, players, jax.random.split(key, setup.ppo.num_steps))


class _PlayStep:
    """One step of every environment: act, move on, reset where an episode ended, look."""

    def __init__(self, setup: Setup, params: Parameters, pool: Pool, repeat: bool):
        self.setup, self.params, self.pool, self.repeat = setup, params, pool, repeat

    def __call__(self, players: Players, key: PRNGKeyArray) -> tuple[Players, Step]:
        act_key, draw_key = jax.random.split(key)
        environment = self.setup.environment
        memory, distribution, value = policy(
            self.setup, self.params, players.memory, players.observation, players.reset
        )
        action = distribution.sample(act_key)
        env, transition = jax.vmap(environment.step)(players.env, action)
        done = transition.done
        step = Step(
            observation=players.observation,
            reset=players.reset,
            action=action,
            log_prob=distribution.log_prob(action),
            value=value,
            reward=transition.reward,
            done=done,
            end_value=self._end_value(env, players.observation, memory, transition),
            goal=transition.goal,
            nonfinite=transition.nonfinite,
            level=players.level,
            current=players.current,
            episode_return=players.episode_return + transition.reward,
            length=players.length + 1,
        )
        level = self._next_level(done, players.level, draw_key)
        fresh = self.pool.env, self.pool.observation
        env, seen = reset_where(done, (env, players.observation), fresh, level)
        players = replace(
            players,
            env=env,
            observation=jax.vmap(environment.observe)(env, seen),
            reset=done,
            memory=memory,
            level=level,
            current=players.current | done,
            episode_return=jnp.where(done, 0.0, step.episode_return),
            length=jnp.where(done, 0, step.length),
        )
        return players, step

    def _next_level(self, done: Array, level: Array, key: PRNGKeyArray) -> Array:
        if self.repeat:
            # An episode may have begun under an earlier, larger proposal.
            return level % self.pool.levels
        drawn = random_index(key, level.shape, self.pool.levels)
        return jnp.where(done, drawn, level)

    def _end_value(
        self, env: EnvState, previous: Observation, memory: Memory, transition: Any
    ) -> Array:
        if not self.setup.ppo.bootstrap_at_time_limit:
            return jnp.zeros_like(transition.reward)
        goes_on = jnp.zeros_like(transition.terminated)
        last = jax.vmap(self.setup.environment.observe)(env, previous)
        _, _, value = policy(self.setup, self.params, memory, last, goes_on)
        cut_off = transition.truncated & ~transition.nonfinite
        return jnp.where(cut_off, value, 0.0)


def policy(
    setup: Setup, params: Parameters, memory: Memory, observation: Observation, reset: Array
) -> Any:
    """Memory, distribution over actions, and value, of every environment."""
    apply = jax.vmap(setup.network.apply, in_axes=(None, 0, 0, 0))
    return apply(params, memory, observation, reset)


def rollout_advantages(
    setup: Setup, params: Parameters, players: Players, steps: Step
) -> Float[Array, "time envs"]:
    """The advantages of a rollout that `params` played and that left `players`."""
    seen = players.memory, players.observation, players.reset
    return advantages(
        steps.reward,
        steps.value,
        steps.done,
        steps.end_value,
        policy(setup, params, *seen)[2],
        gamma=setup.ppo.gamma,
        gae_lambda=setup.ppo.gae_lambda,
    )
