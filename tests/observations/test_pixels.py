"""observation/pixels: recorded pictures, a painter that asks each pixel, and scenes by hand."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from kinetix_observations import Pixels, PixelsConfig

from kinetix_core.bench._golden import Recording
from kinetix_core.errors import SettingError
from kinetix_core.scene import BLUE, GREEN, RED, SIZES, L, M, Motor, S, SceneBuilder, SceneSize
from kinetix_core.testing import check, example_levels, example_task
from tests.golden import load_golden
from tests.observations.painter import Painter

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def pixels(size=S, **settings) -> Pixels:
    return Pixels(PixelsConfig(**settings), example_task(size))


def colour_at(image, x, y):
    """0..255, at a place in metres."""
    i, j = (round(v * len(image) / 5) for v in (x, y))
    return tuple(np.round(np.asarray(image)[i, j] * 255, 3).tolist())


@pytest.fixture(scope="module")
def draw():
    """The image of one scene of size S at the default settings, compiled once."""
    encode = jax.jit(pixels().encode)
    return lambda scene: np.asarray(encode(scene)["image"])


# --- recorded pictures ---


def away_from_thrusters(scenes, pixels_per_metre=25, reach=3):
    """Where no thruster's icon can be, (scenes, 125, 125)."""
    shown = np.ones((len(scenes.timestep), 125, 125), bool)
    places = np.round(scenes.thrusters.global_position * pixels_per_metre).astype(int)
    for i, t in np.argwhere(scenes.thrusters.active):
        x, y = (slice(max(c - reach, 0), max(c + reach, 0)) for c in places[i, t])
        shown[i, x, y] = False
    return shown


@pytest.mark.parametrize("name", ["s", "m", "l"])
def test_equals_the_published_observation(name):
    size = SIZES[name]
    recording = Recording("obs", load_golden(f"obs/obs_{name}.npz"), size)
    chosen = recording.arrays["pixel_state_row"]
    scenes = jax.tree.map(lambda x: x[chosen], recording.scenes("state"))
    found = jax.device_get(jax.jit(jax.vmap(pixels(size).encode))(scenes))
    wanted = recording.arrays["obs.pixels.image"]
    shown = away_from_thrusters(scenes)
    assert shown.mean() > 0.995
    np.testing.assert_allclose(found["image"][shown], wanted[shown], rtol=0, atol=1e-5)
    # our icon is another drawing of the same thing in the same place
    assert (np.abs(found["image"] - wanted)[~shown].max(axis=-1) > 1e-5).mean() < 0.4
    gravity = recording.arrays["obs.pixels.global_info"]
    np.testing.assert_allclose(found["global_info"], gravity, rtol=0, atol=1e-5)


# --- the painter ---


@pytest.mark.parametrize(("downscale", "padding"), [(4, True), (4, False), (2, False), (1, True)])
def test_equals_a_painter_that_asks_each_pixel(downscale, padding):
    levels = example_levels(M, 4, seed=3)
    levels.thrusters.active[:] = False
    levels.joints.active[1] = levels.polygons.active[1] = True
    levels.joints.is_fixed_joint[1] = [False, True]
    levels.circles.rotation[1] = [0, 2, -1]
    encoder = pixels(M, downscale=downscale, padding_corner=padding)
    found = jax.jit(jax.vmap(encoder.encode))(levels)
    for i in range(4):
        painter = Painter(downscale=downscale, padding=padding)
        wanted = painter.scene(jax.tree.map(lambda x, i=i: x[i], levels))
        wrong = np.abs(np.asarray(found["image"][i]) - wanted).max(axis=-1) > 1e-5
        assert not wrong.any(), f"scene {i}: {wrong.sum()} pixels, {np.argwhere(wrong)[:5]}"


