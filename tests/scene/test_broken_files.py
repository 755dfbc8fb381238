"""Each kind of broken level file: one line with file, place, and what is expected."""

import copy
import json
import os

import pytest

from kinetix_core.errors import LevelError
from kinetix_core.scene import M, S, read_level, write_level
from tests.scene.test_builder import build_car

NUMBER = "a finite number is expected, not"


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    b, *_ = build_car()
    path = tmp_path_factory.mktemp("levels") / "car.json"
    write_level(path, b.build())
    return json.loads(path.read_text())


def put(*path_and_value):
    """A change: the entry at a path of keys gets a value, or goes if that is ..."""
    *keys, last, value = path_and_value

    def change(document):
        place = document
        for key in keys:
            place = place[key]
        if value is ...:
            del place[last]
        else:
            place[last] = value

    return change


def polygon(i, *rest):
    return put("env_state", "polygon", i, *rest)


def joint(i, *rest):
    return put("env_state", "joint", i, *rest)


def corners(*points):
    vertices = {str(i): {"0": float(x), "1": float(y)} for i, (x, y) in enumerate(points)}
    return polygon(4, "vertices", vertices)


BROKEN = [
    # layout
    (put("env_params", ...), "env_params: missing key"),
    (put("version", 2), "version: unknown key; known: env_params, env_state, static_env_params"),
    (put("env_state", [1]), "env_state: an object is expected, not an array with 1 entries"),
    (put("env_state", "gravity", ...), "env_state.gravity: missing key"),
    (put("env_state", "gravty", 1), "env_state.gravty: unknown key; did you mean gravity?"),
    (put("env_params", "dt", ...), "env_params.dt: missing key"),
    (put("env_params", "dt", "fast"), f'env_params.dt: {NUMBER} "fast"'),
    (put("env_params", "gravity", 1), "env_params.gravity: unknown key"),
    (put("static_env_params", "num_joints", ...), "static_env_params.num_joints: missing key"),
    (
        put("static_env_params", "frame_skip", 1.5),
        "static_env_params.frame_skip: a whole number is expected, not 1.5",
    ),
    (
        put("static_env_params", "max_polygon_vertices", 8),
        "static_env_params.max_polygon_vertices: 4 is expected, not 8",
    ),
    (
        put("static_env_params", "num_polygons", 3),
        "static_env_params: size.polygons=3: at least 4 is expected",
    ),
    (
        put("static_env_params", "screen_dim", {"0": 500}),
        'static_env_params.screen_dim: an object with the keys "0" to "1" is expected, '
        "not an object with 1 entries",
    ),
    (polygon(4, "role", ...), "polygon[4].role: missing key"),
    (polygon(4, "rol", 1), "polygon[4].rol: unknown key; did you mean role"),
    (put("env_state", "polygon", 4, 7), "polygon[4]: an object is expected, not 7"),
    (put("env_state", "circle", {}), "circle: an array of 2 records is expected"),
    # array lengths against static_env_params
    (
        put("env_state", "circle", []),
        "circle: 2 records are expected (static_env_params.num_circles), 0 found",
    ),
    (
        put("static_env_params", "num_polygons", 6),
        "polygon: 6 records are expected (static_env_params.num_polygons), 5 found",
    ),
    (
        put("env_state", "acc_rr_manifolds", 0, ...),
        "acc_rr_manifolds: 8 records are expected (two for each pair of polygons), 7 found",
    ),
    (
        put("env_state", "acc_cr_manifolds", []),
        "acc_cr_manifolds: 10 records are expected (one for each circle and polygon), 0 found",
    ),
    (
        put("env_state", "collision_matrix", "6", ...),
        'collision_matrix: an object with the keys "0" to "6" is expected, '
        "not an object with 6 entries",
    ),
    (
        put("env_state", "collision_matrix", "6", "0", 1),
        "collision_matrix[6][0]: true or false is expected, not 1",
    ),
    # types and numbers
    (polygon(4, "rotation", "north"), f'polygon[4].rotation: {NUMBER} "north"'),
    (polygon(4, "rotation", None), f"polygon[4].rotation: {NUMBER} null"),
    (polygon(4, "rotation", True), f"polygon[4].rotation: {NUMBER} true"),
    (polygon(4, "rotation", float("nan")), f"polygon[4].rotation: {NUMBER} NaN"),
    (polygon(4, "rotation", 1e39), f"polygon[4].rotation: {NUMBER} 1e+39"),
    (
        put("env_state", "circle", 0, "position", {"0": 1, "1": float("inf")}),
        f"circle[0].position[1]: {NUMBER} Infinity",
    ),
    (
        polygon(4, "position", [1, 2]),
        'polygon[4].position: an object with the keys "0" to "1" is expected, '
        "not an array with 2 entries",
    ),
    (
        polygon(4, "position", {"0": 1, "2": 1}),
        'polygon[4].position: an object with the keys "0" to "1" is expected',
    ),
    (polygon(4, "active", 1), "polygon[4].active: true or false is expected, not 1"),
    (joint(0, "a_index", 1.0), "joint[0].a_index: a whole number is expected, not 1.0"),
    (joint(0, "a_index", 2**40), "joint[0].a_index: a whole number is expected"),
    # what a scene must be
    (
        corners((0, 1), (0.1, 0), (1, -1), (-1, -1)),
        "polygon[4].vertices: a convex polygon is expected, this one is concave or crosses itself",
    ),
    (
        corners((-1, -1), (1, -1), (1, 1), (-1, 1)),
        "polygon[4].vertices: clockwise order is expected, these are counter-clockwise",
    ),
    (polygon(4, "n_vertices", 5), "polygon[4].n_vertices: 3 or 4 is expected, not 5"),
    (polygon(4, "inverse_mass", -1), "polygon[4].inverse_mass: 0 or more is expected, not -1.0"),
    (polygon(4, "role", 4), "polygon[4].role: 0 to 3 is expected, not 4"),
    (polygon(4, "collision_mode", -1), "polygon[4].collision_mode: 0, 1 or 2 is expected, not -1"),
    (polygon(1, "active", False), "polygon[1].active: true is expected, this is the left wall"),
    (polygon(0, "inverse_mass", 1), "polygon[0].inverse_mass: 0 is expected of the floor, not 1.0"),
    (
        put("env_state", "circle", 1, "radius", 0.0),
        "circle[1].radius: more than 0 is expected, not 0.0",
    ),
    (joint(0, "b_index", 7), "joint[0].b_index: a body, 0 to 6, is expected, not 7"),
    (joint(0, "b_index", 4), "joint[0]: two bodies are expected, both ends are on body 4"),
    (
        polygon(4, "active", False),
        "joint[0].a_index: body 4, polygon[4], is not there (not active)",
    ),
    (joint(0, "motor_binding", 4), "joint[0].motor_binding: 0 to 3 is expected, not 4"),
    (
        joint(0, "min_rotation", 2.0),
        "joint[0].min_rotation: at most max_rotation=1.5 is expected, not 2.0",
    ),
    (
        put("env_state", "thruster", 0, "object_index", -1),
        "thruster[0].object_index: a body, 0 to 6, is expected, not -1",
    ),
    (
        put("env_state", "thruster", 0, "thruster_binding", 2),
        "thruster[0].thruster_binding: 0 to 1 is expected, not 2",
    ),
]


