"""Level files: what is read, what is written, and that nothing is lost between."""

import dataclasses
import json
import logging

import jax
import numpy as np
import pytest

from kinetix_core.errors import LevelError
from kinetix_core.scene import (
    L,
    M,
    S,
    SceneSize,
    empty_memory,
    empty_scene,
    expand,
    load_levels,
    read_level,
    validate,
    write_level,
)
from tests.scene.published import published_levels, read_published
from tests.scene.test_builder import build_car


@pytest.fixture
def car():
    b, *_ = build_car()
    scene = b.build()
    joints = dataclasses.replace(scene.joints, motor_auto=np.zeros(1, bool))
    return dataclasses.replace(scene, joints=joints)


def assert_equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_published_levels_survive_byte_for_byte(tmp_path):
    sizes = {"s": 0, "m": 0, "l": 0}
    files = published_levels()
    for file, level in zip(files, read_published().values(), strict=True):
        assert validate(level.scene) == []
        write_level(tmp_path / "copy.json", *level)
        assert (tmp_path / "copy.json").read_text() == file.read_text()
        sizes[level.scene.size.name] += 1
        assert level.scene.size.name == file.parent.name
    assert sizes == {"s": 10, "m": 24, "l": 40}


def test_published_collision_matrices_follow_from_the_joints():
    for file, level in zip(published_levels(), read_published().values(), strict=True):
        stored = json.loads(file.read_text())["env_state"]["collision_matrix"]
        n = len(stored)
        matrix = [[stored[str(i)][str(k)] for k in range(n)] for i in range(n)]
        assert level.scene.collision_matrix.tolist() == matrix


def test_leftovers_of_inactive_slots_are_kept():
    """Two published levels hold an inactive thruster with a binding that does not exist."""
    odd = []
    for name, level in read_published().items():
        thrusters = level.scene.thrusters
        if (thrusters.thruster_binding == 3).any():
            odd.append(name)
            assert not thrusters.active[thrusters.thruster_binding == 3].any()
    assert odd == ["m/h0_unicycle", "s/h8_unicycle_balance"]


def test_a_scene_of_our_own_survives(car, tmp_path):
    write_level(tmp_path / "car.json", car)
    level = read_level(tmp_path / "car")  # .json may be left out
    assert_equal(level.scene, car)
    assert_equal(level.contacts, empty_memory(S))
    assert all(type(leaf) is np.ndarray for leaf in jax.tree.leaves(level.scene))
    assert level.parameters.env["max_timesteps"] == 256
    assert level.parameters.static["num_polygons"] == 5


def test_contacts_survive_with_their_slots_in_order(car, tmp_path):
    memory = empty_memory(S)
    rng = np.random.default_rng(0)
    filled = jax.tree.map(
        lambda x: rng.random(x.shape) < 0.5 if x.dtype == bool else rng.random(x.shape, "f4"),
        memory,
    )
    write_level(tmp_path / "car.json", car, filled)
    level = read_level(tmp_path / "car.json")
    assert_equal(level.contacts, filled)
    flags = (filled.polygon_active[:, 0], filled.circle_polygon_active, filled.circle_active)
    assert level.scene.touching.tolist() == np.concatenate(flags).tolist()

    # the file itself: entries 2i and 2i + 1 are the slots of pair i
    stored = json.loads((tmp_path / "car.json").read_text())["env_state"]
    active = [contact["active"] for contact in stored["acc_rr_manifolds"]]
    assert active == filled.polygon_active.reshape(-1).tolist()
    assert stored["joint"][0]["acc_impulse"]["1"] == filled.joint_impulse[0, 1]

    # expansion empties the memory, also where the size stays
    level = read_level(tmp_path / "car.json", S)
    assert_equal(level.contacts, memory)
    assert not level.scene.touching.any()


def test_parameters_survive_and_counts_follow_the_scene(car, tmp_path):
    write_level(tmp_path / "a.json", car)
    parameters = read_level(tmp_path / "a.json").parameters
    env = {**parameters.env, "dt": 0.01}
    static = {**parameters.static, "frame_skip": 7}
    parameters = dataclasses.replace(parameters, env=env, static=static)
    write_level(tmp_path / "b.json", expand(car, M), parameters=parameters)
    level = read_level(tmp_path / "b.json")
    assert level.scene.size == M
    assert level.parameters.env["dt"] == 0.01
    assert level.parameters.static["frame_skip"] == 7
    assert level.parameters.static["num_polygons"] == 6


@pytest.mark.parametrize(
    "size", [SceneSize(4, 0, 0, 0), SceneSize(4, 1, 0, 0), SceneSize(9, 5, 2, 1, 3, 5)]
)
def test_other_sizes_survive(size, tmp_path):
    write_level(tmp_path / "x.json", empty_scene(size))
    assert_equal(read_level(tmp_path / "x.json").scene, empty_scene(size))


def test_gravity_is_what_the_file_says(car, tmp_path):
    car = dataclasses.replace(car, gravity=np.array([0, -1.62], np.float32))
    write_level(tmp_path / "moon.json", car)
    assert read_level(tmp_path / "moon.json").scene.gravity[1] == np.float32(-1.62)


def test_highlighted_may_be_missing(car, tmp_path):
    write_level(tmp_path / "car.json", car)
    document = json.loads((tmp_path / "car.json").read_text())
    for body in document["env_state"]["polygon"]:
        del body["highlighted"]
    (tmp_path / "old.json").write_text(json.dumps(document))
    assert_equal(read_level(tmp_path / "old.json").scene, car)


def test_automatic_motors_are_lost_with_a_warning(tmp_path, caplog):
    b, *_ = build_car()
    with caplog.at_level(logging.WARNING):
        write_level(tmp_path / "auto.json", b.build())
    assert "motor_auto" in caplog.text
    assert not read_level(tmp_path / "auto.json").scene.joints.motor_auto.any()


def test_reading_expands_and_permutes(car, tmp_path):
    write_level(tmp_path / "car.json", car)
    assert_equal(read_level(tmp_path / "car.json", L).scene, expand(car, L))
    name = f"{tmp_path}/car.permute3"
    twice = [read_level(name, L).scene for _ in range(2)]
    assert_equal(*twice)
    assert_equal(twice[0], jax.tree.map(lambda x: x[0], load_levels(name, L).levels))


def test_a_broken_scene_is_not_written(car, tmp_path):
    broken = dataclasses.replace(car, gravity=np.array([0, np.nan], np.float32))
    with pytest.raises(LevelError, match=r"x\.json: gravity: finite numbers are expected, not nan"):
        write_level(tmp_path / "x.json", broken)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_complete_or_not_there(car, tmp_path):
    with pytest.raises(LevelError, match=r"nowhere/x\.json: cannot be written: No such file"):
        write_level(tmp_path / "nowhere" / "x.json", car)
    (tmp_path / "x.json").mkdir()
    with pytest.raises(LevelError, match=r"x\.json: cannot be written"):
        write_level(tmp_path / "x.json", car)
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]  # no temporary file stays behind
