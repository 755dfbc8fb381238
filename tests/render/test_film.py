"""Films and pages read back: valid files that show every moment once."""

import re
import subprocess
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from kinetix_core.errors import RunError, SettingError
from kinetix_core.render import Replay, read_replays, write_film, write_replay_page
from kinetix_core.render._film import frame_svg
from kinetix_core.render._raster import rasterise
from kinetix_core.render._replay import as_replay
from tests.render.sample import sample_recording

Image = pytest.importorskip("PIL.Image", reason="the extra render is not installed")
ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="the extra render is not installed")


def test_a_gif_has_a_frame_for_each_moment_and_the_right_speed(tmp_path):
    path = write_film(tmp_path / "x.gif", [sample_recording(steps=31)], width=120)
    with Image.open(path) as film:
        # 31 steps of 1/30 s at 15 frames per second: 16 moments, the end among them
        assert film.n_frames == 17
        times, frames = [], []
        for k in range(film.n_frames):
            film.seek(k)
            times.append(film.info["duration"])
            frames.append(np.asarray(film.convert("RGB"), int))
    assert sum(times[:-1]) == pytest.approx(16 / 15 * 1000, abs=6)
    assert times[-1] > 1000
    assert all((a != b).any() for a, b in pairwise(frames))


def test_an_mp4_plays_as_long_as_the_longest_attempt_and_a_moment_more(tmp_path):
    recordings = [sample_recording("a"), sample_recording("b", steps=20)]
    path = write_film(tmp_path / "x.mp4", recordings, columns=2, width=201, fps=15)
    done = subprocess.run(
        [ffmpeg.get_ffmpeg_exe(), "-i", path, "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "h264" in done.stderr
    assert "yuv420p" in done.stderr
    width, height = map(int, re.findall(r", (\d+)x(\d+)", done.stderr)[0])
    assert width == 202
    assert height % 2 == 0
    assert int(re.findall(r"frame=\s*(\d+)", done.stderr)[-1]) == 11 + 17


def test_an_mp4_shows_the_frames_in_order(tmp_path):
    recording = as_replay(sample_recording())
    path = write_film(tmp_path / "x.mp4", [recording], width=160, fps=15)
    command = [ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "rawvideo"]
    raw = subprocess.run(
        [*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True
    ).stdout
    expected = [
        np.asarray(rasterise(frame_svg([recording], k / 15, 1, 160), "#ffffff"), int)
        for k in range(6)
    ]
    height, width, _ = expected[0].shape
    frames = np.frombuffer(raw, np.uint8).reshape(-1, height + height % 2, width, 3)
    distance = [
        [np.abs(frame[:height] - picture).mean() for picture in expected] for frame in frames[:6]
    ]
    assert np.argmin(distance, axis=1).tolist() == list(range(6))


def test_a_frame_says_time_reward_and_return_and_waits_at_the_end():
    short, long = (as_replay(sample_recording(n, steps=s)) for n, s in (("a", 3), ("b", 30)))
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", frame_svg([short, long], 0.5, 2, 800))
    assert texts == [
        "a",
        "0.1 s  return +0.04  solved",
        "b",
        "0.5 s  reward +0.012  return +0.18",
    ]


@pytest.mark.parametrize(
    ("name", "fps", "words"),
    [
        ("x.webm", None, r"x\.webm: \.gif or \.mp4 is expected"),
        ("x.gif", 60, "fps=60: 1 to 50 is expected for a .gif"),
        ("x.mp4", 0, "fps=0: 1 to 240 is expected"),
    ],
)
def test_films_that_cannot_be_are_refused(tmp_path, name, fps, words):
    with pytest.raises(SettingError, match=words):
        write_film(tmp_path / name, [sample_recording()], fps=fps)


@pytest.mark.parametrize("name", ["x.gif", "x.mp4"])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(RunError, match=rf"{name}: cannot be written \("):
        write_film(tmp_path / name, [sample_recording(steps=1)], width=64)


# --- pages read back ---


def test_a_page_gives_its_recordings_back(tmp_path):
    recordings = [
        replace(sample_recording("a/b", "time limit"), label="attempt 3"),
        sample_recording("</script>"),
    ]
    path = write_replay_page(tmp_path / "r.html", "t", recordings)
    replays = read_replays(path)
    for found, recording in zip(replays, recordings, strict=True):
        expected = as_replay(recording)
        assert (found.title, found.outcome) == (expected.title, expected.outcome)
        assert found.seconds == expected.seconds
        assert found.drawing == expected.drawing
        for name in ("position", "rotation"):
            drawn = [body["index"] for body in found.drawing["bodies"]]
            np.testing.assert_allclose(
                getattr(found, name)[:, drawn], getattr(expected, name)[:, drawn], atol=6e-4
            )
        np.testing.assert_allclose(found.controls, expected.controls, atol=0.0051)
        np.testing.assert_allclose(found.reward, expected.reward, atol=6e-5)
    assert [replay.name for replay in read_replays(path, "a/b")] == ["a/b"]
    again = write_replay_page(tmp_path / "again.html", "t", replays)
    assert again.read_text() == path.read_text()


def test_a_page_without_steps_or_movement_is_read(tmp_path):
    recording = sample_recording(steps=0)
    (found,) = read_replays(write_replay_page(tmp_path / "r.html", "t", [recording]))
    assert isinstance(found, Replay)
    assert found.steps == 0
    assert found.controls.shape == (0, 2)
    np.testing.assert_allclose(found.position[0, 4], (2, 2))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: "<html></html>", "not a replay page"),
        (lambda text: text.replace('"motion":"', '"motion":"A'), "damaged"),
        (lambda text: text.replace('"outcome":"solved"', '"outcome":"lost"'), "damaged"),
        (lambda text: text.replace('"steps":10', '"steps":11'), "damaged"),
        (lambda text: re.sub(r'"levels":\[.*?\],"summ', '"levels":[],"summ', text), "it is empty"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_page_that_cannot_be_read_is_one_line(tmp_path, change, words):
    path = tmp_path / "r.html"
    if change:
        write_replay_page(path, "t", [sample_recording()])
        path.write_text(change(path.read_text()))
    with pytest.raises(RunError, match=words) as caught:
        read_replays(path)
    assert "\n" not in str(caught.value)


def test_a_level_that_a_page_does_not_hold_is_refused_with_the_nearest(tmp_path):
    path = write_replay_page(tmp_path / "r.html", "t", [sample_recording("s/roll_right")])
    with pytest.raises(RunError, match="no level s/roll_left in it; did you mean s/roll_right"):
        read_replays(path, "s/roll_left")
