"""Curricula are small programs that run a few times: compiling them is nearly all the time."""

import jax
import pytest


@pytest.fixture(scope="module", autouse=True)
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
