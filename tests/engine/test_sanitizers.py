"""The kernel makes no mistake in memory or arithmetic, whatever a scene holds.

`sanitizer/driver.cpp` steps random, extreme and corrupt scenes under AddressSanitizer and
UndefinedBehaviorSanitizer, and compares runs with other left-overs in the kernel's memory and
with other threads.
"""

import functools
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from kinetix_jax2d import Jax2DConfig
from kinetix_jax2d._compiler import flags, source_folder
from kinetix_jax2d._layout import kernel_parameters, kernel_plan

from kinetix_core.scene import SceneSize

from . import support

DRIVER = Path(__file__).parent / "sanitizer" / "driver.cpp"
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
SIZES = (
    support.S,
    support.M,
    support.L,
    (7, 6, 3, 3),
    (4, 0, 0, 0),
    (4, 0, 3, 2),
    (4, 3, 0, 0),
    (9, 0, 3, 2),
    (40, 24, 20, 10),
    (64, 0, 5, 3),
    (4, 60, 9, 9),
)
# Steps in a call; passes, batches and warm starting as published, and otherwise.
WAYS = ((1, Jax2DConfig()), (3, Jax2DConfig(solver_iterations=2, solver_batch=3)))
WAYS += ((2, Jax2DConfig(solver_iterations=1, solver_batch=2**31 - 1, warm_starting=False)),)


@functools.cache
def system_compiler() -> str:
    """A compiler that has both sanitizers; skips where there is none."""
    for name in ("g++", "clang++"):
        if path := shutil.which(name):
            probe = [path, *SANITIZERS, "-x", "c++", "-", "-o", os.devnull]
            program = "int main() { return 0; }"
            if not subprocess.run(probe, input=program, text=True, capture_output=True).returncode:
                return path
    pytest.skip("no g++ or clang++ with sanitizers on the path")


def build(folder: Path, *options: str) -> Path:
    """The driver, built as the kernel is, but for the optimisation."""
    kept = [f for f in flags() if f not in ("-O3", "-shared", "-fPIC", "-fno-exceptions")]
    command = [system_compiler(), *kept, "-O1", "-g1", "-pthread", *SANITIZERS, *options]
    command += [f"-I{source_folder()}", str(DRIVER), "-o", str(folder / "driver")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:2000]
    return folder / "driver"


def run(driver: Path, plans: Path) -> subprocess.CompletedProcess:
    settings = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
    command = [str(driver), str(plans)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | settings)


@pytest.fixture(scope="module")
def plans(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sanitizer") / "plans"
    lengths = np.array([kernel_plan(SceneSize(4, 0, 0, 0), Jax2DConfig(), 1).size] * 2, np.int32)
    lengths[1] = kernel_parameters(Jax2DConfig()).size
    content = lengths.tobytes()
    for sizes in SIZES:
        for steps, config in WAYS:
            content += kernel_plan(SceneSize(*sizes), config, steps).tobytes()
            content += kernel_parameters(config).tobytes()
    path.write_bytes(content)
    return path


# as wide as this processor is, and as narrow as any
@pytest.mark.parametrize("options", [(), ("-DKINETIX_LANES=4",)], ids=["native width", "4 lanes"])
def test_no_finding(options, plans, tmp_path):
    done = run(build(tmp_path, *options), plans)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"[:4000]
    assert int(done.stdout) > 20_000
