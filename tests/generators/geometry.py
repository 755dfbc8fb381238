"""How far the bodies of a scene are from each other, from their shapes alone."""

import numpy as np


def outline(scene, body):
    """Corners (k, 2) in the room and a radius around them: a circle is one corner."""
    bodies, polygons = scene.bodies, scene.size.polygons
    at = np.asarray(bodies.position[body], float)
    if body >= polygons:
        return at[None], float(scene.circles.radius[body - polygons])
    angle = float(bodies.rotation[body])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = scene.polygons.vertices[body, : scene.polygons.n_vertices[body]]
    return at + np.asarray(corners, float) @ turn.T, 0.0


def _axes(corners):
    if len(corners) == 1:
        return np.zeros((0, 2))
    sides = np.roll(corners, -1, axis=0) - corners
    return np.stack([sides[:, 1], -sides[:, 0]], 1)


def gap(scene, a, b):
    """The widest separation (m) along any axis that can tell two convex shapes apart; < 0: none."""
    (one, r), (two, s) = outline(scene, a), outline(scene, b)
    axes = [_axes(one), _axes(two)]
    if r or s:
        axes.append((one[:, None] - two[None]).reshape(-1, 2))
    axes = np.concatenate(axes)
    axes = axes[np.linalg.norm(axes, axis=1) > 1e-9]
    axes = axes / np.linalg.norm(axes, axis=1, keepdims=True)
    ours, theirs = one @ axes.T, two @ axes.T
    ahead = theirs.min(0) - ours.max(0)
    behind = ours.min(0) - theirs.max(0)
    return float(np.maximum(ahead, behind).max() - r - s)


def overlaps(scene, slop=0.012):
    """Pairs of bodies that push each other away and overlap by more than `slop` (m)."""
    active, fixated = scene.bodies.active, scene.bodies.inverse_mass == 0
    found = []
    for a in np.flatnonzero(active):
        for b in np.flatnonzero(active):
            collide = scene.collision_matrix[a, b] and not (fixated[a] and fixated[b])
            if a < b and collide and gap(scene, a, b) < -slop:
                found.append((int(a), int(b), round(gap(scene, a, b), 3)))
    return found


def reach(scene, body):
    """Least and greatest x and y of a body."""
    corners, r = outline(scene, body)
    return corners.min(0) - r, corners.max(0) + r
