"""Comparing pytrees, and counting how often a function is traced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def named_leaves(tree: Any) -> list[tuple[str, np.ndarray]]:
    """Every leaf on the host, with its path as in `.polygons.position`."""
    return [
        (jax.tree_util.keystr(path) or "the array", _host(leaf))
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    ]


def _host(leaf: Any) -> np.ndarray:
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    return np.asarray(leaf)


def difference(found: Any, wanted: Any, tolerance: float = 0.0) -> str | None:
    """Where two pytrees of arrays differ, in one line; None where they are the same.

    With a tolerance of 0 floats must agree in every bit (all NaNs are alike), otherwise within
    `tolerance * (1 + |wanted|)`. Everything else must be equal, shapes and dtypes too.
    """
    if jax.tree.structure(found) != jax.tree.structure(wanted):
        return f"structure {jax.tree.structure(found)} instead of {jax.tree.structure(wanted)}"
    for (path, a), (_, b) in zip(named_leaves(found), named_leaves(wanted), strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"{path}: {a.dtype}{a.shape} instead of {b.dtype}{b.shape}"
        wrong = _wrong(a, b, tolerance)
        if wrong.any():
            at = tuple(np.argwhere(wrong)[0].tolist())
            return f"{path}{list(at) or ''}: {a[at]!r} instead of {b[at]!r} ({wrong.sum()} entries)"
    return None


def _wrong(a: np.ndarray, b: np.ndarray, tolerance: float) -> np.ndarray:
    if not np.issubdtype(a.dtype, np.floating):
        return a != b
    same = (np.isnan(a) & np.isnan(b)) | ((a == b) & (np.signbit(a) == np.signbit(b)))
    if tolerance:
        with np.errstate(invalid="ignore", over="ignore"):
            same |= (a == b) | (np.abs(a - b) <= tolerance * (1 + np.abs(b)))
    return ~same


def assert_same(found: Any, wanted: Any, tolerance: float = 0.0) -> None:
    """Raises `AssertionError` that names the first entry in which two pytrees differ."""
    if text := difference(found, wanted, tolerance):
        raise AssertionError(text)


def signature(tree: Any) -> Any:
    """What decides about re-compilation: structure, and shape, dtype, weak type of each leaf."""

    def leaf(x: Any) -> tuple[Any, ...]:
        kind = jax.typeof(x)
        return (kind.shape, kind.dtype, kind.weak_type)

    return jax.tree.structure(tree), tuple(leaf(x) for x in jax.tree.leaves(tree))


def assert_same_signature(found: Any, wanted: Any) -> None:
    """Raises `AssertionError` where `found` could not be fed back in the place of `wanted`."""
    (tree_a, leaves_a), (tree_b, leaves_b) = signature(found), signature(wanted)
    assert tree_a == tree_b, f"structure {tree_a} instead of {tree_b}"
    paths = [path for path, _ in jax.tree_util.tree_leaves_with_path(wanted)]
    for path, a, b in zip(paths, leaves_a, leaves_b, strict=True):
        name = jax.tree_util.keystr(path) or "the array"
        assert a == b, f"{name}: (shape, dtype, weak type) {a} instead of {b}"


def assert_finite(tree: Any) -> None:
    """Raises `AssertionError` that names the first number that is not finite."""
    for path, leaf in named_leaves(tree):
        if np.issubdtype(leaf.dtype, np.floating) and not np.isfinite(leaf).all():
            at = tuple(np.argwhere(~np.isfinite(leaf))[0].tolist())
            raise AssertionError(f"{path}{list(at) or ''}: {leaf[at]} is not finite")


def assert_traces_once(function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Call `jax.jit(function)` with each tuple of arguments; the results.

    Raises `AssertionError` where JAX traced (so compiled) the function more than once.
    """
    traced = 0

    def counted(*arguments: Any) -> Any:
        nonlocal traced
        traced += 1
        return function(*arguments)

    compiled = jax.jit(counted)
    results = []
    for number, arguments in enumerate(calls):
        results.append(compiled(*arguments))
        assert traced == 1, f"traced again for call {number} (counted from 0)"
    return results


def row(tree: Any, i: Any) -> Any:
    """Entry (or entries) `i` of the leading axis of every leaf."""
    return jax.tree.map(lambda x: x[i], tree)


def rows(tree: Any) -> int:
    """Length of the leading axis."""
    return jax.tree.leaves(tree)[0].shape[0]


def stack(trees: Iterable[Any]) -> Any:
    """Pytrees along a new leading axis, on the host."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(x) for x in leaves]), *trees)


def loop(function: Callable[..., Any], *arguments: Any) -> Any:
    """What `jax.vmap(function)` should give: one call per entry of the leading axes."""
    return stack(function(*(row(a, i) for a in arguments)) for i in range(rows(arguments[0])))
