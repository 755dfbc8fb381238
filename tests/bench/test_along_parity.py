"""Single steps along another engine's trajectories, and how they are reported."""

import json

import numpy as np
import pytest

from kinetix_core.bench._along_parity import FIELDS, compare_along
from kinetix_core.bench._golden import Recording
from kinetix_core.bench.parity import add_along
from kinetix_core.bench.report import Report
from kinetix_core.scene import S

from .fakes import Falling, record

LEVELS, ACTIONS = 3, 4


@pytest.fixture(scope="module")
def recording() -> Recording:
    inputs = S.motor_bindings + S.thruster_bindings
    arrays = record(Falling(), LEVELS, "init") | {
        "actions": np.zeros((LEVELS, ACTIONS, inputs), np.int32),
        "meta": np.array(json.dumps({"static_env_params": {"frame_skip": 2}})),
    }
    return Recording("random_s", arrays, S)


def test_equal_engines_never_part(recording):
    found = compare_along(Falling(), Falling(), recording)
    assert found.steps == found.steps_within == LEVELS * ACTIONS * 2
    assert found.outside == ()
    assert found.flags_differing == 0


def test_an_error_does_not_grow_along_the_way(recording):
    found = compare_along(Falling(gravity_error=0.01), Falling(), recording)
    assert found.steps_within == 0
    assert found.outside[:2] == ("ball0@0", "ball0@1")
    # a hundredth of what one step adds, at every step
    assert found.largest["velocity"] == pytest.approx(9.81 / 60 * 0.01, rel=1e-3)
    assert found.largest["angle"] == 0


def test_each_quantity_stands_under_its_name(recording):
    found = compare_along(Falling(spin=5e-4), Falling(), recording)
    assert found.steps_within == found.steps
    report = Report("parity", "")
    add_along(report, [found])
    table = report.tables[0]
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["angular velocity"] == pytest.approx(5e-4, rel=1e-3)
    assert [row[name] for name in FIELDS if name != "angular velocity"] == [0, 0, 0]
