"""Settings of the built-in networks. Standard library only."""

from dataclasses import dataclass
from enum import Enum

from kinetix_core.errors import SettingError


class Activation(Enum):
    """What follows a hidden dense layer of actor and critic."""

    tanh = "tanh"
    relu = "relu"


@dataclass(frozen=True)
class MLPConfig:
    """Dense layers over a flat observation. Source: spec/networks.md 2 and 5."""

    depth: int = 5
    """Hidden layers of the actor, and of the critic."""
    width: int = 128
    """Units of each hidden layer, of the shared first one too."""
    activation: Activation = Activation.tanh
    """What follows a hidden layer of actor and critic (after the shared first one: relu)."""

    def __post_init__(self) -> None:
        for name, least in (("depth", 0), ("width", 1)):
            if getattr(self, name) < least:
                raise SettingError(
                    f"network.{name}={getattr(self, name)}: at least {least} is expected"
                )
