"""Compiled functions of the engine, shared by the tests of this folder."""

import functools
from collections.abc import Callable

import jax
import pytest
from kinetix_jax2d import Jax2D, Jax2DConfig

from kinetix_core.bench._step_parity import one_step
from kinetix_core.scene import SceneSize


@pytest.fixture(scope="session")
def step_of() -> Callable:
    """`step_of(sizes, **settings)`: one step of a batch, (scenes, contacts, controls) ->
    (scenes, contacts, touching) on the host. The kernel is the native one."""

    @functools.cache
    def compiled(sizes, settings):
        config = Jax2DConfig(**({"kernel": "native"} | dict(settings)))
        return one_step(Jax2D(SceneSize(*sizes), config))

    def make(sizes, **settings):
        step = compiled(tuple(sizes), tuple(sorted(settings.items())))
        return lambda *batch: jax.device_get(step(*batch))

    return make
