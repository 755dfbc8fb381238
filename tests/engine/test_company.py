"""A scene's bits depend on nothing but the scene: not on its batch, its place in it, or threads."""

import hashlib

import jax
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from kinetix_jax2d import Jax2D, Jax2DConfig

from kinetix_core.scene import SceneSize
from kinetix_core.testing import assert_same
from tests import reference as ref

from . import support

SIZE = support.M
ROWS = 300  # scenes; several chunks of the kernel
# a smaller seed is no simpler scene
EXAMPLES = settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
SEEDS = st.integers(0, 2**32 - 1)


def native(**settings) -> Jax2D:
    """The kernel that promises the same bits."""
    return Jax2D(SceneSize(*SIZE), Jax2DConfig(kernel="native", **settings))


class Company:
    """Packed scenes, and steps of any batch of them: a program of one call, quick to compile."""

    def __init__(self):
        self.engine = native()
        rng = np.random.default_rng(3)
        states = [ref.random_state(rng, *SIZE) for _ in range(ROWS)]
        controls = [ref.random_controls(rng, *SIZE[2:]) for _ in states]
        pack = jax.jit(jax.vmap(self.engine.init))
        packed = pack(support.as_scenes(states), support.as_contacts(states))
        self.states, self.controls = jax.device_get((packed, np.stack(controls)))
        self.step = self.stepper(self.engine, 1)
        self.results = self.step(self.states, self.controls)

    def stepper(self, engine, n):
        step = jax.jit(jax.vmap(lambda state, controls: engine.steps(state, controls, n)))
        return lambda *batch: jax.device_get(step(*batch))


def rows(tree, index):
    return jax.tree.map(lambda x: x[index], tree)


@pytest.fixture(scope="module")
def company():
    made = Company()
    touching = made.results[1].touching
    assert 0.02 < touching.mean() < 0.5
    return made


@EXAMPLES
@given(seed=SEEDS)
def test_the_place_in_the_batch_does_not_matter(seed, company):
    order = np.random.default_rng(seed).integers(0, ROWS, ROWS)
    found = company.step(rows(company.states, order), company.controls[order])
    assert_same(found, rows(company.results, order))


@pytest.mark.parametrize("size", [1, 2, 5, 13, 57, 113, 299])
def test_the_size_of_the_batch_does_not_matter(size, company):
    first = (7 * size) % (ROWS - size + 1)
    some = slice(first, first + size)
    found = company.step(rows(company.states, some), company.controls[some])
    assert_same(found, rows(company.results, some))


def test_an_empty_batch_is_nothing(company):
    found = company.step(rows(company.states, slice(0, 0)), company.controls[:0])
    assert_same(found, rows(company.results, slice(0, 0)))


def test_one_scene_without_a_batch(company):
    found = company.engine.step(rows(company.states, 11), company.controls[11])
    assert_same(jax.device_get(found), rows(company.results, 11))


def test_nested_batches(company):
    def fold(tree, *shape):
        return jax.tree.map(lambda x: x.reshape(*shape, *x.shape[1:]), tree)

    step = company.engine.step
    batch, wanted = (company.states, company.controls), company.results
    for shape in ((20, 15), (3, 10, 10)):
        lifted = step
        for _ in shape:
            lifted = jax.vmap(lifted)
        found = jax.device_get(jax.jit(lifted)(*fold(batch, *shape)))
        assert_same(found, fold(wanted, *shape))
    # the axes in another order, and one argument shared
    across = jax.jit(jax.vmap(jax.vmap(step, out_axes=1), in_axes=2, out_axes=1))
    turned = jax.tree.map(lambda x: np.moveaxis(x, 0, 2), fold(batch, 20, 15))
    found = jax.device_get(across(*turned))  # axes: of the scene, 20, 15, of the scene
    found = jax.tree.map(lambda x: np.moveaxis(x, (1, 2), (0, 1)), found)
    assert_same(found, fold(wanted, 20, 15))
    shared = jax.jit(jax.vmap(jax.vmap(step, in_axes=(None, 0)), in_axes=(0, None)))
    found = jax.device_get(shared(rows(company.states, slice(0, 8)), company.controls[:8]))
    diagonal = rows(found, (np.arange(8), np.arange(8)))
    assert_same(diagonal, rows(wanted, slice(0, 8)))


@pytest.mark.parametrize("threads", [0, 1, 2, 7])
def test_the_number_of_threads_does_not_matter(threads, company):
    step = company.stepper(native(threads=threads), 1)
    for _ in range(3):
        assert_same(step(company.states, company.controls), company.results)


