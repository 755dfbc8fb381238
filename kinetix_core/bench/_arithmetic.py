"""How much arithmetic matrix products take, and how fast this machine can do it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.extend.core import jaxprs_in_params

from kinetix_core.errors import RunError

from ._clock import Work

PEAK_SIDE = 1536
"""Rows and columns of the square matrices whose product is taken for this machine's peak."""


def product_operations(function: Callable[..., Any], *args: Any) -> int:
    """Multiplications and additions in the matrix products and convolutions of a call.

    args: arrays or their shapes; nothing is computed. Loops count once per round where their
    length is known when they are traced, else once; of branches the largest counts.
    """
    return _count(jax.make_jaxpr(function)(*args).jaxpr)


def _count(jaxpr: Any) -> int:
    total = 0
    for equation in jaxpr.eqns:
        name, parameters = equation.primitive.name, equation.params
        if name == "dot_general":
            total += _of_product(equation)
        elif name == "conv_general_dilated":
            total += _of_convolution(equation)
        else:
            inner = [_count(sub) for sub in jaxprs_in_params(parameters)]
            rounds = parameters["length"] if name == "scan" else 1
            total += max(inner, default=0) if name == "cond" else rounds * sum(inner)
    return total


def _of_product(equation: Any) -> int:
    (contracted, _), _ = equation.params["dimension_numbers"]
    left = equation.invars[0].aval.shape
    return 2 * math.prod(left[axis] for axis in contracted) * equation.outvars[0].aval.size


def _of_convolution(equation: Any) -> int:
    kernel = equation.invars[1].aval.shape
    outputs = equation.params["dimension_numbers"].rhs_spec[0]
    per_output = math.prod(kernel) // kernel[outputs]
    # with grouped batches every output sees one group of the left side only
    return 2 * per_output * equation.outvars[0].aval.size


def peak_work() -> Work:
    """One product of large square matrices in single precision; its steps are operations."""
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((2, PEAK_SIDE, PEAK_SIDE), np.float32)
    multiply = jax.jit(lambda a, b: a @ b)
    a, b = jax.device_put((left, right))
    if not np.allclose(multiply(a, b)[0], left[0] @ right, atol=1e-2):
        raise RunError("matrix product: wrong; its speed means nothing")
    return Work(lambda: jax.block_until_ready(multiply(a, b)), 2 * PEAK_SIDE**3)
