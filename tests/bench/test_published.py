"""The package jax2d behind the interface of an engine."""

import importlib.util

import jax
import numpy as np
import pytest

from kinetix_core.bench import _published
from kinetix_core.errors import SettingError
from tests.golden import golden_folder, golden_path


def test_the_extra_is_named_where_the_package_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        SettingError, match=r"against=jax2d: .*not installed.*open-kinetix\[bench\]"
    ):
        _published.require_published()


def test_nothing_is_lost_on_the_way_in_and_out():
    pytest.importorskip("jax2d", reason="the extra bench is not installed")
    golden_path("physics/step_s.npz")
    from kinetix_core.bench._golden import load_recording

    recording = load_recording(golden_folder(), "physics/step_s")
    scenes, contacts = (
        jax.tree.map(lambda x: x[:20], part)
        for part in (recording.scenes("state"), recording.contacts("state"))
    )
    engine = _published.PublishedEngine(recording.size)

    def there_and_back(scene, contacts):
        state = engine.init(scene, contacts)
        return engine.scene(state), engine.contacts(state)

    with jax.numpy_rank_promotion("allow"):
        found = jax.jit(jax.vmap(there_and_back))(scenes, contacts)
    jax.tree.map(np.testing.assert_array_equal, found, (scenes, contacts))
