"""The native kernel inside programs: scans, loops, shards, donated states, the persistent cache."""

import os
import subprocess
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from kinetix_jax2d import Jax2D, Jax2DConfig

from kinetix_core.errors import EngineError
from kinetix_core.scene import Scene, SceneSize, empty_scene
from kinetix_core.testing import assert_same
from tests import reference as ref

from . import support

SIZE = SceneSize(*support.S)
COUNT = 12


@pytest.fixture(scope="module")
def engine() -> Jax2D:
    return Jax2D(SIZE, Jax2DConfig(kernel="native"))


@pytest.fixture(scope="module")
def batch(engine):
    """States and controls with a leading axis."""
    rng = np.random.default_rng(4)
    states = [ref.random_state(rng, *support.S) for _ in range(COUNT)]
    controls = np.stack([ref.random_controls(rng, *support.S[2:]) for _ in states])
    pack = jax.jit(jax.vmap(engine.init))
    return pack(support.as_scenes(states), support.as_contacts(states)), jnp.asarray(controls)


@pytest.fixture(scope="module")
def stepped(engine, batch):
    """Three steps, one call at a time."""
    step = jax.jit(jax.vmap(lambda state, controls: engine.step(state, controls)[0]))
    states, controls = batch
    for _ in range(3):
        states = step(states, controls)
    return states


def thrice(engine, states, controls):
    def body(states, _):
        return jax.vmap(lambda s, c: engine.step(s, c)[0])(states, controls), None

    return jax.lax.scan(body, states, length=3)[0]


def test_in_a_scan(engine, batch, stepped):
    assert_same(jax.jit(partial(thrice, engine))(*batch), stepped)


def test_in_a_loop_of_unknown_length(engine, batch, stepped):
    states, controls = batch

    @jax.jit
    def play(states, n):
        step = jax.vmap(lambda s, c: engine.step(s, c)[0])
        return jax.lax.fori_loop(0, n, lambda _, s: step(s, controls), states)

    assert_same(play(states, 3), stepped)
    assert_same(play(states, 0), states)


def test_in_a_map(engine, batch, stepped):
    def play(pair):
        state, controls = pair
        return jax.lax.scan(lambda s, _: (engine.step(s, controls)[0], None), state, length=3)[0]

    assert_same(jax.jit(lambda *pair: jax.lax.map(play, pair, batch_size=5))(*batch), stepped)


SHARDED_PROGRAM = """
import jax, numpy as np
from jax.sharding import AxisType, PartitionSpec
from kinetix_jax2d import Jax2D, Jax2DConfig
from kinetix_core.scene import S, empty_scene, stack_scenes

engine = Jax2D(S, Jax2DConfig(kernel="native"))
scenes = [empty_scene(S) for _ in range(6)]
for i, scene in enumerate(scenes):
    scene.circles.active[0] = True
    scene.circles.radius[0] = 0.1 + 0.1 * i
    scene.circles.inverse_mass[0] = scene.circles.inverse_inertia[0] = 2
    scene.circles.position[0] = 2, 1
states = jax.vmap(engine.init)(stack_scenes(scenes))

def play(states):
    step = lambda s: engine.step(s, np.zeros(2, np.float32))[0]
    return jax.lax.scan(lambda s, _: (jax.vmap(step)(s), None), states, length=60)[0].moving

mesh = jax.make_mesh((jax.device_count(),), ("envs",), axis_types=(AxisType.Auto,))
spec = PartitionSpec("envs")
sharded = jax.shard_map(play, mesh=mesh, in_specs=spec, out_specs=spec)
found, wanted = jax.jit(sharded)(states), jax.jit(play)(states)
print(len(found.devices()), np.array_equal(found, wanted), np.array_equal(found, states.moving))
"""


