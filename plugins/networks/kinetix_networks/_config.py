"""Settings of the built-in networks. Standard library only."""

from dataclasses import dataclass
from enum import Enum

from kinetix_core.errors import SettingError


class Activation(Enum):
    """What follows a hidden dense layer of actor and critic."""

    tanh = "tanh"
    relu = "relu"


class Pooling(Enum):
    """What stands for the whole scene after the last layer of a transformer."""

    dummy_and_mean = "dummy_and_mean"
    dummy = "dummy"
    mean = "mean"


class Convolutions(Enum):
    """The convolutional encoders."""

    impala_fast = "impala_fast"
    resnet_18 = "resnet_18"


@dataclass(frozen=True)
class HeadConfig:
    """Memory, actor and critic, as every network has them. Source: spec/networks.md 2 and 6."""

    depth: int = 5
    """Hidden layers of the actor, and of the critic."""
    width: int = 128
    """Units of each hidden layer of actor and critic."""
    activation: Activation = Activation.tanh
    """What follows a hidden layer of actor and critic."""
    actor_depth: int | None = None
    """Hidden layers of the actor, where that is not `depth`."""
    critic_depth: int | None = None
    """Hidden layers of the critic, where that is not `depth`."""
    actor_width: int | None = None
    """Units of each hidden layer of the actor, where that is not `width`."""
    critic_width: int | None = None
    """Units of each hidden layer of the critic, where that is not `width`."""
    recurrent: bool = False
    """Remember earlier steps of the episode in gated recurrent units between encoder and heads."""
    memory_width: int = 256
    """Units of the memory, if recurrent."""

    def __post_init__(self) -> None:
        self._check_least(depth=0, width=1, memory_width=1)
        self._check_least(actor_depth=0, critic_depth=0, actor_width=1, critic_width=1)
        self._check_choice("activation", Activation)

    def _check_least(self, **least: int) -> None:
        for name, low in least.items():
            value = getattr(self, name)
            if value is not None and value < low:
                raise SettingError(f"network.{name}={value}: at least {low} is expected")

    def _check_choice(self, name: str, choices: type[Enum]) -> None:
        if not isinstance(getattr(self, name), choices):
            known = ", ".join(choice.name for choice in choices)
            raise SettingError(f"network.{name}={getattr(self, name)}: one of {known} is expected")

    @property
    def actor(self) -> tuple[int, int]:
        """Depth and width of the actor."""
        return self._stack(self.actor_depth, self.actor_width)

    @property
    def critic(self) -> tuple[int, int]:
        """Depth and width of the critic."""
        return self._stack(self.critic_depth, self.critic_width)

    def _stack(self, depth: int | None, width: int | None) -> tuple[int, int]:
        return (
            self.depth if depth is None else depth,
            self.width if width is None else width,
        )


@dataclass(frozen=True)
class MLPConfig(HeadConfig):
    """Dense layers over a flat observation. Source: spec/networks.md 2 and 5."""

    width: int = 128
    """Units of each hidden layer; the shared first one is as wide as the actor."""
    activation: Activation = Activation.tanh
    """What follows a hidden layer of actor and critic (after the shared first one: relu)."""


@dataclass(frozen=True)
class DeepSetsConfig(HeadConfig):
    """Sums over entities. Source: spec/networks.md 2, 4 and 8."""

    encoder_width: int = 64
    """Numbers that stand for an entity; four of them say of which kind it is."""
    heads: int = 8
    """Sums over all entities, each of another dense layer."""
    head_width: int = 32
    """Units of each of these layers."""
    separate: bool = False
    """Give actor and critic sums (and a memory, if recurrent) of their own."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_least(encoder_width=5, heads=1, head_width=1)


@dataclass(frozen=True)
class ModularConfig:
    """One head for all motors and one for all thrusters, over the observation `egocentric`."""

    depth: int = 1
    """Hidden layers between the scene's and the heads; the critic has one more."""
    width: int = 128
    """Units of each layer over the whole scene."""
    head_width: int = 64
    """Units of each layer over a row of motors or thrusters."""
    activation: Activation = Activation.tanh
    """What follows a hidden layer (after the scene's: relu)."""

    def __post_init__(self) -> None:
        for name, low in {"depth": 0, "width": 1, "head_width": 1}.items():
            if getattr(self, name) < low:
                raise SettingError(
                    f"network.{name}={getattr(self, name)}: at least {low} is expected"
                )
        if not isinstance(self.activation, Activation):
            known = ", ".join(choice.name for choice in Activation)
            raise SettingError(f"network.activation={self.activation}: one of {known} is expected")


@dataclass(frozen=True)
class CNNConfig(HeadConfig):
    """Convolutions over a picture. Source: spec/networks.md 5 and 8."""

    convolutions: Convolutions = Convolutions.impala_fast
    """Two convolutions with large strides, or a residual network of 18 layers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_choice("convolutions", Convolutions)


@dataclass(frozen=True)
class TransformerConfig(HeadConfig):
    """Attention between bodies, messages along joints. Source: spec/networks.md 3 and 8."""

    layers: int = 2
    """Layers of attention, dense layer and messages."""
    encoder_width: int = 128
    """Numbers that stand for an entity."""
    heads: int = 8
    """Attention heads; a quarter of them for each of the four masks, unless full_attention."""
    attention_width: int = 16
    """Numbers in queries, keys and values of all heads together."""
    pooling: Pooling = Pooling.dummy_and_mean
    """What stands for the scene: an extra token, the mean over bodies, or the mean of both."""
    full_attention: bool = False
    """Let every head see all bodies, whatever the masks say."""
    feedforward: bool = False
    """Dense layers with four times as many hidden units in place of one linear layer."""
    dropout: float = 0.0
    """Share of these hidden units that is dropped while learning; needs feedforward."""
    message_layers: int = 0
    """Dense layers with relu in each message; 0: one linear layer, as published."""
    message_widening: int = 4
    """Hidden units of messages, in multiples of encoder_width; for message_layers above 1."""
    legacy_entity_id: bool = False
    """Give circles and polygons the same type number, as the first published agents had it."""
    init_from: str = ""
    """Folder of a published checkpoint whose parameters are the first ones; empty: random."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_least(layers=1, encoder_width=2, heads=1, attention_width=1)
        self._check_least(message_layers=0, message_widening=1)
        self._check_choice("pooling", Pooling)
        if self.attention_width % self.heads:
            raise SettingError(
                f"network.attention_width={self.attention_width}: a multiple of "
                f"network.heads={self.heads} is expected"
            )
        if self.heads % 4 and not self.full_attention:
            raise SettingError(
                f"network.heads={self.heads}: a multiple of 4 is expected, a quarter for each "
                "mask; or set network.full_attention=true"
            )
        if not 0 <= self.dropout < 1:
            raise SettingError(f"network.dropout={self.dropout}: at least 0, below 1 is expected")
        if self.dropout and not self.feedforward:
            raise SettingError(
                f"network.dropout={self.dropout}: it acts on the hidden units of "
                "network.feedforward=true"
            )