@EXAMPLES
@given(seed=SEEDS)
def test_a_broken_scene_breaks_no_other(seed, company):
    """Whatever bits a scene holds, flags and indices included."""
    rng = np.random.default_rng(seed)
    states = jax.tree.map(np.copy, company.states)
    broken = rng.choice(ROWS, 30, False)
    wild = np.array([np.nan, np.inf, -np.inf, 1e38, -1e30, 1e-40, 0], np.float32)
    for row in (states.moving, states.constant):
        hit = rng.random((len(broken), row.shape[1])) < rng.choice([0.02, 0.3, 1])
        row[broken] = np.where(hit, rng.choice(wild, hit.shape), row[broken])
    if rng.random() < 0.7:
        words = states.integers
        words[broken] = rng.integers(-(2**31), 2**31, (len(broken), words.shape[1]))
    found = company.step(states, company.controls)
    whole = np.setdiff1d(np.arange(ROWS), broken)
    assert_same(rows(found, whole), rows(company.results, whole))
    moving = found[0].moving[broken]
    assert not np.isfinite(moving).all()


def with_plain_boundary(state):
    """All of the boundary is in use, and no joint or thruster acts on it: it stays as it is."""
    state.polygon.active[:4] = True
    joint, thruster = state.joint, state.thruster
    joint.active &= (joint.a_index >= 4) & (joint.b_index >= 4)
    thruster.active &= thruster.object_index >= 4
    return state


def test_a_boundary_that_is_like_that_of_the_others_is_no_different(company):
    """The kernel keeps what all scenes of a chunk have in common only once."""
    rng = np.random.default_rng(12)
    states = [with_plain_boundary(ref.random_state(rng, *SIZE)) for _ in range(ROWS)]

    def packed():
        pack = jax.jit(jax.vmap(company.engine.init))
        return jax.device_get(pack(support.as_scenes(states), support.as_contacts(states)))

    low = packed()
    for state in states:
        state.polygon.position[0] += (0, 0.2)
    high = packed()
    wanted_low, wanted_high = (company.step(room, company.controls) for room in (low, high))
    sides = wanted_low[1].touching.reshape(ROWS, -1)[:, :8]  # with each of the other polygons
    assert np.any(sides, axis=0).sum() >= 4
    for every in (150, 40, 3):  # in how many chunks some scene has another boundary
        is_high = np.arange(ROWS) % every == 1
        both = zip(jax.tree.leaves(low), jax.tree.leaves(high), strict=True)
        mixed = jax.tree.unflatten(
            jax.tree.structure(low), [np.where(is_high[:, None], b, a) for a, b in both]
        )
        found = company.step(mixed, company.controls)
        assert_same(rows(found, ~is_high), rows(wanted_low, ~is_high))
        assert_same(rows(found, is_high), rows(wanted_high, is_high))


def test_several_steps_are_single_steps_repeated(company):
    states, traces = company.states, []
    for _ in range(5):
        states, trace = company.step(states, company.controls)
        traces.append(trace)
    found, trace = company.stepper(company.engine, 5)(company.states, company.controls)
    assert_same(found, states)
    assert_same(trace, jax.tree.map(lambda *x: np.concatenate(x, axis=1), *traces))


def test_a_long_rollout_gives_the_same_bits_in_any_layout(company):
    """500 steps in random scenes under changing controls, which take any difference apart."""
    engine, scenes = company.engine, 64
    signs = np.random.default_rng(8).choice([-1, 0, 1], (250, scenes, 1)).astype(np.float32)

    def rollout(lift):
        def play(states, controls):
            def turn(states, sign):
                return lift(lambda s, c, x: engine.steps(s, c * x, 2)[0])(states, controls, sign)

            return lambda signs: jax.lax.scan(lambda s, x: (turn(s, x), None), states, signs)[0]

        return jax.jit(lambda states, controls, signs: play(states, controls)(signs))

    some = rows((company.states, company.controls), slice(0, scenes))
    order = np.arange(scenes)[::-1]
    one = rollout(jax.vmap)(*some, signs)
    again = rollout(jax.vmap)(*rows(some, order), signs[:, order])
    nested = jax.tree.map(lambda x: x.reshape(8, 8, *x.shape[1:]), some)
    other = rollout(lambda f: jax.vmap(jax.vmap(f)))(*nested, signs.reshape(250, 8, 8, 1))
    wanted = fingerprint(one)
    assert fingerprint(rows(jax.device_get(again), order)) == wanted
    assert fingerprint(other) == wanted
    assert fingerprint(some[0]) != wanted


def fingerprint(states) -> str:
    """A hash of all bits; all NaNs are alike."""
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(jax.device_get(states)):
        digest.update(np.where(np.isnan(leaf), leaf.dtype.type(0), leaf).tobytes())
        digest.update(np.isnan(leaf).tobytes())
    return digest.hexdigest()