def test_edges_on_pixels_fall_as_in_the_painter():
    """Corners on pixels, upright lines through pixels: everything is a tie."""
    b = SceneBuilder("m")
    b.rectangle((1.0, 2.0), width=0.8, height=0.4)
    b.polygon((3.0, 3.0), [(-0.4, 0), (0, 0.4), (0.4, 0), (0, -0.4)])
    for x, radius, turn in ((1.0, 0.2, 0.0), (2.0, 0.4, np.pi / 2), (3.0, 0.52, 1e-9)):
        b.circle((x, 4.0), radius=radius, rotation=turn)
    scene = b.build()
    found = np.asarray(jax.jit(pixels(M).encode)(scene)["image"])
    np.testing.assert_allclose(found, Painter().scene(scene), rtol=0, atol=1e-5)


# --- by hand ---


def test_an_empty_room_is_white_above_a_dark_floor(draw):
    scene = SceneBuilder("s").build()
    image = draw(scene)
    assert image.shape == (125, 125, 3)
    np.testing.assert_allclose(image[:, 10:], 1)
    np.testing.assert_allclose(image[:, :10], 80 / 255)
    # whatever its flag says and however it is turned
    floor = scene.polygons
    turned = replace(floor, active=floor.active & (np.arange(5) > 0), rotation=floor.rotation + 1)
    np.testing.assert_array_equal(draw(replace(scene, polygons=turned)), image)


def test_colours_say_role_and_fixation(draw):
    for role, fixated, colour in (
        (0, False, (160, 160, 160)),
        (GREEN, True, (0, 102, 0)),
        (BLUE, False, (0, 102, 204)),
        (RED, True, (127.5, 51, 51)),
    ):
        b = SceneBuilder("s")
        b.rectangle((1.5, 2.5), width=0.5, height=0.5, role=role, fixated=fixated)
        b.circle((3.5, 2.5), radius=0.4, role=role, fixated=fixated)
        image = draw(b.build())
        assert colour_at(image, 1.5, 2.5) == colour_at(image, 3.5, 2.3) == colour


def test_a_circle_shows_how_far_it_has_turned(draw):
    for turn, (x, y) in ((0, (0, 0.3)), (np.pi / 2, (-0.3, 0)), (np.pi, (0, -0.3))):
        b = SceneBuilder("s")
        b.circle((2.5, 2.5), radius=0.4, rotation=turn)
        image = draw(b.build())
        assert colour_at(image, 2.5 + x, 2.5 + y) == BLACK
        assert colour_at(image, 2.5 - x, 2.5 - y) == (160, 160, 160)


def test_joints_show_their_input_above_bodies_and_welds_are_white(draw):
    def jointed(**options):
        b = SceneBuilder("s")
        box = b.rectangle((2.5, 2.5), width=0.8, height=0.8)
        if options.pop("fixed", False):
            b.fixed_joint(0, box, anchor=(2.4, 2.6))
        else:
            b.revolute_joint(0, box, anchor=(2.4, 2.6), **options)
        return draw(b.build())

    assert colour_at(jointed(motor=Motor(binding=2)), 2.4, 2.6) == (0, 255, 255)
    assert colour_at(jointed(motor=Motor(binding=0)), 2.4, 2.6) == (255, 255, 0)
    for image in (jointed(), jointed(fixed=True)):
        assert colour_at(image, 2.4, 2.6) == WHITE
        others = image[60:64, 62:66].sum(axis=-1) < 2.9
        assert others.sum() == 15


@pytest.mark.parametrize("push", [0, np.pi / 2])
def test_a_thruster_has_its_flame_behind_and_its_nozzle_in_front(draw, push):
    b = SceneBuilder("s")
    disc = b.circle((2.5, 2.5), radius=0.8, rotation=-np.pi / 2)
    b.thruster(disc, position=(2.5, 2.5), rotation=push + np.pi / 2, binding=1)
    image = draw(b.build())
    dx, dy = 0.05 * np.cos(push), 0.05 * np.sin(push)
    assert colour_at(image, 2.5 - dx, 2.5 - dy) == (255, 0, 255)
    assert colour_at(image, 2.5 + dx * 1.2, 2.5 + dy * 1.2) == (60, 60, 60)


