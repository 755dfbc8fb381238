"""The one training loop: propose levels, collect, estimate advantages, learn, inform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Int, PRNGKeyArray

from kinetix_core.env import EnvState
from kinetix_core.interfaces import CurriculumState, Observation, Parameters, Proposal
from kinetix_core.scene import Array, Scene, empty_scene

from ._check import check_curriculum, check_levels, check_observation, check_policy
from ._metrics import LEARNT, Metrics, Row, level_metrics, network_metrics
from ._normalise import learnable
from ._outcome import Tally, count
from ._ppo import Batch, learn, optimiser
from ._rollout import Players, Pool, Step, begin, hand_over, rollout, rollout_advantages
from ._setup import Setup
from ._tools import Propose, RunTools, propose

T = TypeVar("T")


class TrainState(eqx.Module):
    """Everything that the next update depends on."""

    params: Parameters
    opt_state: Any
    players: Players
    pool: EnvState  # a beginning episode in each level of the last proposal
    curriculum: CurriculumState
    key: PRNGKeyArray
    update: Int[Array, ""]  # finished updates


class Incident(eqx.Module):
    """States that were not finite during an update, and how one such episode began."""

    count: Int[Array, ""]
    begun: EnvState


def init_state(setup: Setup, seed: int | Array, propose: Propose = propose) -> TrainState:
    """The state before the first update, which begins new episodes. Traceable in `seed`.

    propose: or the same function, traced already.
    """
    net_key, curriculum_key, key = jax.random.split(jax.random.key(seed), 3)
    curriculum = setup.curriculum.init(curriculum_key, RunTools(setup))

    observation = _zeros(_first_observation, setup)
    params = setup.network.init(net_key, observation)
    check_policy(setup, params, observation)

    def first(state: CurriculumState, params: Parameters) -> tuple[Players, EnvState]:
        _, proposal = propose(setup, state, key, params)
        pool = _pool(setup, proposal.levels)
        return begin(setup, pool), pool.env

    players, pool = _zeros(first, *_strong((curriculum, params)))
    return _strong(
        TrainState(
            params=params,
            opt_state=optimiser(setup).init(learnable(params)),
            players=players,
            pool=pool,
            curriculum=curriculum,
            key=key,
            update=jnp.int32(0),
        )
    )


def update(
    setup: Setup, state: TrainState, propose: Propose = propose
) -> tuple[TrainState, Metrics, Incident]:
    """One update, the same for every curriculum, engine, encoder, action space and network.

    propose: or the same function, traced already.
    """
    key, propose_key, rollout_key = jax.random.split(state.key, 3)
    curriculum, proposal = propose(setup, state.curriculum, propose_key, state.params)
    pool = _pool(setup, proposal.levels)
    players = _place(setup, state, pool)

    def round(carry: Any, key: PRNGKeyArray):
        params, opt_state, players, tally = carry
        return _rollout_and_learn(setup, params, opt_state, players, tally, proposal, pool, key)

    begin_carry = (state.params, state.opt_state, players, Tally.empty(pool.levels))
    keys = jax.random.split(rollout_key, setup.train.rollouts_per_update)
    carry, (metrics, sums, bad) = jax.lax.scan(round, begin_carry, keys)
    params, opt_state, players, tally = carry
    curriculum = setup.curriculum.learn(curriculum, proposal, tally.outcome())
    own_metrics = setup.curriculum.metrics(curriculum)
    check_curriculum(setup, state.curriculum, curriculum, own_metrics)
    state = _strong(
        TrainState(
            params=params,
            opt_state=opt_state,
            players=players,
            pool=pool.env,
            curriculum=curriculum,
            key=key,
            update=state.update + 1,
        )
    )
    metrics = metrics.means() | _episode_metrics(sums.sums())
    metrics |= {f"curriculum/{k}": v for k, v in own_metrics.items()}
    metrics |= level_metrics(proposal.levels)
    metrics["nan/states"] = jnp.sum(bad.count)
    worst = jnp.argmax(bad.count)
    return state, metrics, Incident(jnp.sum(bad.count), jax.tree.map(lambda x: x[worst], bad.begun))


def _strong(state: T) -> T:
    """The same without weak types, which a checkpoint does not keep.

    They belong to the signature of what is compiled: with them, a run that is taken up again
    would compile the update once more.
    """

    def strong(x: Any) -> Any:
        is_key = jnp.issubdtype(x.dtype, jax.dtypes.prng_key)
        return x if is_key else jax.lax.convert_element_type(x, x.dtype)

    return jax.tree.map(strong, state)


def _zeros(function: Callable[..., Any], *args: Any) -> Any:
    """Zeros in the shapes of what `function` returns; it is not run."""
    static = eqx.filter_eval_shape(function, *args)
    return jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), static)


def _first_observation(setup: Setup) -> Observation:
    state = setup.environment.reset(jax.tree.map(jnp.asarray, empty_scene(setup.task.size)))
    observation = setup.environment.observe(state)
    check_observation(setup, observation)
    return observation


def _pool(setup: Setup, levels: Scene) -> Pool:
    check_levels(setup, "curriculum", levels)
    return Pool.of(setup, jax.vmap(setup.environment.reset)(levels))


def _place(setup: Setup, state: TrainState, pool: Pool) -> Players:
    """New episodes at the first update and where the curriculum restarts; else they go on."""
    fresh = begin(setup, pool)
    if setup.curriculum.restart:
        return fresh
    going_on = hand_over(state.players, state.pool)
    first = state.update == 0
    return jax.tree.map(lambda new, old: jnp.where(first, new, old), fresh, going_on)


def _rollout_and_learn(
    setup: Setup,
    params: Parameters,
    opt_state: Any,
    players: Players,
    tally: Tally,
    proposal: Proposal,
    pool: Pool,
    key: PRNGKeyArray,
) -> tuple[Any, Any]:
    play_key, learn_key = jax.random.split(key)
    memory = players.memory
    players, steps = rollout(setup, params, players, pool, play_key)
    advantage = rollout_advantages(setup, params, players, steps)
    of_network = network_metrics(setup, params, players)
    batch = to_batch(steps, advantage, memory)
    params, opt_state, metrics = _learn_if(setup, params, opt_state, batch, proposal, learn_key)
    incident = _incident(steps, pool.env, players)
    tally, players = count(tally, players, steps, advantage)
    metrics["ppo/explained_variance"] = 1.0 - jnp.var(advantage) / (jnp.var(batch.target) + 1e-8)
    rows = Row.of(metrics | of_network), Row.of(_episode_sums(steps))
    return (params, opt_state, players, tally), (*rows, incident)


def _learn_if(
    setup: Setup,
    params: Parameters,
    opt_state: Any,
    batch: Batch,
    proposal: Proposal,
    key: PRNGKeyArray,
) -> tuple[Parameters, Any, Metrics]:
    """PPO, unless the curriculum said not to train on this proposal: then nothing is measured."""

    def train(params: Parameters, opt_state: Any) -> tuple[Parameters, Any, Metrics]:
        params, opt_state, metrics = learn(setup, params, opt_state, batch, key)
        return params, opt_state, metrics | {LEARNT: jnp.float32(1)}

    if proposal.train is True:
        return train(params, opt_state)

    def skip(params: Parameters, opt_state: Any) -> tuple[Parameters, Any, Metrics]:
        shapes = jax.eval_shape(lambda: train(params, opt_state)[2])
        nothing = jax.tree.map(lambda x: jnp.full(x.shape, jnp.nan, x.dtype), shapes)
        return params, opt_state, nothing | {LEARNT: jnp.float32(0)}

    return jax.lax.cond(proposal.train, train, skip, params, opt_state)


def to_batch(steps: Step, advantage: Array, memory: Any) -> Batch:
    """Environments first: a minibatch takes whole environments."""

    def by_env(x: Array) -> Array:
        return jnp.swapaxes(x, 0, 1)

    return Batch(
        observation=jax.tree.map(by_env, steps.observation),
        reset=by_env(steps.reset),
        action=by_env(steps.action),
        log_prob=by_env(steps.log_prob),
        value=by_env(steps.value),
        advantage=by_env(advantage),
        target=by_env(advantage + steps.value),
        memory=memory,
    )


def _incident(steps: Step, pool: EnvState, players: Players) -> Incident:
    """How many episodes ended in a state that was not finite, and how one of them began."""
    bad = steps.nonfinite
    at = jnp.argmax(bad.reshape(-1))
    time, env = jnp.unravel_index(at, bad.shape)
    index, current = steps.level[time, env], steps.current[time, env]
    begun = jax.tree.map(
        lambda new, old: jnp.where(current, new[index], old[env]), pool, players.carried
    )
    return Incident(jnp.sum(bad), begun)


def _episode_sums(steps: Step) -> dict[str, Array]:
    done = steps.done
    return {
        "count": jnp.sum(done),
        "return": jnp.sum(jnp.where(done, steps.episode_return, 0.0)),
        "solved": jnp.sum(done & steps.goal),
        "length": jnp.sum(jnp.where(done, steps.length, 0)),
    }


def _episode_metrics(sums: dict[str, Array]) -> Metrics:
    """Means over the episodes that ended in this update (NaN where none did)."""
    per = jnp.where(sums["count"] > 0, sums["count"], jnp.nan)
    means = {f"episode/{k}": sums[k] / per for k in ("return", "solved", "length")}
    return {"episode/count": sums["count"], **means}
