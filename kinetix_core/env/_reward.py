"""Reward and distance of one physics step. Source: spec/environment.md 5."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from kinetix_core.scene import BLUE, BOUNDARY, GREEN, RED, Array, Scene


class Rules(eqx.Module):
    """What decides about reward in a level, found once when it begins."""

    green: Bool[Array, " bodies"]
    blue: Bool[Array, " bodies"]
    goal_pairs: Bool[Array, " pairs"]  # green and blue, in the order of `size.pairs`
    lava_pairs: Bool[Array, " pairs"]  # green and red


def rules(scene: Scene) -> Rules:
    """The rules of a level. Inactive bodies have no role."""
    bodies = scene.bodies
    role = jnp.where(bodies.active, bodies.role, 0)
    pairs = np.array(scene.size.pairs, np.int32).reshape(-1, 2)
    product = role[pairs[:, 0]] * role[pairs[:, 1]]
    return Rules(
        green=role == GREEN,
        blue=role == BLUE,
        goal_pairs=product == GREEN * BLUE,
        lava_pairs=product == GREEN * RED,
    )


def outcome(rules: Rules, touching: Bool[Array, " pairs"]) -> Float[jax.Array, ""]:
    """-1 where green touches red, else +1 where green touches blue, else 0."""
    lava = jnp.any(touching & rules.lava_pairs)
    goal = jnp.any(touching & rules.goal_pairs)
    return jnp.where(lava, -1.0, jnp.where(goal, 1.0, 0.0))


def distance(rules: Rules, position: Float[Array, "bodies 2"]) -> Float[jax.Array, ""]:
    """Metres, summed over every green-blue pair; two walls are never a pair."""
    gap = position[:, None, :] - position[None, :, :]
    length = jnp.sqrt(gap[..., 0] ** 2 + gap[..., 1] ** 2)
    wall = np.arange(position.shape[0]) < BOUNDARY
    counted = rules.green[:, None] & rules.blue[None, :] & ~(wall[:, None] & wall[None, :])
    return jnp.sum(jnp.where(counted, length, 0.0))
