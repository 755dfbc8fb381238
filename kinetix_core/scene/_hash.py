"""What identifies a set of levels, whatever it is called and whatever size it is padded to."""

from __future__ import annotations

import dataclasses
import hashlib

import jax
import numpy as np

from ._scene import Array, Scene

_CACHED = ("global_position",)
"""Fields that are drawn only."""
_REFERENCES = ("a_index", "b_index", "object_index")


def levels_hash(levels: Scene) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of the levels (leading axis), in their order.

    Two sets have one hash where they play the same: active slots and where they are, gravity and
    time count; leftovers in inactive slots, cached anchors and slots that only pad do not.
    """
    host = jax.tree.map(np.asarray, levels)
    digest = hashlib.sha256()
    for number in range(len(host.timestep)):
        _update(digest, jax.tree.map(lambda leaf, i=number: leaf[i], host))
    return digest.hexdigest()[:16]


def _update(digest: hashlib._Hash, level: Scene) -> None:
    polygons = level.size.polygons
    for kind in ("polygons", "circles", "joints", "thrusters"):
        slots = getattr(level, kind)
        used = np.flatnonzero(slots.active)
        digest.update(kind.encode() + used.astype("<i4").tobytes())
        for field in dataclasses.fields(slots):
            if field.name in _CACHED:
                continue
            values = getattr(slots, field.name)[used]
            if field.name in _REFERENCES:  # circles are numbered after however many polygons
                values = np.where(values < polygons, values, polygons - 1 - values)
            digest.update(_bytes(values))
    digest.update(_bytes(level.gravity) + _bytes(level.timestep))


def _bytes(found: Array) -> bytes:
    """In one byte order and width, and with one zero."""
    values = np.asarray(found)
    if np.issubdtype(values.dtype, np.floating):
        return (values.astype("<f4") + np.float32(0)).tobytes()
    return values.astype("<i4").tobytes()
