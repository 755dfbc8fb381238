"""Recorded numbers as short text: whole numbers, differences, one to three bytes each, base64."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from ._recording import Recording

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


def pack_recording(recording: Recording) -> dict[str, Any]:
    """What the page plays: `motion` holds x, y, angle of each body in `moving`, frame by frame."""
    pose = np.concatenate([recording.position, recording.rotation[..., None]], axis=-1)
    pose = np.asarray(pose, np.float64)
    with np.errstate(invalid="ignore"):
        shift = np.abs(pose - pose[:1])
    active = np.asarray(recording.level.bodies.active)
    moving = np.flatnonzero(active & (np.nan_to_num(shift).max(axis=(0, 2)) > 5e-4))
    frames = len(pose)
    return {
        "label": recording.label,
        "outcome": recording.outcome,
        "steps": recording.steps,
        "inputs": recording.controls.shape[1],
        "seconds": recording.seconds,
        "moving": moving.tolist(),
        "motion": pack(pose[:, moving].reshape(frames, -1), SCALE["motion"]),
        "controls": pack(recording.controls, SCALE["controls"]),
        "reward": pack(np.reshape(recording.reward, (-1, 1)), SCALE["reward"]),
    }
