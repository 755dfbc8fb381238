"""Proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347).

Source of the details: spec/training_and_evaluation.md 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Bool, Float, PRNGKeyArray

from kinetix_core.interfaces import Memory, Observation, Parameters, PolicyNetwork
from kinetix_core.scene import Array

from ._metrics import Metrics, Row
from ._normalise import NormalisedNetwork, learnable, with_learnable
from ._setup import Setup
from .config import PPOConfig, Schedule


class Batch(eqx.Module):
    """What is learnt from: whole environments, leaves (envs, time, ...), memory (envs, ...)."""

    observation: Observation
    reset: Bool[Array, "envs time"]
    action: Array
    log_prob: Float[Array, "envs time"]
    value: Float[Array, "envs time"]
    advantage: Float[Array, "envs time"]
    target: Float[Array, "envs time"]
    memory: Memory  # at the start of the rollout


def learning_rate(setup: Setup) -> Callable[[Any], Any]:
    """The step size as a function of the gradient steps so far; constant within an update.

    With u finished updates of U, f = u / U, lr = `learning_rate`, w = `warmup_fraction`: linear is
    lr (1 - f); warmup_cosine is start + (lr - start) f / w for f < w, then
    lr (1 + cos(pi (f - w) / (1 - w))) / 2.
    """
    ppo = setup.ppo
    per_update = ppo.epochs * ppo.num_minibatches * setup.train.rollouts_per_update
    rate, start, warmup = ppo.learning_rate, ppo.warmup_start, ppo.warmup_fraction

    def linear(count: Any) -> Any:
        return rate * (1.0 - (count // per_update) / setup.updates)

    def warmup_cosine(count: Any) -> Any:
        f = (count // per_update) / setup.updates
        up = start + (rate - start) * f / max(warmup, 1e-9)
        down = rate * 0.5 * (1.0 + jnp.cos(jnp.pi * (f - warmup) / (1.0 - warmup)))
        return jnp.where(f < warmup, up, down)

    schedules = {Schedule.linear: linear, Schedule.warmup_cosine: warmup_cosine}
    return schedules.get(ppo.schedule, lambda count: rate)


def optimiser(setup: Setup) -> optax.GradientTransformation:
    """Global-norm clipping, then Adam, or AdamW where weights decay.

    On one vector of all parameters: an operation for each of them takes long to compile.
    """
    ppo = setup.ppo
    constant = ppo.schedule is Schedule.constant
    rate = ppo.learning_rate if constant else learning_rate(setup)
    b1, b2, eps = ppo.adam_beta1, ppo.adam_beta2, ppo.adam_eps
    if ppo.weight_decay:
        step = optax.adamw(rate, b1, b2, eps, weight_decay=ppo.weight_decay)
    else:
        step = optax.adam(rate, b1, b2, eps)
    return optax.flatten(optax.chain(optax.clip_by_global_norm(ppo.max_grad_norm), step))


def adam_state(opt_state: Any) -> Any:
    """Adam's means and their count, out of the state of `optimiser`."""
    return opt_state[1][0]


def with_adam_state(opt_state: Any, adam: Any) -> Any:
    """`opt_state` with these; a schedule stays where it is."""
    clip, (_, *others) = opt_state
    return clip, (adam, *others)


