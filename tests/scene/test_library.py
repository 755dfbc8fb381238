"""Which levels a name stands for, and loading many of them."""

import shutil

import jax
import numpy as np
import pytest

from kinetix_core.errors import LevelError
from kinetix_core.scene import (
    L,
    M,
    S,
    SceneBuilder,
    SceneSize,
    expand,
    find_level,
    find_levels,
    level_sets,
    load_levels,
    permute,
    read_level,
    write_level,
)
from tests.scene.test_builder import build_car


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """a.json, b.json, deep/a.json (size m), a hidden file and a file that is no level."""
    folder = tmp_path_factory.mktemp("levels")
    b, *_ = build_car()
    scene = b.build()
    (folder / "deep").mkdir()
    write_level(folder / "b.json", SceneBuilder("s").build())
    write_level(folder / "a.json", scene)
    write_level(folder / "deep" / "a.json", expand(scene, M))
    (folder / ".hidden.json").write_text("{}")
    (folder / "notes.txt").write_text("no level")
    return folder


def names(asked):
    return [entry.name for entry in find_levels(asked)]


def test_files_folders_and_patterns(folder):
    assert names(folder) == ["a", "b", "deep/a"]
    assert names(str(folder)) == ["a", "b", "deep/a"]
    assert names(folder / "b") == names(folder / "b.json") == ["b"]
    assert names([folder / "b", folder / "a"]) == ["b", "a"]
    assert names(f"{folder}/*.json") == ["a", "b"]
    assert names(f"{folder}/d*") == ["a"]
    assert names(f"{folder}/**/a.json") == [f"{folder}/a", f"{folder}/deep/a"]


def test_relative_names(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert names("deep") == ["a"]
    assert names("./b") == ["b"]
    assert names("*.json") == ["a", "b"]
    with pytest.raises(LevelError, match=r"^\./handmade: no such level file, folder"):
        find_levels("./handmade")


def test_sets():
    assert "handmade" in level_sets()
    everything = names("handmade")
    assert "handmade/s/roll_right" in everything
    assert "handmade/l/conveyor" in everything
    assert names("handmade/s/") == [n for n in everything if n.startswith("handmade/s/")]
    assert names("handmade/s/roll_right") == names("handmade/s/roll_right.json")
    with pytest.raises(LevelError, match="did you mean handmade/s/roll_right"):
        find_levels("handmade/s/rol_right")
    with pytest.raises(LevelError, match=r"level sets: .*handmade"):
        find_levels("nothing_like_it")
    with pytest.raises(LevelError, match="no such level file"):
        find_levels("handmade/../levels")


def test_a_file_hides_a_set_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(level_sets()["handmade"] / "s" / "lift_off.json", "handmade.json")
    assert names("handmade") == ["handmade"]


def test_a_level_is_listed_once(folder):
    assert names([folder, folder / "a.json", f"{folder}/*.json"]) == ["a", "b", "deep/a"]


def test_two_levels_of_one_name_get_their_paths(folder):
    assert names([folder / "a.json", folder / "deep" / "a.json"]) == [
        f"{folder}/a",
        f"{folder}/deep/a",
    ]


def test_one_level(folder):
    assert find_level(folder / "a").path == folder / "a.json"
    with pytest.raises(LevelError, match=r"\*\.json: 2 levels have this name; one is expected"):
        find_level(f"{folder}/*.json")


def test_nothing_there(folder, tmp_path):
    with pytest.raises(LevelError, match="this folder holds no level files"):
        find_levels(tmp_path)
    with pytest.raises(LevelError, match=r"/nowhere: no such level file, folder, pattern"):
        find_levels(f"{tmp_path}/nowhere")
    with pytest.raises(LevelError, match="no level file matches this pattern"):
        find_levels(f"{folder}/x*.json")
    with pytest.raises(LevelError, match="levels: none are asked for"):
        find_levels([])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a" * 300, "File name too long"),
        ("~nosuchuser/x", "is no user's home folder"),
        ("a.permute" + "1" * 5000, "Exceeds the limit|File name too long"),
    ],
)
def test_names_that_no_path_can_have(name, message):
    for find in (find_level, find_levels):
        with pytest.raises(LevelError, match=message) as error:
            find(name)
        assert str(error.value).startswith(name[:300])


