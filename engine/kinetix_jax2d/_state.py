"""The engine's state: what is kept of one scene from step to step."""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Float, Int

from kinetix_core.scene import Array


class State(eqx.Module):
    """One scene of the engine: three rows, laid out by `_layout.layout`.

    Impulses of contacts that are not remembered are 0.
    """

    moving: Float[Array, " moving"]
    constant: Float[Array, " constant"]
    integers: Int[Array, " integers"]
