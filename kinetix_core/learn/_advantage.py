"""Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438, equation 16)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float

from kinetix_core.scene import Array


def advantages(
    reward: Float[Array, "time envs"],
    value: Float[Array, "time envs"],
    done: Bool[Array, "time envs"],
    end_value: Float[Array, "time envs"],
    last_value: Float[Array, " envs"],
    *,
    gamma: float,
    gae_lambda: float,
) -> Float[Array, "time envs"]:
    """A_t = delta_t + gamma lambda (1 - done_t) A_{t+1}, backwards from `last_value`.

    delta_t = r_t + gamma V_{t+1} - V_t, where V_{t+1} is `end_value` for a step that ends an
    episode: 0, or the value of the last state where the time limit cut it off.
    """
    following = jnp.concatenate([value[1:], last_value[None]])
    delta = reward + gamma * jnp.where(done, end_value, following) - value
    decay = gamma * gae_lambda * (1.0 - done.astype(jnp.float32))

    def back(later: Array, step: tuple[Array, Array]) -> tuple[Array, Array]:
        now = step[0] + step[1] * later
        return now, now

    _, advantage = jax.lax.scan(back, jnp.zeros_like(last_value), (delta, decay), reverse=True)
    return advantage
