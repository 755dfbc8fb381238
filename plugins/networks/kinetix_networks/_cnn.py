"""network/cnn: convolutions over a picture. Source: spec/networks.md 5 and 8."""

from __future__ import annotations

from dataclasses import dataclass

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Box, Observation

from ._config import CNNConfig, Convolutions
from ._flax_network import Embeddings, FlaxNetwork
from ._layers import tell
from ._observed import OTHERWISE, parts_of

_SMALL = ((16, 8, 4), (32, 4, 2))  # filters, size, stride of the two convolutions
_STAGES = (64, 128, 256, 512)


class PixelEncoder(nn.Module):
    """A picture to numbers, and the numbers that come with it behind them."""

    convolutions: Convolutions

    @nn.compact
    def __call__(self, observation: Observation, learning: bool = False) -> Embeddings:
        x = jnp.asarray(observation["image"])[None]  # convolutions want an axis of pictures
        if self.convolutions is Convolutions.impala_fast:
            x = self._small(x)
        else:
            x = ResNet18(name="resnet")(x)
        return (jnp.concatenate([x.reshape(-1), observation["global_info"]]),)

    def _small(self, x: Float[Array, "1 x y colours"]) -> Float[Array, "1 x y filters"]:
        for i, (filters, size, stride) in enumerate(_SMALL):
            x = nn.relu(nn.Conv(filters, (size, size), stride, name=f"convolution_{i}")(x))
            tell(self, f"units_{i}", x)
        return x


class ResNet18(nn.Module):
    """A residual network (He et al. 2016, arXiv 1512.03385) with group norm, then the mean."""

    @nn.compact
    def __call__(self, x: Float[Array, "1 x y colours"]) -> Float[Array, "1 filters"]:
        x = _convolution(64, 7, 2, "convolution")(x)
        x = nn.relu(_group_norm("norm")(x))
        tell(self, "units", x)
        x = nn.max_pool(x, (3, 3), strides=(2, 2), padding="SAME")
        for stage, filters in enumerate(_STAGES):
            for block in range(2):
                stride = 2 if stage and not block else 1
                x = ResidualBlock(filters, stride, name=f"stage_{stage}_block_{block}")(x)
        return jnp.mean(x, axis=(1, 2))


class ResidualBlock(nn.Module):
    """Two convolutions, added to what came in."""

    filters: int
    stride: int

    @nn.compact
    def __call__(self, x: Float[Array, "1 x y before"]) -> Float[Array, "1 x y filters"]:
        y = _convolution(self.filters, 3, self.stride, "convolution_0")(x)
        y = nn.relu(_group_norm("norm_0")(y))
        tell(self, "units_0", y)
        y = _group_norm("norm_1")(_convolution(self.filters, 3, 1, "convolution_1")(y))
        if x.shape != y.shape:
            x = _convolution(self.filters, 1, self.stride, "projection")(x)
            x = _group_norm("projection_norm")(x)
        y = nn.relu(x + y)
        tell(self, "units_1", y)
        return y


def _convolution(filters: int, size: int, stride: int, name: str) -> nn.Conv:
    return nn.Conv(filters, (size, size), stride, name=name)


def _group_norm(name: str) -> nn.GroupNorm:
    return nn.GroupNorm(num_groups=32, name=name)


@dataclass(frozen=True)
class CNN(FlaxNetwork):
    """Takes the observation `pixels`. Raises `SettingError` for one without an image.

    Parameters serve pictures of one size only, unless convolutions=resnet_18.
    """

    config: CNNConfig

    def __post_init__(self) -> None:
        if not {"image", "global_info"} <= set(self._parts):
            found = ", ".join(self._parts) or "no picture"
            raise SettingError(
                f"network=cnn: the parts image and global_info are expected, the observation "
                f"gives {found}; choose observation=pixels {OTHERWISE}"
            )

    @property
    def _parts(self) -> dict[str, Box]:
        assert self.task.observation is not None
        space = self.task.observation.space(self.task.size)
        return {name: part for name, part in parts_of(space).items() if isinstance(part, Box)}

    @property
    def encoder(self) -> PixelEncoder:
        return PixelEncoder(self.config.convolutions)

    @property
    def widths(self) -> tuple[int]:
        (numbers,) = self._parts["global_info"].shape
        if self.config.convolutions is Convolutions.resnet_18:
            return (_STAGES[-1] + numbers,)
        x, y = self._parts["image"].shape[:2]
        for _, _, stride in _SMALL:
            x, y = -(-x // stride), -(-y // stride)
        return (x * y * _SMALL[-1][0] + numbers,)
