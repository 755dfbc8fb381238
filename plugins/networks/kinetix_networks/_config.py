"""Settings of the built-in networks. Standard library only."""

from dataclasses import dataclass
from enum import Enum

from kinetix_core.errors import SettingError


class Activation(Enum):
    """What follows a hidden dense layer of actor and critic."""

    tanh = "tanh"
    relu = "relu"


@dataclass(frozen=True)
class HeadConfig:
    """Actor and critic, as every network has them. Source: spec/networks.md 2."""

    depth: int = 5
    """Hidden layers of the actor, and of the critic."""
    width: int = 128
    """Units of each hidden layer of actor and critic."""
    activation: Activation = Activation.tanh
    """What follows a hidden layer of actor and critic."""

    def __post_init__(self) -> None:
        self._check_least(depth=0, width=1)
        if not isinstance(self.activation, Activation):
            known = ", ".join(a.name for a in Activation)
            raise SettingError(f"network.activation={self.activation}: one of {known} is expected")

    def _check_least(self, **least: int) -> None:
        for name, low in least.items():
            if getattr(self, name) < low:
                raise SettingError(
                    f"network.{name}={getattr(self, name)}: at least {low} is expected"
                )


@dataclass(frozen=True)
class MLPConfig(HeadConfig):
    """Dense layers over a flat observation. Source: spec/networks.md 2 and 5."""

    width: int = 128
    """Units of each hidden layer, of the shared first one too."""
    activation: Activation = Activation.tanh
    """What follows a hidden layer of actor and critic (after the shared first one: relu)."""


@dataclass(frozen=True)
class DeepSetsConfig(HeadConfig):
    """Sums over entities. Source: spec/networks.md 2 and 4."""

    encoder_width: int = 64
    """Numbers that stand for an entity; four of them say of which kind it is."""
    heads: int = 8
    """Sums over all entities, each of another dense layer."""
    head_width: int = 32
    """Units of each of these layers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_least(encoder_width=5, heads=1, head_width=1)
