"""The published environment's package, in a Python environment of its own: it needs an older JAX.

It runs a script of ours, in a fresh process each time, which prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError, SettingError

PACKAGE = "kinetix-env"
_HOW = (
    f"the Python of an environment of its own is expected, made with "
    f"`python -m venv FOLDER` and `FOLDER/bin/pip install {PACKAGE}==2.0.2 jax==0.5.3`"
)


def timed_process(command: Sequence[str], name: str) -> dict[str, float]:
    """What a process printed last, as JSON, and as `cold` the seconds up to its first levels.

    From the start of the process; what came `after` the first levels is not counted. Raises
    `RunError` with the last line of a process that fails, after its `name`.
    """
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RunError(f"{name}: {last}")
    found = json.loads(done.stdout.splitlines()[-1])
    found["cold"] = time.perf_counter() - begun - found.pop("after")
    return found


def reference_command(python: str, script: str, *numbers: int) -> list[str]:
    """Run a script of this folder, apart from the folders that this process imports from."""
    return [python, "-I", str(Path(__file__).with_name(script)), *map(str, numbers)]


def reference_versions(python: str | None, script: str) -> dict[str, Any]:
    """Versions in the environment of `python`. Raises `SettingError` where it is of no use."""
    if not python:
        raise SettingError(f"reference-python=: {_HOW}")
    try:
        command = reference_command(python, script)
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        raise SettingError(f"reference-python={python}: it does not run; {_HOW}") from None
    if PACKAGE not in found:
        raise SettingError(f"reference-python={python}: {PACKAGE} is not installed there; {_HOW}")
    return found
