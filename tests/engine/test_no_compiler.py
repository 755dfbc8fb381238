"""A machine without any C++ compiler: every command works, and says how to get the fast kernel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HIDDEN = "import sys\nsys.modules['ziglang'] = None\n"
"""For `sitecustomize`: as if the package were not installed."""
COMPILERS = ("c++", "g++", "clang++")
TINY = [
    "levels=handmade/s/lift_off",
    "ppo.num_envs=8",
    "ppo.num_steps=8",
    "ppo.num_minibatches=2",
    "ppo.epochs=1",
    "network.depth=1",
    "network.width=8",
    "env.max_timesteps=16",
    "train.total_steps=64",
    "train.name=tiny",
]
ADVICE = "install one, or run: pip install 'open-kinetix[compiler]'"


@pytest.fixture(scope="module")
def kinetix(tmp_path_factory):
    """`kinetix WORDS` in a process whose PATH has the programs of this machine but no compiler."""
    programs = tmp_path_factory.mktemp("programs")
    for folder in os.environ["PATH"].split(os.pathsep)[::-1]:
        for path in Path(folder).iterdir() if Path(folder).is_dir() else ():
            if path.name not in COMPILERS:
                (programs / path.name).unlink(missing_ok=True)
                (programs / path.name).symlink_to(path)
    hidden = tmp_path_factory.mktemp("hidden")
    (hidden / "sitecustomize.py").write_text(HIDDEN)
    environment = {name: value for name, value in os.environ.items() if name != "CXX"}
    environment |= {
        "PATH": str(programs),
        "PYTHONPATH": str(hidden),
        "KINETIX_CACHE_DIR": str(tmp_path_factory.mktemp("cache")),
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # the programs run for an instant
    }
    assert shutil.which("env", path=str(programs))
    assert not any(shutil.which(name, path=str(programs)) for name in COMPILERS)

    def run(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "kinetix_core.cli", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_doctor_warns_and_finds_no_problem(kinetix):
    done = kinetix("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "engine/jax2d: good\n    warning: engine jax2d: no C++ compiler found" in done.stdout
    assert ADVICE in done.stdout
    assert "no problems found" in done.stdout


def test_a_run_says_once_which_kernel_it_took_and_why(kinetix, tmp_path):
    for words in (
        ["train", *TINY, f"train.directory={tmp_path}"],
        ["evaluate", f"run={tmp_path / 'tiny'}", "attempts=2"],
    ):
        done = kinetix(*words)
        assert done.returncode == 0, done.stderr
        told = [line for line in done.stderr.splitlines() if "kernel" in line]
        assert len(told) == 1, done.stderr
        assert "warning: engine jax2d: no C++ compiler found" in told[0]
        assert ADVICE in told[0]
        assert "Until then the JAX kernel steps the physics" in told[0]
