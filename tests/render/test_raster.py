"""Pictures as pixels: what stands where, in which colour, with smooth edges."""

import math
import os
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from kinetix_core.errors import RunError, SettingError
from kinetix_core.render import filmstrip_svg, scene_svg, write_picture
from kinetix_core.render._look import look
from kinetix_core.render._outline import dashes, path_lines
from kinetix_core.render._raster import rasterise
from kinetix_core.scene import empty_scene
from tests.render.browser import CHROMIUM
from tests.render.sample import sample_level, sample_recording

Image = pytest.importorskip("PIL.Image", reason="the extra render is not installed")

LIGHT, VIEW = look()["light"], look()["view"]
WIDTH = 524
UNIT = WIDTH / (VIEW["right"] - VIEW["left"])


def pixels(svg: str) -> np.ndarray:
    return np.asarray(rasterise(svg, LIGHT["page"]))


def rgb(tone: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(tone[1:]))


def at(image: np.ndarray, x: float, y: float) -> tuple[int, ...]:
    """The colour at a place of the world (m)."""
    return tuple(image[int((VIEW["top"] - y) * UNIT), int((x - VIEW["left"]) * UNIT)].tolist())


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    level = sample_level()
    level.thrusters.active[:] = False
    return pixels(scene_svg(level, width=WIDTH))


@pytest.mark.parametrize(
    ("x", "y", "tone"),
    [
        (0.5, 3.5, LIGHT["room"]),
        (0.5, 0.2, LIGHT["wall"]),  # the floor reaches up to 0.4 m
        (5.06, 2.5, LIGHT["wall"]),
        (2.5, 1.78, LIGHT["roles"][2]),  # the blue circle, away from its mark and joint
        (2.0, 2.0, LIGHT["roles"][1]),  # the bar, turned by 0.5 rad ...
        (2 + 0.45 * math.cos(0.5 + math.pi), 2 + 0.45 * math.sin(0.5 + math.pi), LIGHT["roles"][1]),
        (1.6, 2.06, LIGHT["room"]),  # ... and not flat
        (2.5 - 0.045, 2.0, LIGHT["inputs"][2]),  # the pin, where the bodies meet
        (2.5, 2.0, LIGHT["line"]),  # and its middle
    ],
)
def test_what_stands_where_in_which_colour(picture, x, y, tone):
    assert at(picture, x, y) == rgb(tone)


def test_a_fixated_body_is_striped_in_its_own_frame(picture):
    inside = {at(picture, 4 + dx, 0.95) for dx in np.linspace(-0.12, 0.12, 40)}
    assert {rgb(LIGHT["fixated"][3]), rgb(LIGHT["hatch"][3])} <= inside
    level = sample_level()
    level.circles.rotation[1] = math.pi / 2
    turned = pixels(scene_svg(level, width=WIDTH))
    where = [(4 + dx, 0.95) for dx in np.linspace(-0.12, 0.12, 40)]
    assert [at(picture, *p) for p in where] != [at(turned, *p) for p in where]


def test_edges_are_anti_aliased(picture):
    """On a circle's edge there are colours between those of line and room."""
    row = picture[int((VIEW["top"] - 1.9) * UNIT)]
    beyond = int((2.5 + 0.28 - VIEW["left"]) * UNIT)
    edge = {tuple(p) for p in row[beyond - 2 : beyond + 6].tolist()}
    assert rgb(LIGHT["room"]) in edge
    assert edge - {rgb(t) for t in (LIGHT["room"], LIGHT["roleLines"][2], LIGHT["roles"][2])}


def test_twice_the_width_is_twice_as_fine_not_enlarged():
    small, large = (pixels(scene_svg(sample_level(), width=w)) for w in (200, 800))
    assert small.shape[1] == 200
    assert large.shape[1] == 800
    blown = np.kron(small, np.ones((4, 4, 1), np.uint8))
    # An enlarged picture would differ nowhere; the same scene differs at its edges only.
    difference = np.abs(large[: blown.shape[0]].astype(int) - blown[: large.shape[0]]).max(axis=2)
    assert 0.005 < (difference > 60).mean() < 0.1


