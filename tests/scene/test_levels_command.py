"""`kinetix levels`: list, show, validate."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from kinetix_core.cli import main
from kinetix_core.scene import SceneBuilder, level_sets, summarise_level, write_level


@pytest.fixture
def folder(tmp_path):
    for name in ("lift_off", "golf_swing"):
        shutil.copy(level_sets()["handmade"] / "s" / f"{name}.json", tmp_path)
    return tmp_path


def run(capsys, *argv):
    status = main(["levels", *map(str, argv)])
    output = capsys.readouterr()
    return status, output.out.splitlines(), output.err.splitlines()


def test_list_shows_counts(capsys, folder):
    status, out, _ = run(capsys, "list", folder)
    assert status == 0
    assert [" ".join(line.split()) for line in out[:3]] == [
        "LEVEL SIZE POLYGONS CIRCLES JOINTS THRUSTERS ROLES",
        "golf_swing s 1 2 1 (1 driven) 0 1 green, 1 blue",
        "lift_off s 1 0 0 1 1 green, 1 blue",
    ]
    assert len(out) == 3


def test_list_shows_every_set_unless_told_otherwise(capsys):
    _, out, _ = run(capsys, "list")
    assert any(line.startswith("handmade/s/roll_right ") for line in out)
    assert any(line.startswith("handmade/l/conveyor ") for line in out)


def test_list_names_broken_files_at_the_end(capsys, folder):
    (folder / "bad.json").write_text("{}")
    status, out, _ = run(capsys, "list", folder)
    assert status == 2
    assert out[-1] == f"broken: {folder}/bad.json: env_state: missing key"
    assert len(out) == 4


def test_list_imports_no_jax():
    code = (
        "import sys; from kinetix_core.cli import main; status = main(['levels', 'list']);"
        "sys.exit(status or any(m in sys.modules for m in ('jax', 'flax', 'equinox', 'numpy')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "handmade/s/roll_right" in done.stdout


def test_show_says_what_is_there(capsys):
    status, out, _ = run(capsys, "show", "handmade/s/tilt_the_tray")
    assert status == 0
    text = "\n".join(out)
    assert "slots for 1 polygon besides the boundary, 2 circles, 1 joint, 1 thruster," in out[0]
    assert "  1 left wall: red" in out
    assert "  6 circle[1]: blue, radius 0.4, at (4.3, 0.8), fixated" in out
    assert "limits -0.4 to 0.4 rad, motor speed 0.15, power 1, binding 3" in text
    assert "thrusters" not in text.partition("\n")[2]
    _, out, _ = run(capsys, "show", "handmade/m/sling_load")
    assert "  1 fixed: 5 polygon[5] to 6 circle[0], at (1, 1.85)" in out
    assert any("1 on 4 polygon[4] at (0.5, 0) of it, pushes to 1.57 rad" in line for line in out)


def test_validate_has_a_line_for_each_file(capsys, folder):
    status, out, _ = run(capsys, "validate", folder)
    assert status == 0
    assert out == [
        f"ok      {folder}/golf_swing.json",
        f"ok      {folder}/lift_off.json",
        "2 files, 0 broken",
    ]
    document = json.loads((folder / "lift_off.json").read_text())
    document["env_state"]["polygon"][4]["inverse_mass"] = -1
    (folder / "a.json").write_text(json.dumps(document))
    status, out, err = run(capsys, "validate", folder, folder / "a.json")
    assert status == 2
    message = "polygon[4].inverse_mass: 0 or more is expected, not -1.0"
    assert out[0] == f"broken  {folder}/a.json: {message}"
    assert out[-1] == "3 files, 1 broken"
    assert err == []


def test_names_that_the_terminal_cannot_show_are_escaped(folder):
    """A file whose name is no text, and a key that is none."""
    name = os.fsencode(folder / "golf") + b"\xff.json"
    shutil.copy(folder / "golf_swing.json", name)
    (folder / "key.json").write_text(r'{"\ud800": 1}')
    for action in ("list", "validate"):
        done = subprocess.run(
            [sys.executable, "-m", "kinetix_core.cli", "levels", action, str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (2, "")
        assert r"golf\udcff" in done.stdout
        assert r'key.json: "\ud800": unknown key' in done.stdout


@pytest.mark.parametrize("action", ["list", "show", "validate"])
def test_a_name_that_means_nothing_is_one_line(capsys, action):
    status, out, err = run(capsys, action, "handmade/s/rol_right")
    assert (status, out) == (2, [])
    assert len(err) == 1
    assert err[0].startswith("kinetix: error: handmade/s/rol_right: no such level file")
    assert "did you mean handmade/s/roll_right" in err[0]


def test_show_of_a_broken_file_is_one_line(capsys, folder):
    (folder / "bad.json").write_text("")
    status, out, err = run(capsys, "show", folder / "bad.json")
    assert (status, out) == (2, [])
    assert err == [
        f"kinetix: error: {folder}/bad.json: the file is empty; a level in JSON is expected"
    ]


def test_an_unknown_action(capsys):
    status, _, err = run(capsys, "sho")
    assert status == 2
    assert "kinetix levels sho: no such action; did you mean show?" in err[0]


def test_names_cannot_drive_the_terminal(capsys, folder):
    (folder / "golf_swing.json").rename(folder / "golf\x1b[2J\n.json")
    (folder / "bad\x1b.json").write_text("{}")
    for action in ("list", "validate", "show"):
        what = folder / "golf\x1b[2J\n" if action == "show" else folder
        _, out, err = run(capsys, action, what)
        text = "\n".join(out + err)
        assert "\x1b" not in text
        assert r"golf\x1b[2J\n" in text
    status, _, (line,) = run(capsys, "show", folder / "bad\x1b.json")
    assert status == 2
    assert r"bad\x1b.json: env_state" in line


def test_a_size_of_its_own_says_how_it_counts(capsys, tmp_path):
    size = {"polygons": 7, "circles": 0, "joints": 0, "thrusters": 0}
    b = SceneBuilder(size)
    b.rectangle((1, 1), width=0.5, height=0.5)
    write_level(tmp_path / "own.json", b.build())
    _, out, _ = run(capsys, "list", tmp_path)
    assert out[1].split()[:3] == ["own", "p7c0j0t0", "1"]
    assert out[2].startswith("p7c0j0t0: slots; the polygons include floor, walls and ceiling")
    _, out, _ = run(capsys, "show", tmp_path / "own")
    assert "size p7c0j0t0 with slots for 3 polygons besides the boundary, 0 circles" in out[0]


def test_summary_counts_roles_of_the_walls_too():
    summary = summarise_level("handmade/s/hover_across")
    assert summary.roles == {"green": 1, "blue": 1, "red": 2}
    assert (summary.polygons, summary.circles, summary.joints, summary.motors) == (1, 1, 0, 0)
