"""Replay: one attempt as it is drawn, of a recording or read back from a replay page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinetix_core.errors import RunError, did_you_mean

from ._drawing import Drawing, drawing
from ._pack import unpack
from ._recording import OUTCOMES, Recording

_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True)
class Replay:
    """One attempt with what is drawn of its level. Shapes and units as in `Recording`."""

    name: str
    drawing: Drawing
    position: np.ndarray  # (steps + 1, bodies, 2) m
    rotation: np.ndarray  # (steps + 1, bodies) rad
    controls: np.ndarray  # (steps, joints + thrusters)
    reward: np.ndarray  # (steps,)
    outcome: str  # one of OUTCOMES
    label: str = ""
    seconds: float = 2 / 60  # of world time per step

    @property
    def steps(self) -> int:
        """How many steps were played."""
        return len(self.reward)

    @property
    def title(self) -> str:
        """Name and label."""
        return f"{self.name}, {self.label}" if self.label else self.name


def as_replay(attempt: Recording | Replay) -> Replay:
    """A recording as a replay; a replay as it is."""
    if isinstance(attempt, Replay):
        return attempt
    return Replay(
        attempt.name,
        drawing(attempt.level),
        np.asarray(attempt.position, np.float64),
        np.asarray(attempt.rotation, np.float64),
        attempt.controls,
        np.asarray(attempt.reward),
        attempt.outcome,
        attempt.label,
        attempt.seconds,
    )


def read_replays(
    path: str | Path, name: str = "", *, may_be_empty: bool = False
) -> tuple[Replay, ...]:
    """The attempts that a replay page holds, to the millimetre; with `name` those at that level.

    Raises `RunError` for a file that is no replay page, a level that it does not hold and, unless
    it may be empty, a page without attempts.
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from error
    found = _DATA.search(text)
    if not found:
        raise RunError(f"{path}: not a replay page: there are no recordings in it")
    try:
        data = json.loads(found[1])
        levels = [level for level in data["levels"] if name in ("", level["name"])]
        replays = tuple(
            _read(level["name"], level["drawing"], attempt, data["scale"])
            for level in levels
            for attempt in level["attempts"]
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise RunError(f"{path}: damaged: its recordings cannot be read") from error
    if not replays and not (may_be_empty and not name):
        known = {level["name"] for level in data["levels"]}
        what = f"no level {name} in it{did_you_mean(name, known)}" if name else "it is empty"
        raise RunError(f"{path}: {what}")
    return replays


def _read(
    name: str, drawn: Drawing, attempt: Mapping[str, Any], scale: Mapping[str, int]
) -> Replay:
    steps, moving, inputs = int(attempt["steps"]), attempt["moving"], int(attempt["inputs"])
    if attempt["outcome"] not in OUTCOMES:
        raise ValueError(attempt["outcome"])
    bodies = 1 + max((body["index"] for body in drawn["bodies"]), default=-1)
    pose = np.zeros((steps + 1, bodies, 3))
    for body in drawn["bodies"]:
        pose[:, body["index"]] = (*body["position"], body["angle"])
    motion = unpack(attempt["motion"], 3 * len(moving), scale["motion"])
    if moving:
        pose[:, moving] = motion.reshape(steps + 1, len(moving), 3)
    return Replay(
        name,
        drawn,
        pose[..., :2],
        pose[..., 2],
        unpack(attempt["controls"], inputs, scale["controls"]).reshape(steps, inputs),
        unpack(attempt["reward"], 1, scale["reward"]).reshape(steps),
        attempt["outcome"],
        attempt["label"],
        float(attempt["seconds"]),
    )
