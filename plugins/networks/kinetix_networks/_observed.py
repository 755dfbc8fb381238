"""What an observation is made of, for networks that want certain parts of it."""

from __future__ import annotations

from kinetix_core.interfaces import Record, Space

OTHERWISE = "or a network that takes this observation"
"""The second way out of a network that does not fit an observation."""


def parts_of(space: Space) -> dict[str, Space]:
    """By name; {} where it is one array."""
    return dict(space.parts) if isinstance(space, Record) else {}


def described(space: Space) -> str:
    """For messages: the names of the parts, or the space itself."""
    return ", ".join(parts_of(space)) or str(space)
