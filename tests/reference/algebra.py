"""The small helpers of the physics specification, section 0.

Vectors have a trailing axis of 2; every helper works on one vector or on an array of them.
Nothing here introduces a precision of its own: float32 in, float32 out.
"""

import numpy as np


def rotate(angle, vector):
    """`R(angle) vector`, counter-clockwise."""
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = vector[..., 0], vector[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def unrotate(angle, vector):
    """`R(angle)^T vector`."""
    return rotate(-angle, vector)


def dot(u, v):
    return u[..., 0] * v[..., 0] + u[..., 1] * v[..., 1]


def cross(u, v):
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]


def norm(v):
    return np.sqrt(dot(v, v))


def spin(w, r):
    """Velocity of a point at arm `r` of a body that turns with `w`."""
    return np.stack([-w * r[..., 1], w * r[..., 0]], axis=-1)


def tangent(n):
    return np.stack([n[..., 1], -n[..., 0]], axis=-1)


def nz(x):
    """`x`, but 1 where it is exactly 0: the guard of every denominator."""
    return np.where(x == 0, np.ones_like(x), x)


def clamp(x, low, high):
    """`min(max(x, low), high)`: `high` wins where the bounds are in the wrong order."""
    return np.minimum(np.maximum(x, low), high)
