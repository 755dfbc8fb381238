"""Settings of the action spaces. Standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MultiDiscreteConfig:
    """Every motor off, forward or backward and every thruster off or on, at once."""


@dataclass(frozen=True)
class ContinuousConfig:
    """Every motor in -1..1 and every thruster in 0..1 (negative: off), at once."""


@dataclass(frozen=True)
class DiscreteConfig:
    """One motor or one thruster at a time."""
