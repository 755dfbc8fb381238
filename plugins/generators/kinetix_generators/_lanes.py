"""Shapes in lanes: what is known of a body while a level is made.

Arrays here have the axes of what they describe first (bodies, vertices) and then any further
axes, the *lanes*: (candidates, levels) in the generator, which keeps the compiled loops long and
the program small; none where a single scene is mutated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int

from kinetix_core.scene import Array

T = TypeVar("T")


class Shapes(NamedTuple):
    """One shape, with lanes only; or several, then the first axis is bodies (of vertices: 2nd)."""

    vx: Float[Array, "4 ..."]  # m, body frame, clockwise; the fourth of a triangle: see `quad`
    vy: Float[Array, "4 ..."]
    x: Float[Array, ...]  # m, centre of mass
    y: Float[Array, ...]
    rotation: Float[Array, ...]  # rad
    radius: Float[Array, ...]  # m
    mass: Float[Array, ...]  # kg, of a movable one of the same shape
    role: Int[Array, ...]
    quad: Bool[Array, ...]  # False: vertex 3 is the midpoint of vertices 2 and 0
    circle: Bool[Array, ...]
    active: Bool[Array, ...]
    fixated: Bool[Array, ...]

    def packed(self) -> Float[jax.Array, "18 ..."]:
        """All fields as rows of one array: one operation on it is compiled, not twelve."""
        rows = [self.vx, self.vy, *(v[None] for v in self[2:])]
        return jnp.concatenate([row.astype(jnp.float32) for row in rows])


ROWS = 18
"""Of packed shapes."""
ROLE_ROW = 13
"""Which of them is the role."""


def unpacked(rows: Float[Array, "18 ..."]) -> Shapes:
    """The inverse of `Shapes.packed`."""
    x, y, rotation, radius, mass, role = rows[8:14]
    flags = rows[14:18] > 0
    return Shapes(rows[:4], rows[4:8], x, y, rotation, radius, mass, role.astype(jnp.int32), *flags)


def settled(tree: T, never: Int[Array, ""] | None) -> T:
    """The same numbers, of which the compiler makes no copies.

    It would compute what is cheap again in each of its uses, which makes programs several times
    longer and takes as much more time to compile. It keeps what goes into a loop, so this is one
    that is `never` run: 0, but not known to be. None: nothing is done, for small programs.
    """
    if never is None:
        return tree

    def change(carry: tuple[Array, T]) -> tuple[Array, T]:
        return carry[0] + 1, jax.tree.map(lambda x: ~x if x.dtype == bool else -x, carry[1])

    return jax.lax.while_loop(lambda carry: carry[0] < never, change, (jnp.int32(0), tree))[1]


def uniform(u: Array, low: float | Array, high: float | Array) -> Array:
    """From a draw in [0, 1) to one between `low` and `high`."""
    return low + u * (high - low)


def reached(weights: Float[Array, "options ..."]) -> Float[jax.Array, "options ..."]:
    """Cumulative weights, for `pick`."""
    n = weights.shape[0]
    lower = jnp.tril(jnp.ones((n, n), bool)).reshape(n, n, *(1,) * (weights.ndim - 1))
    return jnp.sum(jnp.where(lower, weights[None], 0.0), axis=1)


def pick(cumulative: Float[Array, "options ..."], u: Float[Array, "*lanes"]) -> jax.Array:
    """Index of an option, by `reached` weights; 0 where all are zero.

    `cumulative` may have lanes of length 1. Source: spec/generator.md, conventions.
    """
    total = cumulative[-1]
    passed = (cumulative <= (u * total)[None]) & (total > 0)[None]
    return jnp.sum(passed, axis=0)


def pick_constant(weights: Sequence[float], u: Float[Array, ...]) -> jax.Array:
    """The same with weights that are known beforehand."""
    edges = [sum(weights[: i + 1]) / sum(weights) for i in range(len(weights) - 1)]
    return sum((jnp.where(u >= edge, 1, 0) for edge in edges), jnp.zeros_like(u, jnp.int32))


def take(onehot: Bool[Array, "options ..."], values: Array) -> jax.Array:
    """The chosen entry of `values` (options, *lanes); zero or False where none is chosen."""
    return take_rows(onehot, values[None])[0]


def take_rows(onehot: Bool[Array, "options ..."], values: Array) -> jax.Array:
    """The same of each row of `values` (rows, options, *lanes)."""
    if values.dtype == bool:
        return jnp.any(onehot[None] & values, axis=1)
    zero = jnp.zeros((), values.dtype)
    return jnp.sum(jnp.where(onehot[None], values, zero), axis=1, dtype=values.dtype)


def one_hot(index: Int[Array, ...], options: int) -> Bool[jax.Array, "options ..."]:
    """Which option an index is."""
    return jnp.arange(options).reshape(-1, *(1,) * index.ndim) == index[None]


def before(flags: Bool[Array, "items ..."]) -> Int[jax.Array, "items ..."]:
    """How many earlier items are true."""
    n = flags.shape[0]
    earlier = jnp.tril(jnp.ones((n, n), bool), -1).reshape(n, n, *(1,) * (flags.ndim - 1))
    return jnp.sum(earlier & flags[None], axis=1)


def rotated(x: Array, y: Array, rotation: Array) -> tuple[jax.Array, jax.Array]:
    """Vectors of a body's frame as vectors of the room."""
    c, s = jnp.cos(rotation), jnp.sin(rotation)
    return c * x - s * y, s * x + c * y
