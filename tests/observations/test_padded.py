"""observation/symbolic_padded: recorded observations, and its relation to the flat vector."""

import jax
import numpy as np
import pytest
from kinetix_observations import Symbolic, SymbolicConfig, SymbolicPadded, SymbolicPaddedConfig

from kinetix_core.bench._golden import Recording
from kinetix_core.scene import SIZES, L, M, S, SceneBuilder, SceneSize
from kinetix_core.testing import check, example_levels, example_task
from tests.golden import load_golden


def padded(size=S):
    return SymbolicPadded(SymbolicPaddedConfig(), example_task(size))


@pytest.mark.parametrize("name", ["s", "m", "l"])
def test_equals_the_published_observation(name):
    size = SIZES[name]
    recording = Recording("obs", load_golden(f"obs/obs_{name}.npz"), size)
    found = np.asarray(jax.jit(jax.vmap(padded(size).encode))(recording.scenes("state")))
    wanted = recording.arrays["obs.symbolic_flat_padded"]
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("size", "shape"), [(S, (6, 41)), (M, (10, 45)), (L, (21, 59))])
def test_published_shapes(size, shape):
    assert padded(size).space(size).shape == shape


def test_rows_are_those_of_the_flat_vector():
    levels = example_levels(S, 4)
    symbolic = Symbolic(SymbolicConfig(), example_task(S))
    flat = jax.jit(jax.vmap(symbolic.encode))(levels)
    found = np.asarray(jax.jit(jax.vmap(padded().encode))(levels))
    widths = [26] * 2 + [18] * 2 + [36] + [15]
    rows = np.split(np.asarray(flat), np.cumsum(widths), axis=1)
    for i, (row, width) in enumerate(zip(rows, widths, strict=False)):
        np.testing.assert_array_equal(found[:, i, :width], row)
        assert not found[:, i, width:36].any()


def test_empty_rows_say_their_kind_and_gravity_and_nothing_else():
    found = np.asarray(jax.jit(padded(M).encode)(SceneBuilder("m").build()))
    assert not found[1:, :-5].any()  # the floor is there
    kinds = [0] * 3 + [1] * 3 + [2] * 2 + [3] * 2
    np.testing.assert_array_equal(found[:, -5:-1], np.eye(4)[kinds])
    np.testing.assert_allclose(found[:, -1], -0.981, rtol=1e-6)


def test_sizes_in_which_another_kind_is_the_widest():
    for size in (SceneSize(4, 0, 0, 0), SceneSize(4, 1, 0, 2, 9, 30)):
        encoder = padded(size)
        found = jax.eval_shape(encoder.encode, SceneBuilder(size).build())
        assert found.shape == encoder.space(size).shape
    thruster = 6 + 30 + 5
    assert found.shape == (1 + 1 + 0 + 2, thruster + 4 + 1)


def test_keeps_the_promises_in_another_size():
    check(
        "observation",
        padded(M),
        example_task(M),
        promises=["space_matches", "empty_slots_do_not_show"],
    )
