"""Parts that the networks share: dense layers, products of several layers at once, a memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ._config import Activation
from ._rows import dot_general, matmul

Initializer = Callable[..., Any]
ORTHOGONAL = nn.initializers.orthogonal(math.sqrt(2))
LECUN = nn.initializers.lecun_normal()
ACTIVATIONS = "intermediates"
"""Flax's collection for what is looked at in passing; nothing is computed for it otherwise."""


def dense(width: int, name: str, kernel_init: Initializer = LECUN) -> nn.Dense:
    """A dense layer with bias."""
    return nn.Dense(width, kernel_init=kernel_init, dot_general=dot_general, name=name)


def tell(module: nn.Module, name: str, units: Float[Array, "*entities units"]) -> None:
    """Give out what a layer's units put out, where it is asked for (`activations`)."""
    module.sow(ACTIVATIONS, name, units, init_fn=lambda: units, reduce_fn=lambda _, new: new)


class Weights(NamedTuple):
    """Of one dense layer: outputs = inputs @ kernel + bias."""

    kernel: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"] | None = None

    def matrix(self, inputs: int = 1) -> Weights:
        """The same with one axis of inputs (the first so many of the kernel) and of outputs."""
        rows = math.prod(self.kernel.shape[:inputs])
        bias = None if self.bias is None else self.bias.reshape(-1)
        return Weights(self.kernel.reshape(rows, -1), bias)


class Parameters(nn.Module):
    """Holds the kernel and bias of a dense layer, for products that several layers share.

    `shape`: of the kernel, inputs first; the first `inputs` axes of it are summed over. The
    initialisation is that of the kernel as a matrix.
    """

    shape: tuple[int, ...]
    inputs: int = 1
    use_bias: bool = True
    kernel_init: Initializer = LECUN

    @nn.compact
    def __call__(self) -> Weights:
        """As they are stored, with all axes."""
        rows = math.prod(self.shape[: self.inputs])

        def init(key: PRNGKeyArray) -> Array:
            matrix = (rows, math.prod(self.shape) // rows)
            return self.kernel_init(key, matrix, jnp.float32).reshape(self.shape)

        kernel = self.param("kernel", init)
        if not self.use_bias:
            return Weights(kernel)
        return Weights(kernel, self.param("bias", nn.initializers.zeros, self.shape[self.inputs :]))


def product(x: Float[Array, "*batch n"], *layers: Weights) -> list[Float[Array, "*batch m"]]:
    """What each of the layers makes of `x`, in one matrix product.

    A few large products run several times as fast on a CPU as many small ones. Either all
    layers have a bias, or none.
    """
    y = matmul(x, jnp.concatenate([layer.kernel for layer in layers], axis=1))
    biases = [layer.bias for layer in layers if layer.bias is not None]
    if biases:
        assert len(biases) == len(layers)
        y = y + jnp.broadcast_to(jnp.concatenate(biases), y.shape)
    ends = [0]
    for layer in layers:
        ends.append(ends[-1] + layer.kernel.shape[1])
    return [y[..., a:b] for a, b in pairwise(ends)]


class Stack(nn.Module):
    """Hidden layers, then a linear one: the actor or the critic."""

    shape: tuple[int, int]  # depth and width
    activation: Activation
    outputs: int
    gain: float  # of the last layer's initialisation

    @nn.compact
    def __call__(self, x: Float[Array, "*batch n"]) -> Float[Array, "*batch outputs"]:
        act = jnp.tanh if self.activation is Activation.tanh else nn.relu
        depth, width = self.shape
        for i in range(depth):
            x = act(dense(width, f"hidden_{i}", ORTHOGONAL)(x))
            tell(self, f"units_{i}", x)
        last = nn.initializers.orthogonal(self.gain)
        return dense(self.outputs, "out", last)(x)


class GatedUnits(nn.Module):
    """A memory of gated recurrent units (Cho et al. 2014, arXiv 1406.1078).

    r = sigmoid(W_ir x + b_ir + W_hr h), z = sigmoid(W_iz x + b_iz + W_hz h),
    n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h. Source: spec/networks.md 6.
    """

    width: int
    inputs: int

    def setup(self) -> None:
        def inward() -> Parameters:
            return Parameters((self.inputs, self.width))

        def within(use_bias: bool) -> Parameters:
            shape, init = (self.width, self.width), nn.initializers.orthogonal()
            return Parameters(shape, use_bias=use_bias, kernel_init=init)

        self.ir, self.iz, self.hr, self.hz = inward(), inward(), within(False), within(False)
        self.hn = within(True)
        setattr(self, "in", inward())

    def look(self, x: Float[Array, "*batch n"]) -> Float[Array, "*batch 3_width"]:
        """What the gates are told about the input: for all steps of a sequence at once."""
        return jnp.concatenate(product(x, self.ir(), self.iz(), getattr(self, "in")()), axis=-1)

    def __call__(
        self, h: Float[Array, " width"], looked: Float[Array, " 3_width"], reset: Bool[Array, ""]
    ) -> Float[Array, " width"]:
        """The memory after a step. Where an episode begins, it is empty before."""
        h = jnp.where(reset, jnp.zeros_like(h), h)
        new, bias = self.hn()
        assert bias is not None
        of_r, of_z, of_n = product(h, self.hr(), self.hz(), Weights(new))
        in_r, in_z, in_n = jnp.split(looked, 3)
        r, z = nn.sigmoid(in_r + of_r), nn.sigmoid(in_z + of_z)
        return (1 - z) * jnp.tanh(in_n + r * (of_n + bias)) + z * h
