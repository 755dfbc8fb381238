"""`kinetix levels fetch`: with a wheel made here, which pip finds in a folder; no network."""

import importlib
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from itertools import cycle, islice

import pytest

from kinetix_core.cli import main
from kinetix_core.errors import LevelError
from kinetix_core.registry import registry
from kinetix_core.scene import M, find_levels, level_sets, load_levels
from tests.scene.published import published_levels

fetching = importlib.import_module("kinetix_core.scene._fetch")
COUNTS = {"s": 10, "m": 24, "l": 40}


def level_files():
    """Names in the wheel and contents: ours, as often as it takes to have as many."""
    ours = level_sets()["handmade"]
    for size, count in COUNTS.items():
        files = sorted((ours / size).glob("*.json"))
        for i, file in enumerate(islice(cycle(files), count)):
            yield f"kinetix/levels/{size}/{file.stem}_{i}.json", file.read_text()


def make_wheel(folder, files):
    path = folder / "kinetix_env-3.0.2-py3-none-any.whl"
    info = "kinetix_env-3.0.2.dist-info"
    meta = {
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: kinetix-env\nVersion: 3.0.2\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
        "kinetix/__init__.py": "raise SystemExit('this was imported')\n",
        "kinetix/levels/s/../../escape.json": "{}",
        "kinetix/levels/readme.json": "{}",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (meta | dict(files)).items():
            archive.writestr(name, text)
    return path


@pytest.fixture
def wheels(tmp_path):
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty user's cache, and a pip that knows no index."""
    monkeypatch.setenv("KINETIX_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    registry.cache_clear()
    yield tmp_path / "cache"
    registry.cache_clear()


def fetch(capsys, *argv):
    status = main(["levels", "fetch", *map(str, argv)])
    output = capsys.readouterr()
    return status, output.out.splitlines(), output.err.splitlines()


def refused(capsys, *argv):
    """The one line on standard error of a fetch that fails."""
    status, _, (line,) = fetch(capsys, *argv)
    assert status == 2
    assert line.startswith("kinetix: error: levels fetch: ")
    return line.removeprefix("kinetix: error: levels fetch: ")


def left_behind(cache):
    return sorted(p.name for p in (cache / "levels").iterdir())


def test_the_set_is_known_before_it_is_there(cache):
    assert "published" not in level_sets()
    for name in ("published", "published/m", "published/s/h0_weak_thrust"):
        with pytest.raises(LevelError, match=rf"^{name}: .*`kinetix levels fetch` brings it$"):
            find_levels(name)


CACHED_SET = """
from kinetix_core.registry import hookimpl

@hookimpl
def kinetix_level_sets():
    return {"mazes": "cache://my/mazes"}
"""


def test_any_package_may_keep_a_set_in_the_cache(cache, packages):
    packages.add("kinetix-mazes", "kinetix_mazes", CACHED_SET)
    with pytest.raises(LevelError, match=f"^mazes: .* {cache}/my/mazes is missing$"):
        find_levels("mazes")
    (cache / "my" / "mazes").mkdir(parents=True)
    shutil.copy(find_levels("handmade/s")[0].path, cache / "my" / "mazes")
    assert [level.name for level in find_levels("mazes")] == ["mazes/climb_left"]


def test_pip_brings_the_levels(capsys, cache, wheels):
    make_wheel(wheels, level_files())
    status, out, err = fetch(capsys)
    assert (status, err) == (0, [])
    assert out[0] == "downloading kinetix-env 3.0.2 with pip (0.3 MB) ..."
    assert out[2] == f"74 levels (10 s, 24 m, 40 l): {cache}/levels/published"
    assert len(out) == 4
    assert len(find_levels("published")) == 74
    for size, count in COUNTS.items():
        assert len(find_levels(f"published/{size}")) == count
    assert len(load_levels("published", M)[1]) == 34
    assert left_behind(cache) == ["published"]
    assert not list(cache.rglob("escape.json"))
    assert not list(cache.rglob("*.py"))


def test_what_is_there_stays_and_what_is_broken_is_replaced(capsys, cache, wheels):
    wheel = make_wheel(wheels, level_files())
    assert fetch(capsys, "--wheel", wheel)[0] == 0
    wheel.unlink()  # neither is it read again nor anything downloaded
    status, out, _ = fetch(capsys)
    assert status == 0
    assert out[0].startswith("74 levels (10 s, 24 m, 40 l) are there already: ")
    broken = next((cache / "levels" / "published" / "l").iterdir())
    broken.write_text("{}")
    assert "no wheel of kinetix-env 3.0.2" in refused(capsys)
    assert broken.read_text() == "{}"
    make_wheel(wheels, level_files())
    assert fetch(capsys)[0] == 0
    assert broken.read_text() != "{}"
    assert left_behind(cache) == ["published"]


def test_wheel_with_other_levels(capsys, cache, wheels):
    files = dict(level_files())
    for spoil, said in (
        (lambda f: f.clear(), "74 levels .* are expected, found: none"),
        (lambda f: f.popitem(), "found: .*39 l"),
        (lambda f: f.update(dict.fromkeys(list(f)[:1], "{}")), "env_state: missing key"),
        (lambda f: f.update(dict.fromkeys(list(f)[:1], f[list(f)[-1]])), "of size s is expected"),
    ):
        spoilt = dict(files)
        spoil(spoilt)
        line = refused(capsys, "--wheel", make_wheel(wheels, spoilt))
        assert re.search(said, line), line
        assert left_behind(cache) == []


def test_wheel_that_cannot_be_read(capsys, cache, wheels):
    (wheels / "text.whl").write_text("no archive")
    assert "no wheel that can be read" in refused(capsys, "--wheel", wheels / "text.whl")
    assert refused(capsys, "--wheel", wheels / "none.whl").endswith("none.whl: no such file")
    assert "cannot be read: Is a directory" in refused(capsys, "--wheel", wheels)
    assert left_behind(cache) == []


def test_no_network(capsys, cache, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # nobody listens there
    line = refused(capsys)
    assert line.startswith("pip cannot reach its package index; is there a network?")
    assert line.endswith("`kinetix levels fetch --wheel FILE`")
    assert left_behind(cache) == []


def test_no_pip(capsys, cache, tmp_path, monkeypatch):
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = tmp_path / "bare" / "bin" / "python"
    monkeypatch.setattr(sys, "executable", str(python))
    assert refused(capsys).startswith(f"this Python has no pip ({python}); `{python} -m ensurepip`")


def test_cache_that_cannot_be_written(capsys, cache):
    cache.write_text("a file where a folder should be")
    line = refused(capsys)
    assert line.startswith(f"{cache}/levels cannot be written: Not a directory")
    assert line.endswith("KINETIX_CACHE_DIR names another cache")


def test_other_words_of_pip_are_passed_on():
    said = fetching._pip_problem("Looking\nERROR: the disk is on fire\n")
    assert said.startswith("pip could not download kinetix-env 3.0.2: the disk is on fire; try")


def test_no_sdist_is_ever_built(cache, monkeypatch, tmp_path):
    """pip would run the code of anything that is no wheel."""
    commands = []

    def record(command, **_):
        commands.append(command)
        return subprocess.CompletedProcess(command, 1, "", "No matching distribution found")

    monkeypatch.setattr(fetching.subprocess, "run", record)
    with pytest.raises(LevelError, match="no wheel of kinetix-env"):
        fetching._download(tmp_path, lambda _: None)
    (command,) = commands
    assert {"--only-binary=:all:", "--no-deps"} <= set(command)


def test_counts_are_those_of_the_published_levels():
    sizes = [path.parent.name for path in published_levels()]
    assert {size: sizes.count(size) for size in COUNTS} == fetching.COUNTS == COUNTS