def run_program(program: str, **environment: str) -> list[str]:
    """The words that a program prints in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_in_shards():
    told = run_program(SHARDED_PROGRAM, XLA_FLAGS="--xla_force_host_platform_device_count=2")
    assert told == ["2", "True", "False"]


def test_a_donated_state_is_reused_and_others_stay(engine, batch, stepped):
    states, controls = batch
    before = jax.tree.map(np.array, states)
    keep = jax.jit(partial(thrice, engine))
    assert_same(keep(states, controls), stepped)
    assert_same(states, before)
    gone = jax.tree.map(jnp.array, before)
    assert_same(jax.jit(partial(thrice, engine), donate_argnums=0)(gone, controls), stepped)


def test_one_state_under_many_controls(engine, batch):
    """A state without a batch axis is shared by all."""
    states, controls = batch
    one = jax.tree.map(lambda leaf: leaf[0], states)
    found = jax.jit(jax.vmap(lambda c: engine.step(one, c)[0]))(controls)
    same = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf[:1], leaf.shape), states)
    wanted = jax.jit(jax.vmap(lambda s, c: engine.step(s, c)[0]))(same, controls)
    assert_same(found, wanted)


def scene_with(kind: str, name: str, index: int, *, active: bool = True) -> Scene:
    scene = empty_scene(SIZE)
    part = getattr(scene, kind)
    getattr(part, name)[0] = index
    part.active[0] = active
    return scene


@pytest.mark.parametrize(
    ("kind", "name", "index"),
    [
        ("joints", "a_index", 7),
        ("joints", "b_index", -1),
        ("thrusters", "object_index", 1000),
    ],
)
def test_a_body_that_does_not_exist_is_named(engine, kind, name, index):
    with pytest.raises(EngineError, match=rf"^{kind[:-1]} 0: {name}={index} is no body;"):
        engine.init(scene_with(kind, name, index))
    engine.init(scene_with(kind, name, index, active=False))


def test_under_a_trace_such_a_body_is_the_nearest_one(engine):
    scene = jax.tree.map(jnp.asarray, scene_with("thrusters", "object_index", 1000))
    state = jax.jit(engine.init)(scene)
    after, _ = jax.jit(engine.step)(state, jnp.ones(2))
    assert np.isfinite(after.moving).all()


def test_wrong_inputs_are_named(engine, batch):
    state = jax.tree.map(lambda leaf: leaf[0], batch[0])
    with pytest.raises(EngineError, match=r"controls have shape \(3,\); one number for each of 1"):
        engine.step(state, np.zeros(3))
    with pytest.raises(EngineError, match="n=0; at least 1 is expected"):
        engine.steps(state, np.zeros(2), 0)
    with pytest.raises(EngineError, match="the scene has size m, the engine s"):
        engine.init(empty_scene(SceneSize(*support.M)))


def test_there_is_no_gradient_through_it(engine, batch):
    states, controls = batch

    def loss(controls):
        return jax.vmap(lambda s, c: engine.step(s, c)[0].moving.sum())(states, controls).sum()

    with pytest.raises(EngineError, match="no gradient through this kernel"):
        jax.grad(loss)(controls)
    around = jax.grad(lambda c: loss(jax.lax.stop_gradient(c)) + (c**2).sum())(controls)
    assert_same(around, 2 * controls)


CACHED_PROGRAM = """
import hashlib, jax, numpy as np
from jax import monitoring
from kinetix_jax2d import Jax2D, Jax2DConfig
from kinetix_core.scene import S, empty_scene

hits = []
monitoring.register_event_listener(
    lambda name, **_: hits.append(name) if name.endswith("/cache_hits") else None)
engine = Jax2D(S, Jax2DConfig(kernel="native"))
scene = empty_scene(S)
scene.circles.active[0] = True
scene.circles.radius[0] = 0.3
scene.circles.inverse_mass[0] = scene.circles.inverse_inertia[0] = 2
scene.circles.position[0] = 2, 2
state = engine.init(scene)
before = np.array(state.moving)

@jax.jit
def rollout(state):
    step = lambda s, _: (engine.step(s, np.zeros(2, np.float32))[0], None)
    return jax.lax.scan(step, state, length=120)[0]

hits.clear()
after = np.asarray(rollout(state).moving)
height = after[6 * S.polygons + 1]
print(len(hits), hashlib.sha256(after.tobytes()).hexdigest(), 0.65 < height < 0.75)
"""


def test_a_program_from_the_persistent_cache_steps_too(tmp_path):
    """The second process loads the compiled program; its ball falls to the floor all the same."""
    environment = {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path),
        "JAX_ENABLE_COMPILATION_CACHE": "1",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    told = [run_program(CACHED_PROGRAM, **environment) for _ in range(2)]
    (fresh_hits, fresh, fresh_fell), (cached_hits, cached, cached_fell) = told
    assert (fresh_hits, cached_hits) == ("0", "1")
    assert fresh == cached
    assert fresh_fell == cached_fell == "True"
