"""Promises that several kinds make, and what their checks share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from kinetix_core.interfaces import Box, Discrete, MultiDiscrete, Space

from ._compare import named_leaves


def is_a_frozen_dataclass(case: Any) -> None:
    """It is a frozen dataclass and can be hashed: compiled code is closed over it."""
    component = case.component
    kind = type(component).__name__
    assert dataclasses.is_dataclass(component), f"{kind} is no dataclass"
    frozen = type(component).__dataclass_params__.frozen  # pyright: ignore[reportAttributeAccessIssue]
    assert frozen, f"{kind} is a dataclass, but not frozen"
    hash(component)


def assert_keys_used_once(function: Callable[..., Any], *arguments: Any) -> None:
    """Trace `function` under JAX's own checker of typed random keys, without running it.

    Raises `AssertionError` where a key is used twice.
    """
    with jax.debug_key_reuse(True):
        try:
            jax.jit(function).trace(*arguments)
        except jax.errors.KeyReuseError as error:
            what = str(error).splitlines()[0]
            raise AssertionError(f"a random key is used more than once: {what}") from error


def outside(space: Space, value: Any) -> str | None:
    """Why `value` is not in `space`, in one line; None where it is."""
    value = jax.tree.map(np.asarray, value)
    if space.contains(value):
        return None
    found = [f"{path}: {x.dtype}{x.shape} {_range(x)}" for path, x in named_leaves(value)]
    return f"{', '.join(found)} is not in {space}"


def _range(x: np.ndarray) -> str:
    return f"from {x.min()} to {x.max()}" if x.size else "without entries"


def every_action(space: Discrete | MultiDiscrete | Box, limit: int = 20_000) -> np.ndarray | None:
    """All actions of a finite space along a leading axis; None where there are too many."""
    if isinstance(space, Discrete):
        return np.arange(space.n, dtype=np.int32) if space.n <= limit else None
    if isinstance(space, MultiDiscrete) and np.prod(space.sizes, dtype=float) <= limit:
        grid = np.meshgrid(*(np.arange(n, dtype=np.int32) for n in space.sizes), indexing="ij")
        return np.stack([axis.ravel() for axis in grid], axis=-1)
    return None
