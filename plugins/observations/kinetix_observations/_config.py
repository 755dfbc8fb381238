"""Settings of the built-in encoders. Standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SymbolicConfig:
    """The flat vector of spec/observations.md 3. It has no settings: the published numbers."""


@dataclass(frozen=True)
class EntityConfig:
    """Tables of entities with masks and indexes: spec/observations.md 5."""

    attention_mask: bool = True
    """Give the four masks that say which bodies may attend to which; false: leave them out."""
