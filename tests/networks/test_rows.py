"""Products over rows: the same as `@`, whatever is mapped and differentiated."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_networks._rows import matmul

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4, 5)).astype(np.float32)
KERNEL = RNG.normal(size=(5, 6)).astype(np.float32)
KERNELS = RNG.normal(size=(2, 5, 6)).astype(np.float32)

WAYS = {
    "plain": lambda f: f(X, KERNEL),
    "no axis of rows": lambda f: f(X[0, 0, 0], KERNEL),
    "mapped twice": lambda f: jax.vmap(jax.vmap(f, (0, None)), (0, None))(X, KERNEL),
    "another axis": lambda f: jax.vmap(f, (1, None))(X, KERNEL),
    "both mapped": lambda f: jax.vmap(f)(X, KERNELS),
    "kernels mapped": lambda f: jax.vmap(f, (None, 0))(X, KERNELS),
}


@pytest.mark.parametrize("way", WAYS)
def test_is_the_product(way):
    found, wanted = WAYS[way](matmul), WAYS[way](jnp.matmul)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_those_of_the_product(way):
    """Of the whole, and taken inside of what is mapped."""

    def gradients(product):
        def one(x, kernel):
            loss = lambda x, kernel: jnp.sum(jnp.sin(product(x, kernel)))  # noqa: E731
            return jax.tree.leaves(jax.grad(loss, (0, 1))(x, kernel))

        def whole(x, kernel):
            mapped = jax.vmap(jax.vmap(product, (0, None)), (0, None))
            return jnp.sum(jnp.sin(mapped(x, kernel)))

        return WAYS[way](one), jax.grad(whole, (0, 1))(X, KERNEL)

    for found, wanted in zip(
        jax.tree.leaves(gradients(matmul)), jax.tree.leaves(gradients(jnp.matmul)), strict=True
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_rows_of_a_batch_are_one_matrix():
    """What the primitive is for: no product in the gradient has an axis of the batch."""

    def loss(kernel):
        mapped = jax.vmap(jax.vmap(matmul, (0, None)), (0, None))
        return jnp.sum(jnp.sin(mapped(X, kernel)))

    text = jax.jit(jax.grad(loss)).lower(KERNEL).as_text()
    products = [line for line in text.splitlines() if "dot_general" in line]
    assert products
    assert all("tensor<24x" in line for line in products), products


WIDE = RNG.normal(size=(2, 3, 4, 70)).astype(np.float32)
WIDE_KERNEL = RNG.normal(size=(70, 9)).astype(np.float32)


def test_wide_kernels_have_the_same_gradients_another_way():
    """From some width on the rows are transposed before, on CPUs."""

    def gradient(product):
        def loss(kernel, x):
            mapped = jax.vmap(jax.vmap(product, (0, None)), (0, None))
            return jnp.sum(jnp.sin(mapped(x, kernel)))

        return jax.jit(jax.grad(loss))

    found = gradient(matmul)(WIDE_KERNEL, WIDE)
    np.testing.assert_allclose(found, gradient(jnp.matmul)(WIDE_KERNEL, WIDE), rtol=1e-4, atol=1e-4)
    wide = gradient(matmul).lower(WIDE_KERNEL, WIDE).as_text()
    narrow = gradient(matmul).lower(KERNEL, X).as_text()
    barriers = [text.count("optimization_barrier") for text in (wide, narrow)]
    assert barriers == ([1, 0] if jax.default_backend() == "cpu" else [0, 0])


@pytest.mark.parametrize(("x", "kernel"), [(X, KERNEL), (WIDE, WIDE_KERNEL)])
def test_curvature_is_that_of_the_product(x, kernel):
    """A gradient of a gradient, as penalties on gradients take it."""

    def penalty(product):
        def loss(kernel, x):
            return jnp.sum(jnp.sin(jax.vmap(product, (0, None))(x, kernel)))

        def size(kernel, x):
            return jnp.sum(jax.grad(loss)(kernel, x) ** 2)

        return jax.jit(jax.grad(size, (0, 1)))(kernel, 0.1 * x)

    for found, wanted in zip(penalty(matmul), penalty(jnp.matmul), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-3)
