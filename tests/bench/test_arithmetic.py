"""Operations of matrix products, counted in programs whose count is known."""

import jax
import jax.numpy as jnp
import pytest

from kinetix_core.bench import train_speed
from kinetix_core.bench._arithmetic import PEAK_SIDE, peak_work, product_operations
from kinetix_core.bench._clock import Sample
from kinetix_core.compose import compose_run


def ones(*shape):
    return jax.ShapeDtypeStruct(shape, jnp.float32)


def test_products_count_a_multiplication_and_an_addition_each():
    assert product_operations(jnp.matmul, ones(3, 5), ones(5, 7)) == 2 * 3 * 5 * 7
    assert product_operations(jax.vmap(jnp.matmul), ones(4, 3, 5), ones(4, 5, 7)) == 4 * 210
    assert product_operations(jnp.add, ones(3, 5), ones(3, 5)) == 0


def test_a_loop_counts_every_round_and_a_branch_once():
    def loop(a, b):
        return jax.lax.scan(lambda x, _: (x @ b, None), a, None, length=6)[0]

    def branch(a, b):
        return jax.lax.cond(a[0, 0] > 0, lambda: a @ b @ b, lambda: a @ b)

    assert product_operations(jax.jit(loop), ones(3, 5), ones(5, 5)) == 6 * 150
    assert product_operations(branch, ones(3, 5), ones(5, 5)) == 2 * 150


def test_convolutions_count_their_window():
    def convolve(image, kernel):
        return jax.lax.conv(image, kernel, (1, 1), "VALID")

    # two images of 3 channels become 4 channels of 6 x 6 pixels
    found = product_operations(convolve, ones(2, 3, 8, 8), ones(4, 3, 3, 3))
    assert found == 2 * (2 * 4 * 6 * 6) * 27


def test_a_gradient_costs_what_its_products_cost():
    def loss(weights, inputs):
        return jnp.sum(inputs @ weights)

    # forward, and the product for the weights
    assert product_operations(jax.value_and_grad(loss), ones(5, 7), ones(3, 5)) == 2 * 210


def test_the_peak_is_of_a_product_that_was_made():
    work = peak_work()
    work.call()
    assert work.steps == 2 * PEAK_SIDE**3


def test_rates_are_those_of_learning_alone():
    class Setup:
        steps_per_update = 100

    def samples(seconds, steps=100):
        return [Sample(steps, cpu=seconds, wall=2 * seconds)]

    works = {"update": samples(5.0), "rollout": samples(1.0), "matrix product": samples(1.0, 10**9)}
    first = train_speed.First(1.0, 1.0)
    found = train_speed.Found(Setup(), works, first, operations=2 * 10**9)  # pyright: ignore
    assert found.arithmetic("cpu") == pytest.approx((0.5, 1.0))
    assert found.arithmetic("wall") == pytest.approx((0.25, 0.5))


def test_the_published_rate_is_of_the_same_settings():
    same = "size=s", "observation=symbolic", "network=mlp"
    assert train_speed.published_rate(compose_run(same)) == 1630
    assert train_speed.published_rate(compose_run(("network=transformer", *same[:2]))) is None
    for other in ("ppo.epochs=4", "size=m", "network=deep_sets"):
        assert train_speed.published_rate(compose_run((*same, other))) is None
