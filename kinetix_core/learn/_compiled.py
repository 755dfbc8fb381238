"""The two programs of a run, compiled: what it begins with, and one update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._setup import Setup
from ._update import TrainState, init_state, update


def compiled(setup: Setup, seeds: int = 1) -> tuple[Init, Callable[[TrainState], Any]]:
    """`init(seed)` and `step(state)`, jitted; for `seeds > 1` every leaf has a leading axis.

    Seeds are mapped, not batched, so that each gives the bits of a run of its own.
    """

    def one_step(state: TrainState) -> Any:
        return update(setup, state)

    if seeds == 1:
        init = Init(lambda seed: init_state(setup, seed), np.uint32)
        return init, jax.jit(one_step, donate_argnums=0)
    init = Init(
        lambda first: jax.lax.map(lambda s: init_state(setup, s), first),
        lambda seed: np.uint32(seed) + jnp.arange(seeds, dtype=jnp.uint32),
    )
    return init, jax.jit(lambda states: jax.lax.map(one_step, states), donate_argnums=0)


class Init:
    """A function of seeds that runs once, called with one seed; `shapes` computes nothing."""

    def __init__(self, function: Callable[..., TrainState], seeds: Callable[[int], Any]):
        self._jitted, self._seeds = jax.jit(function, compiler_options=_compiled_soon()), seeds

    def __call__(self, seed: int) -> TrainState:
        return self._jitted(self._seeds(seed))

    def shapes(self, seed: int) -> TrainState:
        return self._jitted.eval_shape(self._seeds(seed))


def _compiled_soon() -> dict[str, Any]:
    """Options for a program that runs once: on CPUs optimising it takes longer than running it."""
    if jax.default_backend() != "cpu":
        return {}
    return {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
