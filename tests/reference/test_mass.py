"""Masses, inertias and centres of the reference."""

import numpy as np
import pytest

from tests import reference as ref
from tests.reference import quirks as q


def test_mass_of_simple_shapes():
    f32 = np.float32
    assert ref.circle_mass(f32(0.5), 2.0) == pytest.approx(np.pi / 2)
    assert ref.circle_inertia(f32(1), 1.0) == pytest.approx(np.pi / 4)
    assert ref.circle_inertia(f32(1), 1.0, q.ALL - {q.CIRCLE_INERTIA_HALVED}) == pytest.approx(
        np.pi / 2
    )
    box = np.array([(-1, 0.5), (1, 0.5), (1, -0.5), (-1, -0.5)], f32)
    assert ref.polygon_mass(box, 4, 3.0) == pytest.approx(6)
    assert ref.polygon_inertia(box, 4, 1.0) == pytest.approx(2 * (4 + 1) / 12)
    triangle = np.array([(0, 1), (1, -0.5), (-1, -0.5), (0, 0)], f32)
    right = ref.polygon_inertia(triangle, 3, 1.0, q.ALL - {q.TRIANGLE_INERTIA_WRAPS_PADDING})
    assert ref.polygon_inertia(triangle, 3, 1.0) == pytest.approx(right * 2 / 3)


def test_centre_of_a_trapezium_is_its_vertex_mean():
    trapezium = np.array([(0, 1), (1, 1), (3, 0), (0, 0)], np.float32)
    assert ref.polygon_centre(trapezium, 4) == pytest.approx([1, 0.5])
    area = ref.polygon_centre(trapezium, 4, q.ALL - {q.CENTRE_IS_VERTEX_MEAN})
    assert area == pytest.approx([13 / 12, 5 / 12])
    moved, vertices = ref.centre_polygon(np.zeros(2, np.float32), np.pi / 2, trapezium, 4)
    assert moved == pytest.approx([1, 0.5])
    assert vertices.mean(axis=0) == pytest.approx([0, 0])
    turned, _ = ref.centre_polygon(
        np.zeros(2, np.float32), np.pi / 2, trapezium, 4, q.ALL - {q.CENTRE_SHIFT_UNROTATED}
    )
    assert turned == pytest.approx([-0.5, 1])


def test_recalculate_keeps_fixated_bodies():
    state = ref.random_state(np.random.default_rng(3), 8, 4, 0, 0)
    state.polygon.inverse_mass[4], state.circle.inverse_mass[0] = 0, 0
    state.circle.inverse_inertia[0] = 1
    again = ref.recalculate(state, np.full(8, 2.0, np.float32), np.full(4, 2.0, np.float32))
    fixed = state.polygon.inverse_mass == 0
    assert np.all((again.polygon.inverse_mass == 0) == fixed)
    assert np.array_equal(again.polygon.position[fixed], state.polygon.position[fixed])
    assert again.circle.inverse_inertia[0] == 1
