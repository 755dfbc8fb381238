"""One layer of the transformer: attention, a dense layer, each behind a gate; then messages.

Wherever several dense layers look at the same thing, they are one matrix product: on a CPU a few
large products run several times as fast as many small ones. Parameters are kept apart, as
published. Source: spec/networks.md 3 and 8.
"""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Array, Bool, Float

from ._config import TransformerConfig
from ._layers import Parameters, dense, product, tell

_NEVER = -1e9  # score of what may not be looked at; finite, so that gradients are


@struct.dataclass
class Links:
    """Joints (each in both directions) and thrusters, embedded, and the tokens they are at.

    The tokens are rows of a one-hot matrix; those of what is inactive are zero.
    """

    joints: Float[Array, "joints width"]
    of: Float[Array, "joints tokens"]  # the end that is told
    to: Float[Array, "joints tokens"]  # the other end
    thrusters: Float[Array, "thrusters width"]
    on: Float[Array, "thrusters tokens"]


class Layer(nn.Module):
    """Bodies look at each other, then hear of what is attached to them."""

    config: TransformerConfig

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "tokens width"],
        allowed: Bool[Array, "heads tokens tokens"],
        links: Links,
        learning: bool,
    ) -> Float[Array, "tokens width"]:
        seen = Attention(self.config, name="attention")(_normalised("norm_0", x), allowed)
        y = Gate(name="gate_0")(x, nn.relu(seen))
        there = jnp.any(allowed, axis=(0, 2))
        z = self._feedforward(_normalised("norm_1", y), there, learning)
        x = Gate(name="gate_1")(y, nn.relu(z))
        self._tell("attention_units", nn.relu(seen), there)
        self._tell("dense_units", nn.relu(z), there)
        return x + self._messages(x, links)

    def _tell(self, name: str, units: Array, there: Array) -> None:
        """What inactive entities make of it is left out."""
        tell(self, name, jnp.where(there[:, None], units, 0.0))

    def _feedforward(self, x: Array, there: Array, learning: bool) -> Float[Array, "tokens width"]:
        width = self.config.encoder_width
        if not self.config.feedforward:
            return dense(width, "dense_0")(x)
        hidden = nn.relu(dense(4 * width, "dense_0")(x))
        self._tell("feedforward_units", hidden, there)
        if self.config.dropout:
            hidden = nn.Dropout(self.config.dropout, deterministic=not learning)(hidden)
        return dense(width, "dense_1")(hidden)

    def _messages(self, x: Array, links: Links) -> Float[Array, "tokens width"]:
        """What each token is told, summed up."""
        joints = jnp.concatenate([links.of @ x, links.to @ x, links.joints], axis=1)
        thrusters = jnp.concatenate([links.on @ x, links.thrusters], axis=1)
        told = links.of.T @ self._message("joint", joints, links.of)
        return told + links.on.T @ self._message("thruster", thrusters, links.on)

    def _message(self, kind: str, x: Array, at: Array) -> Float[Array, "links width"]:
        config = self.config
        if not config.message_layers:
            return dense(config.encoder_width, f"{kind}_message")(x)
        hidden = config.encoder_width * config.message_widening
        widths = [hidden] * (config.message_layers - 1) + [config.encoder_width]
        for i, width in enumerate(widths):
            x = nn.relu(dense(width, f"{kind}_message_{i}")(x))
            self._tell(f"{kind}_units_{i}", x, jnp.any(at > 0, axis=1))
        return x


def _normalised(name: str, x: Array) -> Array:
    return nn.LayerNorm(epsilon=1e-6, name=name)(x)


class Attention(nn.Module):
    """Attention with several heads (Vaswani et al. 2017, arXiv 1706.03762), masked for each."""

    config: TransformerConfig

    @nn.compact
    def __call__(
        self, x: Float[Array, "tokens width"], allowed: Bool[Array, "heads tokens tokens"]
    ) -> Float[Array, "tokens width"]:
        heads, tokens, width = self.config.heads, *x.shape
        each = self.config.attention_width // heads
        names = ("query", "key", "value")
        inward = [Parameters((width, heads, each), name=name)().matrix() for name in names]
        query, key, value = (p.reshape(tokens, heads, each) for p in product(x, *inward))
        scores = jnp.einsum("ihc,jhc->hij", query, key) / np.sqrt(each)
        weights = jax.nn.softmax(jnp.where(allowed, scores, _NEVER))
        seen = jnp.einsum("hij,jhc->ihc", weights, value).reshape(tokens, heads * each)
        out = Parameters((heads, each, width), inputs=2, name="out")().matrix(2)
        return product(seen, out)[0]


class Gate(nn.Module):
    """What comes is let into the stream by gates (Parisotto et al. 2019, arXiv 1910.06764).

    r = sigmoid(W_0 y + W_1 x), z = sigmoid(W_2 y + W_3 x - b), h = tanh(W_4 y + W_5 (r x));
    (1 - z) x + z h.
    """

    @nn.compact
    def __call__(
        self, x: Float[Array, "tokens width"], y: Float[Array, "tokens width"]
    ) -> Float[Array, "tokens width"]:
        width = x.shape[1]
        names = [f"dense_{i}" for i in range(6)]
        w = [Parameters((width, width), use_bias=False, name=name)() for name in names]
        bias = self.param("bias", nn.initializers.zeros, (width,))
        y_r, y_z, y_h = product(y, w[0], w[2], w[4])
        x_r, x_z = product(x, w[1], w[3])
        r = nn.sigmoid(y_r + x_r)
        z = nn.sigmoid(y_z + x_z - jnp.broadcast_to(bias, x.shape))
        h = jnp.tanh(y_h + product(r * x, w[5])[0])
        return (1 - z) * x + z * h
