"""What an accelerator does in one call of a program, from JAX's profiler."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

from ._rollout import Program

MOST = 10
"""Kernels that are named."""


@dataclass(frozen=True)
class Profile:
    """Of one physics step: kernels started, wall seconds, and seconds with a kernel running.

    top: name, starts per step and share of the busy time of the kernels that take most.
    """

    kernels: float
    wall: float
    busy: float
    top: tuple[tuple[str, float, float], ...]


def profile(program: Program) -> Profile | None:
    """One call, profiled after one that is not. None: the profiler saw no accelerator."""
    program.run()
    begun = time.perf_counter()
    program.run()
    wall = time.perf_counter() - begun
    with tempfile.TemporaryDirectory(prefix="kinetix-profile-") as folder:
        with jax.profiler.trace(folder):
            program.run()
        seconds, starts = _kernels(Path(folder))
    if not starts:
        return None
    busy, steps = sum(seconds.values()), program.steps
    top = tuple(
        (name, starts[name] / steps, taken / busy) for name, taken in seconds.most_common(MOST)
    )
    return Profile(starts.total() / steps, wall / steps, busy / steps, top)


def _kernels(folder: Path) -> tuple[Counter[str], Counter[str]]:
    """Seconds and starts of each kernel."""
    seconds: Counter[str] = Counter()
    starts: Counter[str] = Counter()
    for file in folder.rglob("*.xplane.pb"):
        for event in _events(jax.profiler.ProfileData.from_file(str(file))):
            seconds[event.name] += event.duration_ns * 1e-9
            starts[event.name] += 1
    return seconds, starts


def _events(data: Any) -> Iterator[Any]:
    """Kernels and copies, as the streams of the devices have them."""
    for plane in data.planes:
        if plane.name.startswith("/device:"):
            for line in plane.lines:
                if line.name.startswith("Stream"):
                    yield from line.events
