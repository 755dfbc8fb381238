"""Recordings read as scenes, contacts and controls."""

import numpy as np
import pytest

from kinetix_core.bench._golden import decode, load_recording
from kinetix_core.errors import SettingError
from kinetix_core.scene import S, SceneSize
from tests.golden import SIZES, golden_folder, golden_path


def test_a_missing_recording_is_one_clear_error(tmp_path):
    with pytest.raises(SettingError, match=r"golden=.*: no recording physics/step_s.npz there"):
        load_recording(tmp_path, "physics/step_s")


@pytest.mark.parametrize("size", SIZES)
def test_controls_are_those_that_the_published_engine_received(size):
    golden_path(f"physics/step_{size}.npz")
    recording = load_recording(golden_folder(), f"physics/step_{size}")
    get = recording.arrays
    bindings = (get[f"state.{k}"] for k in ("motor_bindings", "motor_auto", "thruster_bindings"))
    found = decode(get["action"][:, None], *bindings, recording.size)[:, 0]
    np.testing.assert_array_equal(found, get["processed_action"])
    assert len(recording) == len(recording.level_names) == len(found)


def test_automatic_motors_and_shared_bindings():
    size = SceneSize(5, 2, joints=3, thrusters=2)
    actions = np.array([[[1, 2, 0, 0, 1, 0]]])
    found = decode(
        actions,
        motor_binding=np.array([[1, 1, 0]]),
        motor_auto=np.array([[False, True, False]]),
        thruster_binding=np.array([[3, 0]]),  # beyond the end: the last input
        size=size,
    )
    np.testing.assert_array_equal(found, [[[-1, 1, 1, 0, 1]]])


def test_a_start_has_no_contacts():
    golden_path("physics/paper_s.npz")
    recording = load_recording(golden_folder(), "physics/paper_s")
    scenes, contacts = recording.scenes("init"), recording.contacts("init")
    assert scenes.size == S
    assert not scenes.touching.any()
    assert not contacts.polygon_active.any()
    assert contacts.polygon_normal_impulse.shape == (len(recording), len(S.polygon_pairs), 2)
