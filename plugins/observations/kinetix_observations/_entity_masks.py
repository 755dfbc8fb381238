"""Which bodies may attend to which. Source: spec/observations.md 5, attention mask."""

from __future__ import annotations

from functools import cache
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool

from kinetix_core.scene import Array, Joints, Scene, SceneSize

CONTACT = 3
"""The plane that changes in an episode."""


def attention_mask(scene: Scene) -> Bool[jax.Array, "4 bodies bodies"]:
    """The planes full, multi-hop, one-hop and contact: true where row may look at column.

    Bodies are polygons, then circles. Nothing inactive is looked at or looks.
    """
    both = _both_active(scene)
    planes = [
        jnp.ones_like(both),
        ~jnp.asarray(scene.collision_matrix),
        one_hop(scene.joints, scene.size.bodies),
        contact(scene.touching, scene.size),
    ]
    return jnp.stack(planes) & both[None]


def contact_plane(scene: Scene) -> Bool[jax.Array, "bodies bodies"]:
    """Plane `CONTACT` of `attention_mask`."""
    return contact(scene.touching, scene.size) & _both_active(scene)


def _both_active(scene: Scene) -> Bool[jax.Array, "bodies bodies"]:
    active = jnp.concatenate([scene.polygons.active, scene.circles.active])
    return active[:, None] & active[None, :]


def one_hop(joints: Joints, bodies: int) -> Bool[jax.Array, "bodies bodies"]:
    """True at both ends of every active joint, but never at (0, 0)."""
    index = np.arange(bodies)[None, :]
    at_a = (jnp.asarray(joints.a_index)[:, None] == index) & jnp.asarray(joints.active)[:, None]
    at_b = jnp.asarray(joints.b_index)[:, None] == index
    linked = jnp.any(at_a[:, :, None] & at_b[:, None, :], axis=0)
    linked |= linked.T
    origin = (index == 0) & (index.T == 0)
    return linked & ~origin


def contact(touching: Bool[Array, " pairs"], size: SceneSize) -> Bool[jax.Array, "bodies bodies"]:
    """True at (first, second) of each touching pair: one direction only, as published."""
    touching = jnp.asarray(touching)
    runs = [
        jnp.zeros(length, bool) if start is None else touching[start : start + length]
        for start, length in _runs(size)
    ]
    return jnp.concatenate(runs).reshape(size.bodies, size.bodies)


@cache
def _runs(size: SceneSize) -> list[tuple[int | None, int]]:
    """What the matrix consists of, row by row: runs of pairs (first pair, how many) and of gaps.

    Pairs come in the order of the matrix, so a few slices do what would be a gather per scene.
    """
    number = {pair: k for k, pair in enumerate(size.pairs)}
    runs: list[tuple[int | None, int]] = []
    for row, column in product(range(size.bodies), repeat=2):
        start, length = runs[-1] if runs else (0, 0)
        pair = number.get((row, column))
        if length and pair == (None if start is None else start + length):
            runs[-1] = start, length + 1
        else:
            runs.append((pair, 1))
    return runs
