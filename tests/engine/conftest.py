"""Compiled functions of the engine, shared by the tests of this folder."""

from collections.abc import Callable

import pytest
from kinetix_jax2d import Jax2D, Jax2DConfig

from kinetix_core.bench._step_parity import one_step
from kinetix_core.scene import SceneSize

from .support import KERNELS


@pytest.fixture(scope="session")
def step_of() -> Callable:
    """`step_of(sizes, **settings)`: one step of a batch, (scenes, contacts, controls) ->
    (scenes, contacts, touching) on the host. The kernel is the native one unless named.

    Every size and choice of settings is compiled once, whatever the length of the batch.
    """

    def make(sizes, **settings):
        config = Jax2DConfig(**({"kernel": "native"} | settings))
        return one_step(Jax2D(SceneSize(*sizes), config))

    return make


@pytest.fixture(scope="session", params=KERNELS)
def kernel(request) -> str:
    """Each kernel in turn."""
    return request.param
