"""Recorded numbers as short text: whole numbers, differences, one to three bytes each, base64."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._replay import Replay

SCALE = {"motion": 1000, "controls": 100, "reward": 10_000}
"""Steps per unit: 1 mm and 1 mrad, 1 % of a control, 0.0001 of reward."""


def pack(values: np.ndarray, scale: int) -> str:
    """`values` (frames, columns) as base64 text.

    Frame by frame, what each column changes by since the frame before (the first: since 0), in
    units of 1/scale; zigzag (0, -1, 1, -2, ...) and 7 bits a byte, low bits first, the top bit
    set on all but a number's last byte. A value that is not finite repeats the one before.
    """
    whole = np.round(_held(np.asarray(values, np.float64)) * scale).astype(np.int64)
    change = np.diff(whole, axis=0, prepend=np.zeros_like(whole[:1])).ravel()
    rest = ((change << 1) ^ (change >> 63)).astype(np.uint64)
    # Column k of `digits` is byte k of each number; a number ends where nothing is left.
    digits, used = [], []
    while not digits or rest.any():
        used.append(rest > 0 if digits else np.ones(len(rest), bool))
        digits.append((rest & np.uint64(127)).astype(np.uint8))
        rest >>= np.uint64(7)
    table, in_use = np.stack(digits, axis=1), np.stack(used, axis=1)
    table[:, :-1] |= (in_use[:, 1:] * 128).astype(np.uint8)
    return base64.b64encode(table[in_use].tobytes()).decode()


def _held(values: np.ndarray) -> np.ndarray:
    """`values` with entries that are not finite replaced by the last finite ones before (or 0)."""
    finite = np.isfinite(values)
    if finite.all():
        return values
    row = np.where(finite, np.arange(len(values))[:, None], -1)
    row = np.maximum.accumulate(row, axis=0)
    held = np.take_along_axis(values, np.maximum(row, 0), axis=0)
    return np.where(row >= 0, held, 0.0)


def unpack(text: str, columns: int, scale: int) -> np.ndarray:
    """What `pack` was given, to half a unit, (frames, columns). Raises `ValueError`."""
    raw = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    ends = np.flatnonzero(raw < 128)
    if len(raw) and (not len(ends) or ends[-1] != len(raw) - 1):
        raise ValueError("the last number is cut off")
    number = np.searchsorted(ends, np.arange(len(raw)))
    starts = np.concatenate([[0], ends[:-1] + 1])[number] if len(raw) else number
    shift = (7 * (np.arange(len(raw)) - starts)).astype(np.uint64)
    zigzag = np.zeros(len(ends), np.uint64)
    np.add.at(zigzag, number, (raw & 127).astype(np.uint64) << shift)
    change = (zigzag >> np.uint64(1)).astype(np.int64) ^ -(zigzag & np.uint64(1)).astype(np.int64)
    return np.cumsum(change.reshape(-1, max(columns, 1)), axis=0) / scale


def pack_replay(replay: Replay) -> dict[str, Any]:
    """What the page plays: `motion` holds x, y, angle of each body in `moving`, frame by frame."""
    pose = np.concatenate([replay.position, replay.rotation[..., None]], axis=-1)
    with np.errstate(invalid="ignore"):
        shift = np.nan_to_num(np.abs(pose - pose[:1])).max(axis=(0, 2))
    moving = [b["index"] for b in replay.drawing["bodies"] if shift[b["index"]] > 5e-4]
    return {
        "label": replay.label,
        "outcome": replay.outcome,
        "steps": replay.steps,
        "inputs": replay.controls.shape[1],
        "seconds": replay.seconds,
        "moving": moving,
        "motion": pack(pose[:, moving].reshape(len(pose), -1), SCALE["motion"]),
        "controls": pack(replay.controls, SCALE["controls"]),
        "reward": pack(np.reshape(replay.reward, (-1, 1)), SCALE["reward"]),
    }
