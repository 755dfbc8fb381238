"""Settings of the built-in figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FigureConfig:
    """No settings."""
