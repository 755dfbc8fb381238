"""The two programs of a run, compiled: what it begins with, and one update.

What the generator draws from is an argument of both. So neither holds a level, a seed or a
parameter, and a run on other levels (as many) finds its programs in the compilation cache.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._setup import Setup
from ._tools import traced_once
from ._update import TrainState, init_state, update


def compiled(setup: Setup, seeds: int = 1) -> tuple[Init, Step]:
    """`init(seed)` and `step(state)`, jitted; for `seeds > 1` every leaf has a leading axis.

    Seeds are mapped, not batched, so that each gives the bits of a run of its own.
    """

    propose = traced_once(setup)

    def one_init(levels: Any, seed: Any) -> TrainState:
        return init_state(setup.with_levels(levels), seed, propose)

    def one_step(levels: Any, state: TrainState) -> Any:
        return update(setup.with_levels(levels), state, propose)

    def each(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda levels, several: jax.lax.map(lambda one: function(levels, one), several)

    if seeds == 1:
        return Init(one_init, setup.levels, np.uint32), Step(one_step, setup.levels)
    init = Init(
        each(one_init),
        setup.levels,
        lambda seed: np.uint32(seed) + jnp.arange(seeds, dtype=jnp.uint32),
    )
    return init, Step(each(one_step), setup.levels)


class Init:
    """A function of seeds that runs once, called with one seed; `shapes` computes nothing.

    `compile_aside` has it compiled in a thread, while Python traces other programs.
    """

    def __init__(
        self,
        function: Callable[[Any, Any], TrainState],
        levels: Any,
        seeds: Callable[[int], Any],
    ):
        self._jitted = jax.jit(function, compiler_options=_compiled_soon())
        self._levels, self._seeds = levels, seeds
        self._compiling: Future[Any] | None = None

    def __call__(self, seed: int) -> TrainState:
        program = self._compiling.result() if self._compiling else self._jitted
        return program(self._levels, self._seeds(seed))

    def compile_aside(self, seed: int) -> None:
        """For seeds of the kind of this one."""
        lowered = self._jitted.lower(self._levels, self._seeds(seed))
        self._compiling = _in_thread(lowered.compile)

    def shapes(self, seed: int) -> TrainState:
        return self._jitted.eval_shape(self._levels, self._seeds(seed))


class Step:
    """One update: a state goes in, which is used up, and the next comes out."""

    def __init__(self, function: Callable[[Any, TrainState], Any], levels: Any):
        self._jitted, self._levels = jax.jit(function, donate_argnums=1), levels

    def __call__(self, state: TrainState) -> Any:
        return self._jitted(self._levels, state)

    def lower(self, state: TrainState) -> Any:
        """Traced for a state of these shapes, not yet compiled."""
        return self._jitted.lower(self._levels, state)

    def compile(self, state: TrainState, stop_requested: Callable[[], bool]) -> Any:
        """The program for a state of these shapes, which later calls find done.

        Raises `KeyboardInterrupt` soon after a stop was requested; XLA goes on for a while in a
        thread of its own.
        """
        compiling = _in_thread(self.lower(state).compile)
        while not compiling.done():
            if stop_requested():
                raise KeyboardInterrupt
            wait([compiling], timeout=0.1)
        return compiling.result()


def _in_thread(function: Callable[[], Any]) -> Future[Any]:
    executor = ThreadPoolExecutor(1)
    result = executor.submit(function)
    executor.shutdown(wait=False)
    return result


def _compiled_soon() -> dict[str, Any]:
    """Options for a program that runs once: on CPUs optimising it takes longer than running it."""
    if jax.default_backend() != "cpu":
        return {}
    return {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
