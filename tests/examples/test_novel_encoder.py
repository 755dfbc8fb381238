"""The example package keeps the promises that it is an example of."""

import importlib
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from kinetix_core.errors import SettingError
from kinetix_core.registry import Component
from kinetix_core.scene import GREEN, M, S, SceneBuilder
from kinetix_core.testing import check, example_task

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "novel_encoder"


@pytest.fixture(scope="module")
def component():
    """What the package offers, with the package importable as if it were installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        project = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))
        (module,) = project["project"]["entry-points"]["kinetix.plugins"].values()
        (offered,) = importlib.import_module(module).kinetix_components()
        yield offered
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        del sys.modules[name]


def build(component: Component, size, **settings):
    """The encoder of the package, made as the registry makes it."""
    config, factory = (
        getattr(importlib.import_module(path.split(":")[0]), path.split(":")[1])
        for path in (component.config, component.factory)
    )
    return factory(config(**settings), example_task(size))


def test_keeps_every_promise_of_an_encoder(component):
    check("observation", build(component, S), example_task(S))


def test_distances_are_in_units_of_the_scale(component):
    builder = SceneBuilder("m")
    box = builder.rectangle((1.0, 1.0), width=0.5, height=0.5, role=GREEN)
    ball = builder.circle((4.0, 5.0), radius=0.2)
    first, second = np.triu_indices(M.bodies - 4, k=1)
    expected = np.where((first + 4 == box) & (second + 4 == ball), 5.0 / 2.0, 0.0)
    seen = build(component, M, scale=2.0).encode(builder.build())
    np.testing.assert_allclose(seen, expected, rtol=1e-6)
    assert np.count_nonzero(expected) == 1


def test_a_senseless_scale_is_an_error(component):
    with pytest.raises(SettingError, match=r"observation\.scale=0: metres above 0"):
        build(component, S, scale=0)