def loss(
    params: Parameters, network: PolicyNetwork, ppo: PPOConfig, batch: Batch, key: PRNGKeyArray
) -> tuple[Float[Array, ""], Metrics]:
    """L = L_policy + c_v L_value - c_e H, over one minibatch.

    L_policy = -E[min(r A, clip(r, 1 - eps, 1 + eps) A)], r = exp(log pi - log pi_old), with A
    normalised within the minibatch; L_value = 1/2 E[max((V - target)^2, (V_clip - target)^2)],
    without the second term where `value_clip_eps` is 0.
    """

    def unroll(memory: Memory, observation: Observation, reset: Array, key: PRNGKeyArray) -> Any:
        return network.unroll(params, memory, observation, reset, key=key)

    keys = jax.random.split(key, batch.reset.shape[0])
    _, distribution, value = jax.vmap(unroll)(batch.memory, batch.observation, batch.reset, keys)
    log_ratio = distribution.log_prob(batch.action) - batch.log_prob
    ratio = jnp.exp(log_ratio)
    advantage = (batch.advantage - batch.advantage.mean()) / (batch.advantage.std() + 1e-8)
    clipped = jnp.clip(ratio, 1.0 - ppo.clip_eps, 1.0 + ppo.clip_eps)
    policy_loss = -jnp.mean(jnp.minimum(ratio * advantage, clipped * advantage))

    value_error = (value - batch.target) ** 2
    reach = ppo.clip_eps if ppo.value_clip_eps is None else ppo.value_clip_eps
    if reach:
        near = batch.value + jnp.clip(value - batch.value, -reach, reach)
        value_error = jnp.maximum(value_error, (near - batch.target) ** 2)
    value_loss = 0.5 * jnp.mean(value_error)
    entropy = jnp.mean(distribution.entropy())
    total = policy_loss + ppo.value_coef * value_loss - ppo.entropy_coef * entropy
    return total, {
        "ppo/loss": total,
        "ppo/policy_loss": policy_loss,
        "ppo/value_loss": value_loss,
        "ppo/entropy": entropy,
        "ppo/approx_kl": jnp.mean(ratio - 1.0 - log_ratio),
        "ppo/clip_fraction": jnp.mean(jnp.abs(ratio - 1.0) > ppo.clip_eps),
    }


def learn(
    setup: Setup, params: Parameters, opt_state: Any, batch: Batch, key: PRNGKeyArray
) -> tuple[Parameters, Any, Metrics]:
    """`epochs` passes over the batch, each over a fresh permutation of the environments.

    Metrics are means over all gradient steps. Where observations are normalised, by what was
    seen before; the batch counts from the next rollout on.
    """
    ppo, network, tx = setup.ppo, setup.network, optimiser(setup)
    parts = ppo.num_minibatches

    def of(learnt: Parameters, part: Batch, key: PRNGKeyArray) -> tuple[Array, Metrics]:
        return loss(with_learnable(params, learnt), network, ppo, part, key)

    def minibatch(carry: tuple[Parameters, Any], part: Batch, key: PRNGKeyArray):
        learnt, opt_state = carry
        gradient, metrics = jax.grad(of, has_aux=True)(learnt, part, key)
        updates, opt_state = tx.update(gradient, opt_state, learnt)
        metrics["ppo/gradient_norm"] = jnp.linalg.norm(ravel_pytree(gradient)[0])
        return (optax.apply_updates(learnt, updates), opt_state), Row.of(metrics)

    def epoch(carry: tuple[Parameters, Any], key: PRNGKeyArray):
        order_key, loss_key = jax.random.split(key)
        order = jax.random.permutation(order_key, ppo.num_envs).reshape(parts, -1)

        def step(carry: tuple[Parameters, Any], now: tuple[Array, PRNGKeyArray]):
            chosen, key = now
            return minibatch(carry, jax.tree.map(lambda x: x[chosen], batch), key)

        return jax.lax.scan(step, carry, (order, jax.random.split(loss_key, parts)))

    # the schedule's own count, which is the last one; Adam's may be an earlier run's
    steps = optax.tree.get_all_with_path(opt_state, "count")[-1][1]
    keys = jax.random.split(key, ppo.epochs)
    (learnt, opt_state), rows = jax.lax.scan(epoch, (learnable(params), opt_state), keys)
    params = with_learnable(params, learnt)
    if isinstance(network, NormalisedNetwork):
        params = network.observed(params, batch.observation)
    rate = jnp.float32(learning_rate(setup)(steps))
    return params, opt_state, rows.means() | {"ppo/learning_rate": rate}
