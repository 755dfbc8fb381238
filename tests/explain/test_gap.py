"""How far green is from blue: by hand."""

import numpy as np
import pytest

from kinetix_core.explain import closest_gap
from kinetix_core.scene import BLUE, GREEN, SceneBuilder


def gap(level, frames=None):
    bodies = level.bodies
    position = bodies.position[None].astype(float) if frames is None else frames
    return closest_gap(
        level, position, bodies.rotation[None].astype(float).repeat(len(position), 0)
    )


def level(green, blue):
    builder = SceneBuilder("m")
    for shape, role in ((green, GREEN), (blue, BLUE)):
        kind, *arguments = shape
        getattr(builder, kind)(*arguments[:-1], **arguments[-1], role=role)
    return builder.build()


BALL = ("circle", (1.0, 1.0), 0.25, {})
BOX = ("rectangle", (3.0, 1.0), 1.0, 0.5, {})


@pytest.mark.parametrize(
    ("green", "blue", "metres"),
    [
        (BALL, ("circle", (2.0, 1.0), 0.5, {}), 0.25),
        (BALL, ("circle", (1.6, 1.0), 0.5, {}), 0.0),
        (BALL, BOX, 1.25),
        (BOX, BALL, 1.25),
        (("circle", (1.0, 2.25), 0.25, {}), BOX, np.hypot(1.5, 1.0) - 0.25),
        (("circle", (3.0, 1.1), 0.05, {}), BOX, 0.0),
        (("rectangle", (1.0, 1.0), 1.0, 1.0, {}), BOX, 1.0),
        (("rectangle", (1.0, 1.0), 1.0, 1.0, {"rotation": np.pi / 4}), BOX, 1.5 - np.sqrt(0.5)),
    ],
)
def test_from_surface_to_surface(green, blue, metres):
    np.testing.assert_allclose(gap(level(green, blue)), [metres], atol=1e-5)


def test_each_frame_by_itself():
    found = level(BALL, ("circle", (2.0, 1.0), 0.5, {}))
    near = found.bodies.position.astype(float)
    frames = np.stack([near, near + 0.0])
    frames[1, found.size.polygons] += (0.1, 0.0)
    np.testing.assert_allclose(gap(found, frames), [0.25, 0.15], atol=1e-6)


def test_without_green_or_blue_there_is_none():
    builder = SceneBuilder("s")
    builder.circle((1.0, 1.0), 0.2, role=GREEN)
    assert gap(builder.build()) is None
