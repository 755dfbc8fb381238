"""The solver for GPUs, interpreted, against the oracle and the native kernel; and when it is taken.

It has to be run on a GPU to be known to compile there: `kinetix bench device` does.
"""

import logging
import warnings
from contextlib import contextmanager
from dataclasses import fields

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AbstractDevice, AbstractMesh, use_abstract_mesh
from kinetix_jax2d import Jax2D, Jax2DConfig, State, _steps
from kinetix_jax2d.lanes import steps_on_gpu

from kinetix_core.bench._chunks import in_chunks
from kinetix_core.errors import EngineError
from kinetix_core.scene import SceneSize
from tests import reference as ref
from tests.engine import support
from tests.engine.test_oracle import OTHER_SETTINGS

TRITON_CALL = "__gpu$xla.gpu.triton"
THREADS = 8  # interpreted programs run one after another, so they may be small


def interpreted(sizes, **settings):
    """One step of a batch, as `step_of` of the fixture gives it for other kernels."""
    engine = Jax2D(SceneSize(*sizes), Jax2DConfig(**settings))

    @jax.jit
    def step(scenes, contacts, controls):
        state = jax.vmap(engine.init)(scenes, contacts)
        rows = state.moving, state.constant, state.integers, controls
        moving, integers, touching, _ = steps_on_gpu(
            engine.size, engine.config, 1, *rows, threads=THREADS, interpret=True
        )
        state = State(moving, state.constant, integers)
        return jax.vmap(engine.scene)(state), jax.vmap(engine.contacts)(state), touching[:, 0]

    return in_chunks(step)


# sizes in which a mistake in tables would show, and how many scenes of each
ODD_SIZES = {
    (4, 0, 0, 0): 2,  # the room alone: no pair at all, and no joint
    (5, 1, 0, 1): 40,  # no joint
    support.S: 60,
    support.M: 60,
    support.L: 20,  # several batches of each table
    (4, 0, 2, 1): 8,  # joints that have nothing to hold
    (24, 16, 8, 4): 4,
}
if not support.EVERY_SIZE:
    ODD_SIZES = {sizes: ODD_SIZES[sizes] for sizes in ((4, 0, 0, 0), (5, 1, 0, 1), support.L)}


@pytest.mark.parametrize(
    ("sizes", "count"), ODD_SIZES.items(), ids=["-".join(map(str, sizes)) for sizes in ODD_SIZES]
)
def test_random_scenes(sizes, count):
    states, controls = support.draw(np.random.default_rng(sum(sizes)), sizes, count)
    expected = support.of_oracle([ref.step(*case) for case in zip(states, controls, strict=True)])
    batch = support.as_scenes(states), support.as_contacts(states), controls
    support.assert_agree(support.of_engine(*interpreted(sizes)(*batch)), expected)


@pytest.mark.parametrize("settings", [OTHER_SETTINGS, {"warm_starting": False}])
def test_settings(settings, step_of):
    """The native kernel, which is held against the oracle under each setting, is the measure."""
    sizes = support.S
    states, controls = support.draw(np.random.default_rng(8), sizes, 120)
    batch = support.as_scenes(states), support.as_contacts(states), controls
    native = support.of_engine(*step_of(sizes, **settings)(*batch))
    found = support.of_engine(*interpreted(sizes, **settings)(*batch))
    share = np.max([*support.shares(found, native).values()], axis=0)
    # the cases were drawn to be well conditioned under the default settings
    assert np.sum(share > 1) <= 2


def test_batches_that_fill_no_program_and_broken_scenes(small, step):
    engine, states, controls = small
    count = 2 * THREADS + 3

    @jax.jit
    def stepped(moving):
        rows = moving, states.constant[:count], states.integers[:count], controls[:count]
        return steps_on_gpu(
            engine.size, engine.config, 1, *rows, threads=THREADS, interpret=True
        )  # fmt: skip

    usual, trace = step(states, controls)
    moving, integers, touching, position = stepped(states.moving[:count])
    np.testing.assert_allclose(moving, usual.moving[:count], atol=1e-4)
    np.testing.assert_array_equal(integers, usual.integers[:count])
    np.testing.assert_array_equal(touching, trace.touching[:count])
    np.testing.assert_allclose(position, trace.position[:count], atol=1e-5)

    broken = states.moving[:count].at[2].set(jnp.nan).at[4].multiply(1e30)
    kept = np.delete(np.arange(count), [2, 4])
    after = stepped(broken)
    np.testing.assert_array_equal(after[0][kept], moving[kept])
    np.testing.assert_array_equal(after[1][kept], integers[kept])
    none = steps_on_gpu(
        engine.size, engine.config, 1,
        states.moving[:0], states.constant[:0], states.integers[:0], controls[:0],
    )  # fmt: skip
    assert none[0].shape == (0, states.moving.shape[1])


@contextmanager
def a_gpu(monkeypatch):
    """Programs are lowered as if there were a GPU."""
    known = {"device_kind": "NVIDIA H100", "num_cores": None, "platform": "gpu"}
    device = AbstractDevice(**{field.name: known[field.name] for field in fields(AbstractDevice)})
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    with use_abstract_mesh(AbstractMesh((), (), abstract_device=device)), warnings.catch_warnings():
        # JAX means to move this kind of kernel out some day
        warnings.filterwarnings("ignore", "The Pallas Triton backend", DeprecationWarning)
        yield


def program(engine, small, *platforms):
    _, states, controls = small
    traced = jax.jit(jax.vmap(engine.step)).trace(states, controls)
    return traced.lower(lowering_platforms=platforms).as_text()


def test_gpus_take_it_where_it_is_asked_for(small, monkeypatch, caplog):
    _steps._say.cache_clear()
    size = small[0].size
    pallas = Jax2D(size, Jax2DConfig(kernel="pallas"))
    with pytest.raises(EngineError, match="it is compiled for the GPU at hand; there is none"):
        program(pallas, small, "cuda")
    with a_gpu(monkeypatch), caplog.at_level(logging.INFO, "kinetix_jax2d"):
        assert TRITON_CALL in program(pallas, small, "cuda")
        assert TRITON_CALL not in program(Jax2D(size), small, "cuda")
    said = [record.getMessage() for record in caplog.records]
    assert "engine jax2d: the JAX kernel steps the physics, its solver in Pallas" in said


@pytest.mark.parametrize("platform", ["cpu", "tpu"])
def test_it_is_refused_where_there_is_no_gpu(small, platform):
    pallas = Jax2D(small[0].size, Jax2DConfig(kernel="pallas"))
    with pytest.raises(EngineError, match="kernel=pallas: it runs on NVIDIA GPUs only"):
        program(pallas, small, platform)
