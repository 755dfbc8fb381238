"""Pair lists, filters and solver batches (physics specification, sections 4 and 6.6b)."""

import numpy as np

# The first polygons are the static boundary: floor, left wall, right wall, ceiling.
NUM_STATIC_FIXATED_POLYS = 4


def polygon_pairs(P: int) -> np.ndarray:
    """(Kpp, 2): polygon i < polygon k, without pairs of two boundary polygons."""
    F = NUM_STATIC_FIXATED_POLYS
    pairs = [(i, k) for i in range(P) for k in range(i + 1, P) if not (i < F and k < F)]
    return np.array(pairs, np.int32).reshape(-1, 2)


def circle_polygon_pairs(C: int, P: int) -> np.ndarray:
    """(Kcp, 2): every circle with every polygon."""
    return np.array([(c, p) for c in range(C) for p in range(P)], np.int32).reshape(-1, 2)


def circle_pairs(C: int) -> np.ndarray:
    """(Kcc, 2): circle i < circle k."""
    return np.array([(i, k) for i in range(C) for k in range(i + 1, C)], np.int32).reshape(-1, 2)


def body_pairs(P: int, C: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three pair lists (pp, cp, cc) as body indices: circle k is body P + k."""
    return (
        polygon_pairs(P),
        circle_polygon_pairs(C, P) + np.array([P, 0], np.int32),
        circle_pairs(C) + np.array([P, P], np.int32),
    )


def collision_matrix(a_index, b_index, active, N: int) -> np.ndarray:
    """(N, N) bool: false for bodies that a chain of active joints connects, and on the diagonal."""
    component = np.arange(N)
    for a, b, joined in zip(a_index, b_index, active, strict=True):
        if joined:
            component[component == component[b]] = component[a]
    return component[:, None] != component[None, :]


def modes_ok(mode_a, mode_b) -> bool:
    """Whether the collision modes of two bodies let them touch."""
    return bool(mode_a == 2 or mode_b == 2 or mode_a * mode_b > 0)


def solver_batches(active, batch_size: int) -> list[np.ndarray]:
    """Row numbers of each solver batch, in the order in which they are solved; -1 is padding.

    `active` (K,) bool: the rows are sorted by it, false first, and dealt out to the batches.
    """
    K = len(active)
    num_batches = -(-K // batch_size)
    order = np.full(batch_size * num_batches, -1)
    order[:K] = np.argsort(active, kind="stable")
    return list(order.reshape(batch_size, num_batches).T)