def error_of(path, size=None) -> str:
    with pytest.raises(LevelError) as error:
        read_level(path, size)
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(("change", "message"), BROKEN, ids=[m[:40] for _, m in BROKEN])
def test_one_line_with_file_and_place(document, tmp_path, change, message):
    broken = copy.deepcopy(document)
    change(broken)
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken))
    assert error_of(path).startswith(f"{path}: {message}")


TEXTS = {
    "": "the file is empty; a level in JSON is expected",
    " \n": "the file is empty; a level in JSON is expected",
    '{"env_state": ': "not JSON: Expecting value: line 1 column 15 (char 14)",
    "[]": "an object is expected, not an array with 0 entries",
    "3": "an object is expected, not 3",
    "[" * 100_000: "not JSON:",
    "1" * 5000: "not JSON: a number in it has more digits than can be read",
    r'{"\ud800": 1}': r'"\ud800": unknown key; known: env_params, env_state',
    r'{"\u001b[2J": 1}': r'"\u001b[2J": unknown key; known: env_params, env_state',
    f'{{"{"x" * 500}": 1}}': f'"{"x" * 36}...: unknown key; known: env_params, env_state',
}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_not_a_level_at_all(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    assert error_of(path).startswith(f"{path}: {TEXTS[text]}")


def test_binary(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(b"\xff\xfe\x00{")
    assert error_of(path) == f"{path}: not JSON: the file is not text"


def test_a_folder(tmp_path):
    assert error_of(tmp_path) == f"{tmp_path}: a folder; a level file is expected"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root reads everything")
def test_not_allowed(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{}")
    path.chmod(0)
    assert error_of(path) == f"{path}: cannot be read: Permission denied"


def test_cannot_be_read(tmp_path, monkeypatch):
    """The same for whoever may read everything."""
    path = tmp_path / "x.json"
    path.write_text("{}")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_text", refuse)
    assert error_of(path) == f"{path}: cannot be read: Permission denied"


def test_no_such_file(tmp_path):
    (tmp_path / "roll_right.json").write_text("{}")
    text = error_of(tmp_path / "rol_right.json")
    assert text.startswith(f"{tmp_path}/rol_right.json: no such level file, folder, pattern or")
    assert text.endswith(f"; did you mean {tmp_path}/roll_right?")


def test_too_large_for_the_size(document, tmp_path):
    path = tmp_path / "m.json"
    write_level(path, read_level_of(document, tmp_path, M))
    assert error_of(path, S) == (
        f"{path}: slots for 2 polygons besides the boundary, used or not, do not fit size s, which "
        "has 1 polygon besides the boundary; the smallest size that fits is size=m"
    )


def read_level_of(document, folder, size):
    path = folder / "own.json"
    path.write_text(json.dumps(document))
    return read_level(path, size).scene


def test_leftovers_of_inactive_slots_are_no_errors(document, tmp_path):
    changed = copy.deepcopy(document)
    state = changed["env_state"]
    state["joint"][0] |= {"active": False, "a_index": 99, "b_index": -5, "motor_binding": 77}
    state["thruster"][0] |= {"active": False, "object_index": 99, "thruster_binding": 3}
    state["circle"][1] |= {"active": False, "role": 9, "collision_mode": 9, "radius": -1.0}
    scene = read_level_of(changed, tmp_path, None)
    assert scene.joints.a_index[0] == 99
    assert scene.circles.role[1] == 9
    assert scene.collision_matrix.sum() == 42  # no joint: all pairs but the diagonal
