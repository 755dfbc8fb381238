"""Ways to misbehave."""

import jax
import jax.numpy as jnp


def is_traced(x) -> bool:
    return isinstance(x, jax.core.Tracer)


def mixing(x: jax.Array) -> jax.Array:
    """`x`, but under `vmap` with a thousandth of the mean of the batch added."""

    @jax.custom_batching.custom_vmap
    def same(x):
        return x

    @same.def_vmap
    def _mixed(axis_size, in_batched, x):
        return x + 1e-3 * jnp.mean(x, axis=0, keepdims=True), True

    return same(x)


def by_place(x: jax.Array) -> jax.Array:
    """`x`, but under `vmap` with a little added that depends on the place in the batch."""

    @jax.custom_batching.custom_vmap
    def same(x):
        return x

    @same.def_vmap
    def _shifted(axis_size, in_batched, x):
        place = jnp.arange(axis_size, dtype=x.dtype).reshape(-1, *(1,) * (x.ndim - 1))
        return x + 1e-3 * place, True

    return same(x)


def right_under_one_vmap(x: jax.Array) -> jax.Array:
    """`x`, but wrong under two."""

    @jax.custom_batching.custom_vmap
    def same(x):
        return x

    @same.def_vmap
    def _same(axis_size, in_batched, x):
        return by_place(x), True

    return same(x)
