"""network/deep_sets: sums over entities, whatever their order. Source: spec/networks.md 4."""

from __future__ import annotations

import math
from dataclasses import dataclass

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Box, Observation

from ._config import DeepSetsConfig
from ._flax_network import Embeddings, FlaxNetwork
from ._layers import ORTHOGONAL, dense, tell
from ._observed import OTHERWISE, described, parts_of
from ._rows import matmul

KINDS = ("circle", "polygon", "joint", "thruster")
"""Kinds of entities, in the order of their type code."""
_STACKED = ("polygon", "circle", "joint", "thruster")


class HeadSums(nn.Module):
    """For each head: a dense layer and relu on every row, then the sum over all rows."""

    config: DeepSetsConfig

    @nn.compact
    def __call__(self, rows: Float[Array, "rows n"]) -> Float[Array, " outputs"]:
        heads, width, n = self.config.heads, self.config.head_width, rows.shape[-1]

        def init(key: PRNGKeyArray, shape: tuple[int, ...]) -> Array:
            # one orthogonal matrix for all heads, (heads * n, width)
            return nn.initializers.orthogonal(math.sqrt(2))(key, (heads * n, width)).reshape(shape)

        kernels = self.param("kernels", init, (heads, n, width))
        biases = self.param("biases", nn.initializers.zeros, (heads, width))
        # side by side, the heads are one matrix product
        kernel = kernels.transpose(1, 0, 2).reshape(n, heads * width)
        bias = jnp.broadcast_to(biases.reshape(-1), (rows.shape[0], heads * width))
        units = nn.relu(matmul(rows, kernel) + bias)
        tell(self, "units", units)
        return jnp.tanh(jnp.sum(units, axis=0))


class SetEncoder(nn.Module):
    """Entities to vectors (rows of a matrix are taken as they are), their sums per head."""

    config: DeepSetsConfig

    @nn.compact
    def __call__(self, observation: Observation, learning: bool = False) -> Embeddings:
        rows = observation
        if isinstance(observation, dict):
            rows = jnp.concatenate([self._rows(kind, observation) for kind in _STACKED])
        if not self.config.separate:
            return (HeadSums(self.config, name="sums")(rows),)
        names = ("actor_sums", "critic_sums")
        return tuple(HeadSums(self.config, name=name)(rows) for name in names)

    def _rows(self, kind: str, observation: Observation) -> Float[Array, "rows n"]:
        """Features to numbers and a type code; inactive entities are zero throughout."""
        table, mask = observation[f"{kind}s"], jnp.asarray(observation[f"{kind}_mask"])
        width = self.config.encoder_width - len(KINDS)
        x = jnp.tanh(dense(width, kind, ORTHOGONAL)(table))
        tell(self, f"{kind}_units", jnp.where(mask[:, None], x, 0.0))
        code = np.arange(len(KINDS)) == KINDS.index(kind)
        code = jnp.broadcast_to(code.astype(np.float32), (x.shape[0], len(KINDS)))
        return jnp.where(mask[:, None], jnp.concatenate([x, code], axis=1), 0.0)


@dataclass(frozen=True)
class DeepSets(FlaxNetwork):
    """Takes the observations `entity` and `symbolic_padded`; the order of rows does not matter.

    The same parameters serve any number of entities. An inactive entity adds relu(bias) to each
    head and nothing else. Raises `SettingError` for an observation that is neither tables of
    entities nor a matrix.
    """

    config: DeepSetsConfig

    def __post_init__(self) -> None:
        assert self.task.observation is not None
        space = self.task.observation.space(self.task.size)
        if isinstance(space, Box) and len(space.shape) == 2:
            return
        parts = parts_of(space)
        missing = [f for k in KINDS for f in (f"{k}s", f"{k}_mask") if f not in parts]
        if missing:
            raise SettingError(
                f"network=deep_sets: tables of entities are expected, the observation gives "
                f"{described(space)} (no {missing[0]}); choose observation=entity {OTHERWISE}"
            )

    @property
    def encoder(self) -> SetEncoder:
        return SetEncoder(self.config)

    @property
    def widths(self) -> tuple[int, ...]:
        width = self.config.heads * self.config.head_width
        return (width, width) if self.config.separate else (width,)
