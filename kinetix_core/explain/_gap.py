"""How far green is from blue, surface to surface. On the host."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinetix_core.scene import BLUE, BOUNDARY, GREEN, Scene


def closest_gap(
    level: Scene,
    position: Float[np.ndarray, "frames bodies 2"],
    rotation: Float[np.ndarray, "frames bodies"],
) -> Float[np.ndarray, " frames"] | None:
    """Metres between the nearest green and blue body in each frame, 0 where they touch.

    level: one scene on the host; its bodies are at `position` (m) and `rotation` (rad). None where
    there is no pair of a green and a blue body of which one is no wall.
    """
    bodies, polygons = level.bodies, level.size.polygons
    green, blue = (
        np.flatnonzero(bodies.active & (bodies.role == r)).tolist() for r in (GREEN, BLUE)
    )
    pairs = [(a, b) for a in green for b in blue if max(a, b) >= BOUNDARY]
    if not pairs:
        return None

    def outline(body: int) -> tuple[np.ndarray, float]:
        """Corners (frames, n, 2) and how far the surface is outside them."""
        centre = position[:, body]
        if body >= polygons:
            return centre[:, None], float(bodies.radius[body])
        own = bodies.vertices[body][: bodies.n_vertices[body]].astype(np.float64)
        cos, sin = np.cos(rotation[:, body]), np.sin(rotation[:, body])
        turn = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], 1)
        return centre[:, None] + own @ turn, 0.0

    gaps = []
    for a, b in pairs:
        (corners_a, out_a), (corners_b, out_b) = outline(a), outline(b)
        between = np.minimum(_to_edges(corners_a, corners_b), _to_edges(corners_b, corners_a))
        gaps.append(np.maximum(between - out_a - out_b, 0.0))
    return np.min(gaps, axis=0)


def _to_edges(
    points: Float[np.ndarray, "frames n 2"], corners: Float[np.ndarray, "frames m 2"]
) -> Float[np.ndarray, " frames"]:
    """From the nearest point to a convex polygon (one corner: to that), 0 inside."""
    start, end = corners[:, None], np.roll(corners, -1, axis=1)[:, None]
    edge, away = end - start, points[:, :, None] - start
    length = np.maximum(np.sum(edge * edge, -1), 1e-12)
    along = np.clip(np.sum(away * edge, -1) / length, 0.0, 1.0)
    distance = np.linalg.norm(away - along[..., None] * edge, axis=-1).min(axis=2)
    side = edge[..., 0] * away[..., 1] - edge[..., 1] * away[..., 0]
    inside = (corners.shape[1] > 2) & (np.all(side <= 0, axis=2) | np.all(side >= 0, axis=2))
    return np.where(inside, 0.0, distance).min(axis=1)
