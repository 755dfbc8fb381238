"""network/mlp: dense layers over a flat observation. Source: spec/networks.md 2 and 5."""

from __future__ import annotations

from dataclasses import dataclass

import flax.linen as nn
from jaxtyping import Array, Float

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Box

from ._config import MLPConfig
from ._flax_network import Embeddings, FlaxNetwork
from ._layers import ORTHOGONAL, tell
from ._observed import OTHERWISE, described
from ._rows import dot_general


class DenseEncoder(nn.Dense):
    """One dense layer and relu."""

    def __call__(self, inputs: Float[Array, " n"], learning: bool = False) -> Embeddings:
        x = nn.relu(super().__call__(inputs))
        tell(self, "units", x)
        return (x,)


@dataclass(frozen=True)
class MLP(FlaxNetwork):
    """Takes any observation that is one flat array. Raises `SettingError` for others."""

    config: MLPConfig

    def __post_init__(self) -> None:
        assert self.task.observation is not None
        space = self.task.observation.space(self.task.size)
        if not isinstance(space, Box) or len(space.shape) != 1:
            raise SettingError(
                "network=mlp: one flat array is expected, the observation gives "
                f"{described(space)}; choose observation=symbolic {OTHERWISE}"
            )

    @property
    def encoder(self) -> DenseEncoder:
        return DenseEncoder(*self.widths, kernel_init=ORTHOGONAL, dot_general=dot_general)

    @property
    def widths(self) -> tuple[int]:
        return (self.config.actor[1],)
