"""The recorded numbers of the published system, for tests.

The recordings are not part of the repository. They are looked for in `../shared/golden` beside
the repository root, or in the folder that the environment variable `KINETIX_GOLDEN` names.
Where they are absent a test that asks for them is skipped, but fails under continuous
integration (environment variable `CI`), so that they can't go missing unnoticed.
"""

import functools
import os
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

SIZES = ("s", "m", "l")

_DEFAULT = Path(__file__).resolve().parents[1].parent / "shared" / "golden"


def golden_folder() -> Path:
    """The folder of the recordings, whether or not it exists."""
    return Path(os.environ.get("KINETIX_GOLDEN") or _DEFAULT)


def golden_path(name: str) -> Path:
    """Path of one recording, such as `physics/step_s.npz`; skips or fails where it is absent."""
    path = golden_folder() / name
    if not path.exists():
        reason = f"golden data {name} not found in {golden_folder()} (set KINETIX_GOLDEN)"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return path


def load_golden(name: str) -> MappingProxyType:
    """All arrays of one archive by key, read-only, loaded once per process."""
    return _load(golden_path(name))


@functools.cache
def _load(path: Path) -> MappingProxyType:
    with np.load(path) as archive:
        arrays = {key: archive[key] for key in archive.files}
    for array in arrays.values():
        array.flags.writeable = False
    return MappingProxyType(arrays)
