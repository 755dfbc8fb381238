"""A batch of random scenes for the JAX kernel."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_jax2d import Jax2D, Jax2DConfig

from kinetix_core.scene import SceneSize
from tests.engine import support

SIZES = 4, 2, 1, 1  # small, so that many programs can be compiled


@pytest.fixture(scope="session")
def small():
    """(engine, states, controls) of 300 small scenes, 20 different ones."""
    engine = Jax2D(SceneSize(*SIZES), Jax2DConfig(kernel="jax"))
    drawn, controls = support.draw(np.random.default_rng(0), SIZES, 20)
    scenes, contacts = support.as_scenes(drawn), support.as_contacts(drawn)
    states = jax.jit(jax.vmap(engine.init))(scenes, contacts)
    index = np.arange(300) % 20
    return engine, *jax.tree.map(lambda leaf: jnp.asarray(leaf)[index], (states, controls))


@pytest.fixture(scope="session")
def step(small):
    """One step of a batch of small scenes, compiled once for every length of it."""
    return jax.jit(jax.vmap(small[0].step))
