"""Strict settings for every test, and the fixtures that several folders share."""

import os
from collections.abc import Iterator
from pathlib import Path

# before JAX is imported: tests compile for themselves, whatever earlier runs have left behind
os.environ.setdefault("KINETIX_COMPILATION_CACHE", "off")
os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "0")
os.environ["WANDB_MODE"] = "offline"

import jax
import pytest

from tests.plugin_packages import PackageFolder, installed

# broadcasting arrays of different rank hides mistakes in the order of axes
jax.config.update("jax_numpy_rank_promotion", "raise")


COMPILED_QUICKLY = {
    "adapters",
    "bench",
    "conformance",
    "curricula",
    "engine/lanes",
    "env",
    "evaluate",
    "explain",
    "networks",
}
"""Folders whose programs are large and run a few times. Recordings, oddities and properties of the
engine, the generators' statistics and the main job are tested with optimised programs."""


LONGEST_FIRST = (
    "conformance/test_registered.py",
    "main_job/test_resume.py",
    "cli/test_sweep.py",
    "main_job/test_train_and_evaluate.py",
    "engine/lanes/test_gradients.py",
    "bench/test_env_speed.py",
    "learn/test_probes.py",
    "engine/test_no_compiler.py",
    "conformance/test_kit.py",
    "generators/test_mutation_properties.py",
)
"""Files that take a minute or more. Whoever works on one of them last keeps everyone waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are handed to the processes in the order of the items: long ones come first."""
    order = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST_FIRST)}
    assert all(path.is_file() for path in order), "LONGEST_FIRST names a file that is not there"
    items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.fixture(scope="module", autouse=True)
def compiler(request: pytest.FixtureRequest) -> Iterator[None]:
    """Optimisations of XLA are off where nearly all the time would go into them."""
    folder = request.path.parent.relative_to(Path(__file__).parent).as_posix()
    jax.config.update("jax_disable_most_optimizations", folder in COMPILED_QUICKLY)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture
def packages(tmp_path) -> Iterator[PackageFolder]:
    """A folder of installed packages that tests write; gone, with its plugins, afterwards."""
    with installed(tmp_path / "site") as folder:
        yield folder