def test_patterns_that_cannot_be_read(monkeypatch):
    def refuse(*_):
        raise ValueError("Invalid pattern")  # as `a**b` is before Python 3.13

    monkeypatch.setattr("pathlib.Path.glob", refuse)
    with pytest.raises(LevelError, match=r"^a\*\*b: cannot be looked up: Invalid pattern$"):
        find_levels("a**b")


def test_folders_that_may_not_be_read(monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.is_dir", refuse)
    for find in (find_level, find_levels):
        with pytest.raises(LevelError, match=r"^secret/x: cannot be looked up: Permission denied$"):
            find("secret/x")


def test_loading_expands_and_stacks(folder):
    levels, found, skipped = load_levels(folder, L)
    assert found == ("a", "b", "deep/a")
    assert skipped == ()
    assert levels.size == L
    for i, name in enumerate(found):
        one = read_level(folder / name, L).scene
        jax.tree.map(lambda all_, x, i=i: np.testing.assert_array_equal(all_[i], x), levels, one)


def test_without_a_size_the_smallest_that_holds_all(folder, tmp_path):
    assert load_levels(folder).levels.size == M
    assert load_levels(folder / "a").levels.size == S
    write_level(tmp_path / "circles.json", SceneBuilder(SceneSize(4, 5, 0, 0)).build())
    mixed = load_levels([tmp_path, folder / "a"])
    assert mixed.levels.size == SceneSize(5, 5, 1, 1)


def test_of_a_whole_set_what_fits_is_taken():
    assert all(n.startswith("handmade/s/") for n in load_levels("handmade", S).names)
    assert len(load_levels("handmade", L).names) == len(find_levels("handmade"))
    with pytest.raises(LevelError, match=r"\.json: .* 2 polygons .* do not fit size s"):
        load_levels("handmade/m", S)
    with pytest.raises(LevelError, match=r"none can be used, .* too large for size p4c0j0t0"):
        load_levels("handmade", SceneSize(4, 0, 0, 0))


def test_permutations_are_levels_of_their_own(folder):
    levels, found, _ = load_levels([f"{folder}/a.permute7", f"{folder}/a.json.permute8"], L)
    assert found == ("a.permute7", "a.permute8")
    wanted = permute(read_level(folder / "a", L).scene, 7)
    jax.tree.map(lambda x, y: np.testing.assert_array_equal(x[0], y), levels, wanted)


@pytest.fixture
def damaged(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "broken.json").write_text("{}")
    return tmp_path


def test_a_broken_file_in_a_folder_is_named(damaged):
    with pytest.raises(LevelError) as error:
        load_levels(damaged, L)
    text = str(error.value)
    assert text.startswith(f"{damaged}/broken.json: env_state: missing key; `kinetix levels valid")
    assert "generator.skip_broken=true" in text
    with pytest.raises(LevelError, match=r"broken\.json: env_state: missing key$"):
        load_levels(damaged / "broken.json", L)  # it is alone: there is nothing to leave out


def test_names_near_it_are_those_on_disk_too(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder.parent / "notes.txt").touch()
    for name, near in ((folder.name + "x", folder.name), ("handmad", "handmade")):
        with pytest.raises(LevelError, match=rf"^{name}: no such .*; did you mean .*\b{near}\b"):
            find_levels(name)
    with pytest.raises(LevelError, match=r"^qqq: no such .*; level sets: .*handmade"):
        find_levels("qqq")


def test_broken_files_can_be_left_out(damaged):
    levels, found, skipped = load_levels(damaged, S, skip_broken=True)
    assert found == ("a", "b")
    assert levels.gravity.shape == (2, 2)
    assert skipped == (
        f"{damaged}/broken.json: env_state: missing key",
        f"{damaged}/deep/a.json: slots for 2 polygons besides the boundary, used or not, do not "
        "fit size s, which has 1 polygon besides the boundary; the smallest size that fits is "
        "size=m",
    )
    with pytest.raises(LevelError, match=r"none can be used, 1 broken, such as .*broken\.json"):
        load_levels(damaged / "broken.json", S, skip_broken=True)
