"""Reward and distance of one physics step. Source: spec/environment.md 5."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from kinetix_core.scene import BLUE, GREEN, RED, Array, Scene, SceneSize


class Rules(eqx.Module):
    """What decides about reward in a level, found once when it begins."""

    goal_pairs: Bool[Array, " pairs"]  # green and blue, in the order of `size.pairs`
    lava_pairs: Bool[Array, " pairs"]  # green and red


def rules(scene: Scene) -> Rules:
    """The rules of a level. Inactive bodies have no role."""
    bodies = scene.bodies
    role = jnp.where(bodies.active, bodies.role, 0)
    pairs = np.array(scene.size.pairs, np.int32).reshape(-1, 2)
    product = role[pairs[:, 0]] * role[pairs[:, 1]]
    return Rules(
        goal_pairs=product == GREEN * BLUE,
        lava_pairs=product == GREEN * RED,
    )


def outcome(rules: Rules, touching: Bool[Array, " pairs"]) -> Float[jax.Array, ""]:
    """-1 where green touches red, else +1 where green touches blue, else 0."""
    lava = jnp.any(touching & rules.lava_pairs)
    goal = jnp.any(touching & rules.goal_pairs)
    return jnp.where(lava, -1.0, jnp.where(goal, 1.0, 0.0))


def distance(
    size: SceneSize, rules: Rules, position: Float[Array, "bodies 2"]
) -> Float[jax.Array, ""]:
    """Metres, summed over every green-blue pair; two walls are never a pair."""
    first, second = np.array(size.pairs, np.int32).reshape(-1, 2).T
    x, y = position[:, 0], position[:, 1]
    dx, dy = x[first] - x[second], y[first] - y[second]
    return jnp.sum(jnp.where(rules.goal_pairs, jnp.sqrt(dx * dx + dy * dy), 0.0))
