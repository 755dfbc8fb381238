"""Settings of the built-in encoders. Standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SymbolicConfig:
    """The flat vector of spec/observations.md 3. It has no settings: the published numbers."""
