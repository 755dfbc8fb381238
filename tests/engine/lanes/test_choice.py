"""Which kernel is taken, what is said about it, and several devices at once."""

import logging
import os
import subprocess
import sys

import jax
import pytest
from kinetix_jax2d import Jax2D, Jax2DConfig, _native, _steps

from kinetix_core.errors import EngineError, SettingError

NATIVE_CALL = _native.SYMBOL


def program(engine, small, *platforms):
    _, states, controls = small
    traced = jax.jit(jax.vmap(engine.step)).trace(states, controls)
    return traced.lower(lowering_platforms=platforms).as_text()


@pytest.fixture
def forgetful():
    """The choice is made and said once per process; forget it around a test."""
    _steps._takes_native.cache_clear()
    _steps._say.cache_clear()
    yield
    _steps._takes_native.cache_clear()
    _steps._say.cache_clear()


@pytest.fixture
def without_compiler(monkeypatch):
    def missing():
        raise EngineError("engine jax2d: no C++ compiler found; install one")

    monkeypatch.setattr(_native, "target", missing)


def test_auto_is_native_on_cpus_and_jax_elsewhere(small, forgetful, caplog):
    engine = Jax2D(small[0].size)
    with caplog.at_level(logging.INFO, "kinetix_jax2d"):
        assert NATIVE_CALL in program(engine, small, "cpu")
        assert NATIVE_CALL not in program(engine, small, "cuda")
        assert NATIVE_CALL in program(engine, small, "cpu", "cuda")
    said = [record.getMessage() for record in caplog.records if "steps the physics" in record.msg]
    assert said == [
        "engine jax2d: the native kernel steps the physics: it is the fastest there is on CPUs",
        "engine jax2d: the JAX kernel steps the physics: this is no CPU",
    ]


def test_the_kernel_that_was_asked_for(small):
    size = small[0].size
    assert NATIVE_CALL not in program(Jax2D(size, Jax2DConfig(kernel="jax")), small, "cpu")
    native = Jax2D(size, Jax2DConfig(kernel="native"))
    assert NATIVE_CALL in program(native, small, "cpu")
    with pytest.raises(EngineError, match=r"engine\.kernel=native: it runs on CPUs only"):
        program(native, small, "cuda")
    with pytest.raises(SettingError, match=r"engine\.kernel=fast: one of auto, native, jax"):
        Jax2DConfig(kernel="fast")


def test_without_a_compiler_auto_runs_and_says_how_to_get_the_fast_one(
    small, forgetful, without_compiler, caplog
):
    size = small[0].size
    with caplog.at_level(logging.WARNING, "kinetix_jax2d"):
        for _ in range(2):
            assert NATIVE_CALL not in program(Jax2D(size), small, "cpu")
    assert len(caplog.records) == 1
    assert "install one. Until then the JAX kernel" in caplog.records[0].getMessage()
    with pytest.raises(EngineError, match="no C\\+\\+ compiler"):
        program(Jax2D(size, Jax2DConfig(kernel="native")), small, "cpu")


TWO_DEVICES = """
import jax, numpy as np
from jax.sharding import Mesh, PartitionSpec
from kinetix_core.scene import SceneSize
from kinetix_jax2d import Jax2D, Jax2DConfig
from tests.engine import support
from tests.engine.lanes.conftest import SIZES

assert jax.device_count() == 2
drawn, controls = support.draw(np.random.default_rng(0), SIZES, 16)
for kernel in ("jax", "native"):
    engine = Jax2D(SceneSize(*SIZES), Jax2DConfig(kernel=kernel))
    states = jax.vmap(engine.init)(support.as_scenes(drawn), support.as_contacts(drawn))
    step = jax.vmap(engine.step)
    rows = PartitionSpec("scenes")
    sharded = jax.shard_map(
        step, mesh=Mesh(jax.devices(), "scenes"), in_specs=(rows, rows), out_specs=rows
    )
    for one, two in zip(*map(jax.tree.leaves, (
        jax.jit(step)(states, controls), jax.jit(sharded)(states, controls)
    )), strict=True):
        assert np.array_equal(one, two, equal_nan=True), kernel
print("the same bits")
"""


def test_two_devices_give_the_bits_of_one():
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "the same bits", done.stderr[-2000:]
