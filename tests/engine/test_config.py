"""Settings of the engine: what is allowed, and what a mistake says."""

import numpy as np
import pytest
from kinetix_jax2d import Jax2DConfig
from kinetix_jax2d._layout import kernel_plan

from kinetix_core.errors import SettingError
from kinetix_core.scene import SceneSize
from tests import reference as ref

from . import support


@pytest.mark.parametrize(
    ("setting", "least"), [("solver_iterations", 1), ("solver_batch", 1), ("threads", 0)]
)
def test_whole_numbers_have_bounds(setting, least):
    """Numbers that the kernel's 32 bits can't hold are refused, not wrapped."""
    for value in (least - 1, 2**31, 3_000_000_000):
        words = f"^engine.{setting}={value}: a whole number from {least} to 2147483647 is expected$"
        with pytest.raises(SettingError, match=words):
            Jax2DConfig(**{setting: value})
    for value in (least, 2**31 - 1):
        plan = kernel_plan(SceneSize(*support.L), Jax2DConfig(**{setting: value}), 1)
        assert plan.dtype == np.int32
        assert plan.min() >= 0


def test_the_longest_batch_is_all_of_a_table(step_of):
    plan = kernel_plan(SceneSize(*support.M), Jax2DConfig(solver_batch=2**31 - 1), 1)
    assert plan.max() < 1000  # the kernel may add to it
    states, controls = support.draw(np.random.default_rng(11), support.M, 20)
    whole = ref.Params(solver_batch_size=1000)
    results = [ref.step(*case, whole) for case in zip(states, controls, strict=True)]
    batch = support.as_scenes(states), support.as_contacts(states), controls
    found = step_of(support.M, solver_batch=2**31 - 1)(*batch)
    share = support.shares(support.of_engine(*found), support.of_oracle(results))
    outside = np.flatnonzero(np.max([*share.values()], axis=0) > 1)
    assert len(outside) <= 1, f"cases {outside.tolist()} differ"
