"""`kinetix render`: from names to files, and one line for each mistake."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import kinetix_core.record
from kinetix_core.cli import main
from kinetix_core.cli.render import usual_columns
from kinetix_core.render import Recording, read_replays, write_replay_page
from kinetix_core.render._look import look
from kinetix_core.scene import SceneBuilder, write_level
from tests.evaluate.stage import stage
from tests.render.sample import sample_recording

Image = pytest.importorskip("PIL.Image", reason="the extra render is not installed")

LEVEL = "handmade/s/roll_right"
LEVELS = f"[{LEVEL},handmade/s/lift_off,handmade/s/golf_swing]"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def render(capsys, *words: str) -> Path:
    assert main(["render", *words]) == 0
    return Path(capsys.readouterr().out.strip())


def refused(capsys, *words: str) -> str:
    assert main(["render", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert list(Path().iterdir()) == []
    return line.removeprefix("kinetix: error: ")


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_one_level_is_a_picture_of_its_own(capsys):
    path = render(capsys, LEVEL)
    assert path == Path("render.png")
    assert size_of(path)[0] == 800


def test_levels_of_several_sizes_make_one_sheet_with_their_names(capsys):
    wanted = [LEVEL, "handmade/m/sling_load", "handmade/l/conveyor", "handmade/s/lift_off"]
    text = render(capsys, *wanted, "--columns", "3", "--out", "sheet.svg").read_text("utf-8")
    assert re.findall(r"<text[^>]*>([^<]*)</text>", text) == wanted
    assert 'width="744"' in text
    assert [usual_columns(n) for n in (1, 2, 4, 5, 12, 64, 1000)] == [1, 2, 4, 3, 4, 8, 10]


def test_a_generator_makes_a_gallery_that_its_seed_decides(capsys):
    def gallery(seed: str) -> str:
        words = ["--generator", "files", f"generator.levels={LEVELS}", "--count", "6"]
        return render(capsys, *words, "--seed", seed, "--out", "a.svg").read_text("utf-8")

    one, two = gallery("1"), gallery("2")
    assert re.findall(r">(files \d)<", one) == [f"files {i}" for i in range(6)]
    assert one != two


def test_attempts_are_played_recorded_and_shown(capsys):
    words = [LEVEL, "--seed", "3", "--steps", "12", "--attempts", "2"]
    first, second = read_replays(render(capsys, *words, "--out", "x.html"))
    assert (first.steps, first.outcome, first.label) == (12, "time limit", "attempt 1")
    assert not np.array_equal(first.controls, second.controls)
    of_page = render(capsys, "x.html", "--frames", "3", "--out", "a.svg").read_text("utf-8")
    played = render(capsys, *words, "--frames", "3", "--out", "b.svg").read_text("utf-8")
    assert len(re.findall("<svg ", played)) == 1 + 6
    places = [re.findall(r"translate\((\S+) (\S+)\)", text) for text in (of_page, played)]
    np.testing.assert_allclose(*(np.array(p, float) for p in places), atol=0.0021)


def test_a_trained_policy_plays_with_all_its_seeds(capsys, monkeypatch):
    scene = SceneBuilder("s")
    scene.circle((4, 1), radius=0.2)
    write_level("one.json", scene.build())
    run = SimpleNamespace(
        task=stage(),
        params={"right": np.array([1.0, 0.0], np.float32)},
        composed=SimpleNamespace(num_seeds=2),
    )
    monkeypatch.setattr(kinetix_core.record, "load_run", lambda path: run, raising=False)
    monkeypatch.setattr(kinetix_core.record, "check_run", lambda path: None, raising=False)
    words = ["one.json", "--out", "x.html", "--policy", "run=a", "--steps", "5"]
    first, second = read_replays(render(capsys, *words))
    assert (first.label, second.label) == ("seed 0, attempt 1", "seed 1, attempt 1")
    assert first.steps == 5
    np.testing.assert_array_equal(first.controls[:, 0], np.ones(5))
    np.testing.assert_array_equal(second.controls[:, 0], -np.ones(5))


def test_options_may_stand_between_levels_and_settings(capsys):
    words = ["--theme", "dark", LEVEL, "--steps", "2", "handmade/s/lift_off", "--frames", "2"]
    text = render(capsys, *words, "env.frame_skip=6", "--out", "x.svg").read_text("utf-8")
    assert len(re.findall(">0.2 s[^<]*<", text)) == 2  # two steps of six sixtieths of a second
    assert look()["dark"]["room"] in text


def test_noop_does_nothing(capsys):
    (idle,) = read_replays(
        render(capsys, LEVEL, "--policy", "noop", "--steps", "12", "--out", "idle.html")
    )
    assert not idle.controls.any()
    assert idle.label == ""


def test_one_level_of_a_page_becomes_a_film(capsys):
    recordings: list[Recording] = [sample_recording("s/a"), sample_recording("s/b")]
    write_replay_page("r.html", "t", recordings)
    path = render(capsys, "r.html#s/b", "--out", "b.gif", "--fps", "10", "--theme", "dark")
    with Image.open(path) as image:
        assert (image.n_frames, image.width) == (5, 480)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "levels: none are asked for"),
        ("handmade --out x.bmp", "out=x.bmp: .bmp is no format; .svg, .png, .gif, .mp4, .html"),
        ("handmade --out x", "out=x: the suffix says the format"),
        ("handmad", "handmad: no such level file, folder, pattern or level set; did you mean"),
        ("handmade --generator files", "generator=files: it makes the levels, so handmade"),
        ("--generator fils", "generator=fils: unknown; did you mean files?"),
        ("--generator files --size xl generator.levels=handmade", "size=xl: s, m, l or"),
        (
            "--generator files ppo.epochs=2",
            "ppo.epochs=2: means nothing here; settings of generator",
        ),
        ("handmade env.frame_skip=1", "env.frame_skip=1: means nothing here; none is"),
        ("handmade env.frame=1 --out x.html", "env.frame: unknown setting"),
        ("handmade size=m", "size=m: it is written --size m here"),
        ("handmade run=a", "run=a: it is written --policy run=a here"),
        ("levels=handmade", "levels=handmade: it is written handmade here"),
        ("handmade --count 3", "count=3: means nothing without --generator"),
        ("handmade --seed 3", "seed=3: means nothing where nothing is random"),
        ("handmade --policy noop", "policy=noop: means nothing for levels as they are; --frames"),
        ("handmade --policy nop --out x.gif", "policy=nop: unknown; did you mean noop?; run=DIR"),
        ("handmade --policy run=nowhere --out x.gif", "run=nowhere: no such run folder"),
        ("handmade --columns 0", "columns=0: 1 to 100 is expected"),
        ("handmade --columns 2 --out x.html", "columns=2: means nothing in a page"),
        ("handmade --fps 2", "fps=2: means nothing but in a .gif or .mp4"),
        ("handmade --fps 99 --out x.gif", "fps=99: 1 to 50 is expected for a .gif"),
        ("handmade --theme drak", "theme=drak: unknown; did you mean dark?"),
        ("handmade --width x", "argument --width: invalid int value"),
        ("x.html", "x.html: cannot be read: No such file"),
        ("x.html --policy noop", "policy=noop: means nothing for recorded attempts"),
        ("x.html handmade", "recorded attempts and levels in one .png: --frames N"),
    ],
)
def test_a_mistake_is_one_line(capsys, line, words):
    assert words in refused(capsys, *line.split())


def test_a_folder_as_file_is_refused(capsys, tmp_path):
    (tmp_path / "x.png").mkdir()
    assert main(["render", LEVEL, "--out", "x.png"]) == 2
    assert "x.png: a folder; the name of a file is expected" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("package", "out", "words"),
    [
        ("PIL.Image", "x.png", "needs Pillow: pip install 'open-kinetix[render]'"),
        ("imageio_ffmpeg", "x.mp4", "needs imageio-ffmpeg: pip install 'open-kinetix[render]'"),
    ],
)
def test_a_missing_extra_is_named_before_anything_is_played(
    capsys, monkeypatch, package, out, words
):
    monkeypatch.setitem(sys.modules, package, None)
    assert words in refused(capsys, LEVEL, "--out", out)


def test_without_pillow_the_usual_picture_is_an_svg(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    path = render(capsys, LEVEL)
    assert path == Path("render.svg")
    assert path.read_text("utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("nolevel.json", "nolevel.json: no such level file"),
        ("x.html", "x.html: cannot be read: No such file"),
    ],
)
def test_levels_that_are_not_there_come_before_a_missing_extra(capsys, monkeypatch, level, words):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    assert words in refused(capsys, level, "--out", "x.png")
