"""Masses and moments of new bodies, quirks included (spec/physics.md 3 and 9, 1 to 4)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinetix_core.scene import (
    SceneBuilder,
    circle_mass,
    polygon_area,
    polygon_mass,
)
from tests import reference
from tests.scene.published import read_published

SQUARE = [(-0.5, 0.5), (0.5, 0.5), (0.5, -0.5), (-0.5, -0.5)]
KITE = [(0.0, 1.0), (1.0, 0.0), (0.0, -0.2), (-0.2, 0.0)]  # mean and centroid differ
LEVER = [(0.0, 0.6), (0.9, 0.0), (0.0, 0.0)]


def padded(vertices) -> np.ndarray:
    slots = np.zeros((4, 2), np.float32)
    slots[: len(vertices)] = vertices
    return slots


def test_circle_moment_is_a_quarter():
    mass, inertia = circle_mass(0.4, density=1.5)
    assert mass == pytest.approx(np.pi * 0.4**2 * 1.5, rel=1e-6)
    assert inertia == pytest.approx(np.pi * 0.4**4 / 4 * 1.5, rel=1e-6)


def test_centre_is_the_mean_of_the_vertices():
    made = polygon_mass(padded(KITE), 4)
    assert made.centre == pytest.approx(np.mean(KITE, axis=0), abs=1e-6)
    assert made.vertices == pytest.approx(padded(KITE) - np.mean(KITE, axis=0), abs=1e-6)
    assert made.mass == pytest.approx(0.72, rel=1e-6)  # half the product of the diagonals


def test_centre_is_moved_without_the_rotation():
    b = SceneBuilder("s")
    body = b.polygon((2, 2), KITE, rotation=np.pi / 2)
    wanted = np.array([2, 2]) + np.mean(KITE, axis=0)
    assert b.build().polygons.position[body] == pytest.approx(wanted, abs=1e-6)


def test_moment_of_a_triangle_meets_the_padding():
    made = polygon_mass(padded(LEVER), 3)
    v = made.vertices
    assert v[3] == pytest.approx(-made.centre, abs=1e-6)  # the padding, shifted too

    def term(p, q):
        return abs(0.25 * (p[0] * q[1] - p[1] * q[0]) / 3 * (p @ p + q @ p + q @ q))

    with_padding = term(v[1], v[0]) + term(v[2], v[1]) + term(v[3], v[2])
    proper = term(v[1], v[0]) + term(v[2], v[1]) + term(v[0], v[2])
    assert made.inertia == pytest.approx(with_padding, rel=1e-5)
    assert abs(made.inertia - proper) > 0.1 * proper


def test_square():
    made = polygon_mass(padded(SQUARE), 4, density=2.0)
    assert made.mass == pytest.approx(2.0)
    assert made.inertia == pytest.approx(2.0 * (1 + 1) / 12, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 4]), st.floats(0.2, 5))
def test_polygons_agree_with_the_reference(seed, n, density):
    angles = -np.sort(np.random.default_rng(seed).uniform(0, 2 * np.pi, n))  # clockwise
    vertices = padded(np.stack([np.cos(angles), np.sin(angles)], axis=-1))
    made = polygon_mass(vertices, n, density)
    where, shifted = reference.centre_polygon(np.zeros(2, np.float32), 0.0, vertices, n)
    assert polygon_area(vertices, n) * density == made.mass
    assert made.mass == pytest.approx(reference.polygon_mass(vertices, n, density), abs=2e-6)
    assert made.centre == pytest.approx(where, abs=1e-6)
    assert made.vertices == pytest.approx(shifted, abs=1e-6)
    inertia = reference.polygon_inertia(shifted, n, density)
    assert made.inertia == pytest.approx(inertia, rel=1e-4, abs=1e-6)


def test_published_levels_weigh_what_their_shapes_say():
    bodies = 0
    for level in read_published().values():
        scene = level.scene
        p, c = scene.polygons, scene.circles
        for i in np.flatnonzero(p.active & (p.inverse_mass != 0)):
            made = polygon_mass(p.vertices[i], p.n_vertices[i], p.density[i])
            assert 1 / made.mass == pytest.approx(p.inverse_mass[i], rel=1e-5)
            assert 1 / made.inertia == pytest.approx(p.inverse_inertia[i], rel=1e-5)
            bodies += 1
        for i in np.flatnonzero(c.active & (c.inverse_mass != 0)):
            mass, inertia = circle_mass(c.radius[i], c.density[i])
            assert 1 / mass == pytest.approx(c.inverse_mass[i], rel=1e-5)
            assert 1 / inertia == pytest.approx(c.inverse_inertia[i], rel=1e-5)
            bodies += 1
    assert bodies > 200
