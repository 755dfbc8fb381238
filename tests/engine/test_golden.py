"""The engine gives the published numbers: every recording, every bound of its schema."""

import pytest

from kinetix_core.bench._environment_parity import (
    compare_environment,
    compare_observations,
    compare_trajectories,
)
from kinetix_core.bench._golden import load_recording
from kinetix_core.bench._parts import build_encoder, build_engine
from kinetix_core.bench._step_parity import compare_steps
from kinetix_core.scene import SIZES
from tests.golden import golden_folder, golden_path


def recording(name):
    golden_path(f"{name}.npz")  # skips or fails where it is absent
    return load_recording(golden_folder(), name)


def engine(size):
    return build_engine("jax2d", SIZES[size])


@pytest.mark.parametrize("size", SIZES)
def test_single_steps(size):
    found = compare_steps(engine(size), recording(f"physics/step_{size}"))
    assert found.outside == ()
    assert found.flags_differing == 0
    assert {name: d.rows_outside for name, d in found.deviations.items() if d.rows_outside} == {}
    assert found.ok


@pytest.mark.parametrize("size", SIZES)
def test_environment_steps(size):
    found = compare_environment(engine(size), recording(f"physics/step_{size}"))
    assert found.outside == ()
    assert found.ok


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["random", "paper"])
def test_trajectories(kind, size):
    found = compare_trajectories(engine(size), recording(f"physics/{kind}_{size}"))
    assert found.early_misses == ()
    assert found.share_in_bound >= 0.98, f"these leave the bound: {found.left}"
    assert found.rewards_differing == 0
    assert found.first_end_differing == ()
    assert abs(found.solved[0] - found.solved[1]) < 0.02
    assert abs(found.mean_reward[0] - found.mean_reward[1]) < 0.005
    assert found.ok


@pytest.mark.parametrize("size", SIZES)
def test_symbolic_observations(size):
    encoder = build_encoder("symbolic", SIZES[size])
    found = compare_observations(
        engine(size), encoder, recording(f"obs/obs_{size}"), "symbolic_flat"
    )
    assert found.largest <= 1e-5
    assert found.ok
