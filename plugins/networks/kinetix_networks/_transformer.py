"""network/transformer: attention between bodies, messages along joints.

Source: spec/networks.md 3 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Observation, Parameters, Record

from ._config import Pooling, TransformerConfig
from ._flax_network import Embeddings, FlaxNetwork
from ._layers import ORTHOGONAL, dense, tell
from ._observed import OTHERWISE, described, parts_of
from ._published import check_settings, read_published
from ._transformer_layer import Layer, Links

PLANES = 4
"""Masks of an observation; each serves as many heads as the others."""
_TABLES = ("polygons", "circles", "joints", "thrusters")
_MASKS = ("polygon_mask", "circle_mask", "joint_mask", "thruster_mask")
_PARTS = (*_TABLES, *_MASKS, "joint_indexes", "thruster_indexes")


class TransformerEncoder(nn.Module):
    """One observation to one vector."""

    config: TransformerConfig

    @nn.compact
    def __call__(self, observation: Observation, learning: bool = False) -> Embeddings:
        config = self.config
        x, active = self._tokens(observation)
        links = self._links(observation, len(x))
        allowed = self._allowed(observation, active)
        for i in range(config.layers):
            x = Layer(config, name=f"layer_{i}")(x, allowed, links, learning)
        if config.pooling is Pooling.dummy:
            return (x[0],)
        weight = jnp.asarray(active, jnp.float32)[:, None]
        return (jnp.sum(x * weight, axis=0) / jnp.sum(weight, axis=0),)

    @property
    def _dummies(self) -> int:
        """Tokens in front of the bodies."""
        return 0 if self.config.pooling is Pooling.mean else 1

    def _embed(self, kind: str, seen: Observation, width: int) -> Float[Array, "rows width"]:
        table, mask = seen[f"{kind}s"], seen[f"{kind}_mask"]
        x = jnp.tanh(dense(width, kind, ORTHOGONAL)(table))
        tell(self, f"{kind}_units", jnp.where(jnp.asarray(mask)[:, None], x, 0.0))
        return x

    def _tokens(self, seen: Observation) -> tuple[Array, Array]:
        """Polygons, then circles, with their type; the dummy before them. Which are active."""
        width, masks = self.config.encoder_width, [seen["polygon_mask"], seen["circle_mask"]]
        bodies = []
        for kind, code in (("polygon", 1.0), ("circle", 0.0)):
            x = self._embed(kind, seen, width - 1)
            code = 0.0 if self.config.legacy_entity_id else code
            bodies.append(jnp.concatenate([x, jnp.full((len(x), 1), code)], axis=1))
        if self._dummies:
            bodies.insert(0, jnp.ones((1, width)))
            masks.insert(0, np.ones(1, bool))
        return jnp.concatenate(bodies), jnp.concatenate(masks)

    def _links(self, seen: Observation, tokens: int) -> Links:
        """Joints and thrusters, and which tokens they belong to."""
        width = self.config.encoder_width

        def ends(indexes: Array, mask: Array) -> Float[Array, "links tokens"]:
            at = (jnp.asarray(indexes) + self._dummies)[:, None] == np.arange(tokens)[None, :]
            return (at & jnp.asarray(mask)[:, None]).astype(jnp.float32)

        joints, mask = seen["joint_indexes"], seen["joint_mask"]
        return Links(
            joints=self._embed("joint", seen, width),
            of=ends(joints[:, 0], mask),
            to=ends(joints[:, 1], mask),
            thrusters=self._embed("thruster", seen, width),
            on=ends(seen["thruster_indexes"], seen["thruster_mask"]),
        )

    def _allowed(self, seen: Observation, active: Array) -> Bool[Array, "heads tokens tokens"]:
        """Which token (last axis) each head may look at from where."""
        heads, dummies = self.config.heads, self._dummies
        both = active[:, None] & active[None, :]
        if self.config.full_attention:
            return jnp.broadcast_to(both[None], (heads, *both.shape))
        planes = jnp.pad(
            jnp.asarray(seen["attention_mask"]),
            [(0, 0), (dummies, 0), (dummies, 0)],
            constant_values=True,
        )
        return jnp.repeat(planes & both[None], heads // PLANES, axis=0)


@dataclass(frozen=True)
class Transformer(FlaxNetwork):
    """The published network. Takes the observations `entity` and `entity_masked`.

    The same parameters serve any number of entities; inactive ones have no influence. Raises
    `SettingError` for an observation without tables of entities or, unless full_attention,
    without attention masks.
    """

    config: TransformerConfig

    def __post_init__(self) -> None:
        assert self.task.observation is not None
        space = self.task.observation.space(self.task.size)
        parts = parts_of(space)
        found = described(space)
        if missing := [name for name in _PARTS if name not in parts]:
            raise SettingError(
                f"network=transformer: tables of entities are expected, the observation gives "
                f"{found} (no {missing[0]}); choose observation=entity {OTHERWISE}"
            )
        if not self.config.full_attention and "attention_mask" not in parts:
            raise SettingError(
                f"network=transformer: the observation has no attention_mask (it gives {found}); "
                "set observation.attention_mask=true or network.full_attention=true"
            )

    def init(self, key: PRNGKeyArray, observation: Observation) -> Parameters:
        if not self.config.init_from:
            return super().init(key, observation)
        published = read_published(self.config.init_from, "network.init_from")
        check_settings(published, self.config)
        return jax.tree.map(jnp.asarray, published.parameters(self.parameter_shapes))

    @property
    def parameter_shapes(self) -> Any:
        """Parameters as shapes and types, without values."""
        assert self.task.observation is not None
        space = self.task.observation.space(self.task.size)
        assert isinstance(space, Record)
        seen = {name: jnp.zeros(part.shape, part.dtype) for name, part in space.parts}
        return jax.eval_shape(super().init, jax.random.key(0), seen)

    @property
    def encoder(self) -> TransformerEncoder:
        return TransformerEncoder(self.config)

    @property
    def widths(self) -> tuple[int]:
        return (self.config.encoder_width,)
