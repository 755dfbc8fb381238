"""The engine gives the published numbers: every recording, every bound of its schema.

On both kernels; the JAX kernel in one size each unless `KINETIX_EVERY_SIZE=1`.
"""

import pytest
from kinetix_jax2d import Jax2D, Jax2DConfig

from kinetix_core.bench._environment_parity import (
    compare_environment,
    compare_observations,
    compare_trajectories,
)
from kinetix_core.bench._golden import load_recording
from kinetix_core.bench._parts import build_encoder
from kinetix_core.bench._step_parity import compare_steps
from kinetix_core.scene import SIZES
from tests.golden import golden_folder, golden_path

from .support import kernels_and_sizes


def recording(name):
    golden_path(f"{name}.npz")  # skips or fails where it is absent
    return load_recording(golden_folder(), name)


def engine(size, kernel):
    return Jax2D(SIZES[size], Jax2DConfig(kernel=kernel))


@pytest.mark.parametrize(("kernel", "size"), kernels_and_sizes("m"))
def test_single_steps(kernel, size):
    found = compare_steps(engine(size, kernel), recording(f"physics/step_{size}"))
    assert found.outside == ()
    assert found.flags_differing == 0
    assert {name: d.rows_outside for name, d in found.deviations.items() if d.rows_outside} == {}
    assert found.ok


@pytest.mark.parametrize(("kernel", "size"), kernels_and_sizes("s"))
def test_environment_steps(kernel, size):
    found = compare_environment(engine(size, kernel), recording(f"physics/step_{size}"))
    assert found.outside == ()
    assert found.ok


@pytest.mark.parametrize(("kernel", "size"), kernels_and_sizes("s"))
@pytest.mark.parametrize("kind", ["random", "paper"])
def test_trajectories(kind, kernel, size):
    found = compare_trajectories(engine(size, kernel), recording(f"physics/{kind}_{size}"))
    assert found.early_misses == ()
    assert found.share_in_bound >= 0.98, f"these leave the bound: {found.left}"
    assert found.rewards_differing == 0
    assert found.first_end_differing == ()
    assert abs(found.solved[0] - found.solved[1]) < 0.02
    assert abs(found.mean_reward[0] - found.mean_reward[1]) < 0.005
    assert found.ok


@pytest.mark.parametrize("size", SIZES)
def test_symbolic_observations(size):
    """Of states that are packed and unpacked but not stepped, so no kernel runs."""
    encoder = build_encoder("symbolic", SIZES[size])
    found = compare_observations(
        engine(size, "auto"), encoder, recording(f"obs/obs_{size}"), "symbolic_flat"
    )
    assert found.largest <= 1e-5
    assert found.ok