def test_later_things_cover_earlier_ones(draw):
    b = SceneBuilder("s")
    b.rectangle((2.5, 2.5), width=1, height=1, role=RED)
    b.circle((2.5, 2.5), radius=0.3, role=GREEN)
    b.circle((2.5, 2.4), radius=0.15, role=BLUE)
    image = draw(b.build())
    assert colour_at(image, 2.9, 2.9) == (255, 102, 102)
    assert colour_at(image, 2.5, 2.36) == (0, 102, 204)
    assert colour_at(image, 2.68, 2.56) == (0, 204, 0)


def test_a_body_is_cut_off_one_metre_from_its_centre(draw):
    b = SceneBuilder("s")
    b.rectangle((2.5, 2.5), width=1.9, height=0.4)
    wide = b.build()
    wide.polygons.vertices[4] *= np.array([1.5, 1], np.float32)
    columns = np.flatnonzero(draw(wide)[:, 62].sum(axis=-1) < 2.9)
    assert (columns[0], columns[-1]) == (37, 86)


def test_triangles_are_triangles_unless_drawn_as_published(draw):
    b = SceneBuilder("s")
    b.triangle((2.5, 2.5), [(-0.4, -0.3), (0, 0.4), (0.4, -0.3)])
    empty, scene = draw(SceneBuilder("s").build()), b.build()
    published = jax.jit(pixels(padding_corner=True).encode)
    for corner in (0, 2):  # what the unused slot repeats
        scene.polygons.vertices[4, 3] = scene.polygons.vertices[4, corner]
        assert colour_at(draw(scene), 2.4, 2.3) == (160, 160, 160)
        np.testing.assert_array_equal(draw(scene), draw(b.build()))
        np.testing.assert_array_equal(published(scene)["image"], empty)


def test_what_is_not_finite_is_not_drawn(draw):
    b = SceneBuilder("s")
    b.circle((2.5, 2.5), radius=0.4)
    b.rectangle((1.5, 2.5), width=0.4, height=0.4)
    for bad in (np.nan, np.inf):
        scene = b.build()
        scene.circles.position[0, 0] = scene.polygons.position[4, 1] = bad
        np.testing.assert_array_equal(draw(scene), draw(SceneBuilder("s").build()))


# --- settings ---


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({}, (125, 125, 3)),
        ({"downscale": 2}, (250, 250, 3)),
        ({"downscale": 8}, (62, 62, 3)),
        ({"screen_dim": (300, 400), "pixels_per_unit": 60}, (75, 100, 3)),
        ({"screen_dim": (8, 1400)}, (2, 350, 3)),
    ],
)
def test_shape_of_the_image(settings, shape):
    encoder = pixels(L, **settings)
    level = jax.tree.map(lambda x: x[1], example_levels(L, 2))
    found = jax.eval_shape(encoder.encode, level)
    assert found["image"].shape == dict(encoder.space(L).parts)["image"].shape == shape


def test_a_tall_narrow_view_is_a_part_of_the_square_one(draw):
    """More rows than fit into a byte, fewer columns than rows."""
    level = jax.tree.map(lambda x: x[1], example_levels(S, 2))
    tall = np.asarray(jax.jit(pixels(screen_dim=(250, 1200)).encode)(level)["image"])
    np.testing.assert_array_equal(tall[:, :125], draw(level)[:62])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"downscale": 0}, "observation.downscale=0: at least 1 is expected"),
        ({"pixels_per_unit": 3}, "observation.pixels_per_unit=3: at least 4 is expected"),
        ({"max_shape_size": 0}, "observation.max_shape_size=0: at least 1 is expected"),
        ({"screen_dim": (500,)}, "observation.screen_dim=[500]: width and height are expected"),
        ({"screen_dim": (2, 500)}, "observation.screen_dim=[2,500]: width and height"),
    ],
)
def test_a_mistake_is_one_line(settings, message):
    with pytest.raises(SettingError) as error:
        PixelsConfig(**settings)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_keeps_the_promises_in_other_sizes():
    for size in (SceneSize(4, 0, 0, 0), SceneSize(5, 1, 3, 2, 6, 3)):
        encoder = pixels(size, screen_dim=(120, 80), pixels_per_unit=20)
        promises = ["space_matches", "empty_slots_do_not_show"]
        check("observation", encoder, example_task(size), promises=promises)
