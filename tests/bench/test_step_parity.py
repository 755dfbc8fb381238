"""The comparison with recordings sees every kind of mistake."""

import numpy as np
import pytest

from kinetix_core.bench._step_parity import compare_steps
from kinetix_core.scene import S

from .fakes import Broken, Falling, recording


def test_the_engine_that_was_recorded_is_within():
    found = compare_steps(Falling(), recording())
    assert found.ok
    assert found.rows == found.rows_within == 6
    assert found.outside == ()
    assert all(d.largest == 0 for d in found.deviations.values())


def test_a_wrong_gravity_is_seen_in_velocity_and_position():
    found = compare_steps(Falling(gravity_error=0.01), recording())
    assert not found.ok
    assert found.rows_within == 0
    assert found.deviations["velocity"].rows_outside == 6
    assert found.deviations["velocity"].largest == pytest.approx(9.81 / 60 * 0.01, rel=1e-3)
    assert found.deviations["position"].rows_outside == 6
    assert found.deviations["angle"].rows_outside == 0
    assert found.outside[0] == "ball0@6"


def test_a_difference_below_the_tolerance_is_reported_and_allowed():
    found = compare_steps(Falling(spin=5e-4), recording())
    assert found.ok
    assert found.deviations["angular velocity"].largest == pytest.approx(5e-4, rel=1e-3)


def test_contact_flags_that_differ_are_counted():
    found = compare_steps(Falling(touches=True), recording())
    assert found.flags_differing == 6 * len(S.pairs)
    assert not found.ok
    assert all(d.rows_outside == 0 for d in found.deviations.values())


def test_a_remembered_second_contact_counts_as_a_flag():
    active = np.zeros((6, len(S.polygon_pairs), 2), bool)
    active[2, 1, 1] = True
    found = compare_steps(Falling(), recording(next__acc_rr_manifolds__active=active))
    assert found.flags_differing == 1
    assert found.outside == ("ball2@8",)


@pytest.mark.parametrize(
    ("key", "quantity"),
    [
        ("next__acc_cr_manifolds__acc_impulse_tangent", "contact impulse"),
        ("next__acc_rr_manifolds__acc_impulse_normal", "contact impulse"),
        ("next__joint__acc_impulse", "joint impulse"),
        ("next__joint__acc_r_impulse", "joint impulse"),
    ],
)
def test_impulses_are_compared(key, quantity):
    good = recording().arrays[key.replace("__", ".")]
    changed = good.copy()
    changed[3] += 2e-4
    found = compare_steps(Falling(), recording(**{key: changed}))
    assert found.deviations[quantity].rows_outside == 1
    assert found.outside == ("ball3@9",)


def test_impulses_have_a_relative_tolerance_too():
    key = "next.acc_cc_manifolds.acc_impulse_normal"
    changed = recording().arrays[key].copy()
    changed[1] = 5.0
    assert not compare_steps(Falling(), recording(**{key: changed})).ok
    memory = {"state.acc_cc_manifolds.acc_impulse_normal": changed * (1 + 5e-5), key: changed}
    assert compare_steps(Falling(), recording(**memory)).ok


def test_cached_positions_count_on_active_joints_only():
    key = "next.joint.global_position"
    changed = recording().arrays[key].copy()
    changed[0] += 1
    assert compare_steps(Falling(), recording(**{key: changed})).ok
    active = {f"{p}.joint.active": np.ones((6, S.joints), bool) for p in ("state", "next")}
    found = compare_steps(Falling(), recording(**{key: changed}, **active))
    assert found.deviations["joint position"].rows_outside == 1


def test_nan_is_never_within():
    found = compare_steps(Broken(), recording())
    assert not found.ok
    assert found.rows_within == 0


def test_bodies_that_are_not_there_do_not_count():
    key = "next.circle.position"
    changed = recording().arrays[key].copy()
    changed[:, 1] = np.nan
    assert compare_steps(Falling(), recording(**{key: changed})).ok
