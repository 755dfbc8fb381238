"""Which settings of a run are no longer as they were. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FREE = ("train.", "checkpoint.", "logger.", "evaluation.")
"""Sections that the state of a run does not depend on."""


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is no longer as it was and may decide about the arrays of a run's state.

    As `ppo.num_envs=16 (it was 8)`.
    """
    old, new = _settings(before), _settings(now)
    return [
        f"{key}={_written(new.get(key, 'gone'))} (it was {_written(old.get(key, 'not there'))})"
        for key in {**new, **old}
        if old.get(key) != new.get(key) and not f"{key}.".startswith(_FREE)
    ]


def _written(value: Any) -> str:
    """As on the command line."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _settings(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Every setting by its full name; the name of a component under its kind."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found |= _settings(value, f"{key}.")
        else:
            found[key.removesuffix(".name") if prefix and name == "name" else key] = value
    return found
