"""What all tests of this folder share."""

import jax
import pytest


@pytest.fixture(scope="package", autouse=True)
def quick_compiler():
    """Nearly all the time goes into compiling programs that run once."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