def test_a_flame_is_as_long_as_the_push():
    def orange(push: float) -> int:
        recording = replace(sample_recording(), controls=np.full((10, 2), push))
        image = pixels(filmstrip_svg(recording, frames=2, width=1060))
        return int((image == rgb(LIGHT["inputs"][3])).all(axis=2).sum())

    assert orange(0.0) == 0 < orange(0.5) < 0.75 * orange(1.0)


def test_parts_that_are_half_transparent_mix_with_what_is_below():
    level = empty_scene(sample_level().size)
    svg = scene_svg(level, width=WIDTH)
    line = '<path d="M1 3H4" stroke="#000000" stroke-width="0.2" stroke-opacity="0.5"/>'
    image = pixels(svg.replace("</g></svg></svg>", f"{line}</g></svg></svg>"))
    half = np.array(rgb(LIGHT["room"])) // 2
    np.testing.assert_allclose(at(image, 2.5, 3.05), half, atol=2)


def test_a_browser_draws_the_same_of_the_svg(tmp_path):
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    recording = replace(sample_recording(), controls=np.full((10, 2), 0.8))
    svg = filmstrip_svg(recording, frames=2, width=1060)
    (tmp_path / "x.svg").write_text(svg, "utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--disable-background-networking"]
    command += ["--window-size=1060,600", f"--screenshot={tmp_path / 'x.png'}"]
    subprocess.run(
        [*command, (tmp_path / "x.svg").as_uri()],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
        timeout=60,
    )
    ours = pixels(svg).astype(int)[:510]  # not the text, whose font is another
    theirs = np.asarray(Image.open(tmp_path / "x.png").convert("RGB"), int)[:510]
    difference = np.abs(ours - theirs).max(axis=2)
    assert (difference > 40).mean() < 0.004
    assert (difference > 100).mean() < 0.0001


def test_svg_and_png_are_written_and_mistakes_are_one_line(tmp_path):
    svg = scene_svg(sample_level(), width=100)
    assert write_picture(tmp_path / "a" / "x.svg", svg).read_text("utf-8") == svg
    with Image.open(write_picture(tmp_path / "x.png", svg)) as image:
        assert (image.format, image.mode, image.width) == ("PNG", "RGB", 100)
    with pytest.raises(SettingError, match=r"x\.bmp: \.svg or \.png is expected"):
        write_picture(tmp_path / "x.bmp", svg)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        write_picture(tmp_path / "file" / "x.png", svg)


# --- outlines ---


@pytest.mark.parametrize(("large", "sweep"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_arcs_keep_to_their_circle_and_side(large, sweep):
    ((points, closed),) = path_lines(f"M2 0A2 2 0 {large} {sweep} 0 2")
    assert not closed
    np.testing.assert_allclose([points[0], points[-1]], [(2, 0), (0, 2)], atol=1e-9)
    centre = (0, 0) if large != sweep else (2, 2)
    np.testing.assert_allclose(np.hypot(*(points - centre).T), 2, atol=1e-9)
    length = np.hypot(*np.diff(points, axis=0).T).sum()
    assert length == pytest.approx((1.5 if large else 0.5) * math.pi * 2, rel=1e-2)


def test_paths_have_lines_curves_and_parts():
    lines = path_lines("M0 0H2V1L0 1ZM5 5L6 6")
    assert [closed for _, closed in lines] == [True, False]
    np.testing.assert_array_equal(lines[0][0], [(0, 0), (2, 0), (2, 1), (0, 1)])
    ((curve, _),) = path_lines("M0 0Q1 2 2 0")
    np.testing.assert_allclose(curve[6], (1, 1))


def test_dashes_go_round_corners_and_end_with_the_line():
    pieces = dashes(np.array([(0.0, 0), (1, 0), (1, 1)]), 0.5, 0.4)
    np.testing.assert_allclose(pieces[0], [(0, 0), (0.5, 0)])
    np.testing.assert_allclose(pieces[1], [(0.9, 0), (1, 0.4)])
    np.testing.assert_allclose(pieces[2], [(1, 0.8), (1, 1)])
