"""Recorded numbers survive the way to the page within their quantum."""

import base64

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kinetix_core.render._pack import pack, pack_replay
from kinetix_core.render._pack import unpack as unpack_fast
from kinetix_core.render._replay import as_replay
from tests.render.sample import sample_recording


def unpack(text: str, columns: int, scale: int) -> np.ndarray:
    """What decode.js does, number by number."""
    numbers, value, shift = [], 0, 0
    for byte in base64.b64decode(text):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(-(value + 1) // 2 if value % 2 else value // 2)
            value = shift = 0
    assert shift == 0
    return np.cumsum(np.reshape(numbers, (-1, columns)), axis=0) / scale


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.integers(1, 4)),
        elements=st.floats(-5e4, 5e4, allow_nan=False),
    )
)
def test_values_come_back_within_half_a_quantum(values):
    back = unpack(pack(values, 1000), values.shape[1], 1000)
    np.testing.assert_array_equal(unpack_fast(pack(values, 1000), values.shape[1], 1000), back)
    np.testing.assert_allclose(back, values, atol=0.0005 + 1e-9)


def test_values_at_the_byte_borders_come_back_exactly():
    values = np.array([[0], [63], [-1], [64], [-65], [8191], [-8192], [8192], [2**40]])
    np.testing.assert_array_equal(unpack(pack(values, 1), 1, 1), values)


def test_a_body_at_rest_costs_one_byte_a_number():
    assert len(base64.b64decode(pack(np.full((100, 3), 0.03), 1000))) == 300


def test_no_frames_and_no_columns_are_empty():
    assert pack(np.zeros((0, 3)), 1000) == pack(np.zeros((5, 0)), 1000) == ""


def test_what_is_not_finite_repeats_the_value_before():
    values = np.array([[np.nan, 1.0], [2.0, np.inf], [np.nan, 3.0]])
    expected = [[0, 1], [2, 1], [2, 3]]
    np.testing.assert_array_equal(unpack(pack(values, 10), 2, 10), expected)


def test_a_recording_holds_only_the_bodies_that_move():
    recording = sample_recording()
    packed = pack_replay(as_replay(recording))
    assert packed["moving"] == [4, 5]
    motion = unpack(packed["motion"], 6, 1000)
    expected = np.concatenate([recording.position, recording.rotation[..., None]], -1)[:, 4:6]
    np.testing.assert_allclose(motion, expected.reshape(-1, 6), atol=0.00051)
    controls = unpack(packed["controls"], 2, 100)
    np.testing.assert_allclose(controls, recording.controls, atol=0.0051)
    np.testing.assert_allclose(
        unpack(packed["reward"], 1, 10_000)[:, 0], recording.reward, atol=0.000051
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("position", np.zeros((3, 7, 2)), r"position is \(3, 7, 2\), \(11, 7, 2\) is expected"),
        ("controls", np.zeros((11, 2)), r"controls is \(11, 2\), \(10, 2\) is expected"),
        ("outcome", "lost", "outcome 'lost'; known: solved, failed"),
    ],
)
def test_a_recording_that_does_not_fit_together_is_refused(field, value, message):
    from dataclasses import replace

    with pytest.raises(ValueError, match=message):
        replace(sample_recording(), **{field: value})
