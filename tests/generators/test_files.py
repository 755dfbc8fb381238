"""The generator `files`."""

import json
import logging
import shutil

import jax
import numpy as np
import pytest
from kinetix_generators import FilesConfig

from kinetix_core.errors import LevelError, SettingError
from kinetix_core.interfaces import Task
from kinetix_core.registry import registry
from kinetix_core.scene import L, S, level_sets, load_levels, validate


def build(size=S, **settings):
    return registry().build("generator", "files", FilesConfig(**settings), Task(size))


@pytest.fixture(scope="module")
def handmade():
    return build()


def test_all_that_fits_of_our_own_by_default(handmade):
    levels, names, _ = load_levels("handmade", S)
    assert handmade.names == names
    assert len(names) >= 8
    jax.tree.map(np.testing.assert_array_equal, handmade.levels, levels)
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(handmade.levels))
    assert len(build(L).names) > len(names)


def test_every_level_is_drawn_alike(handmade):
    n = 4000
    drawn = handmade.sample(jax.random.key(0), n)
    assert {leaf.shape[0] for leaf in jax.tree.leaves(drawn)} == {n}

    def key(scene, i):
        return b"".join(np.asarray(leaf[i]).tobytes() for leaf in jax.tree.leaves(scene))

    known = [key(handmade.levels, i) for i in range(len(handmade.names))]
    assert len(set(known)) == len(known)
    host = jax.tree.map(np.asarray, drawn)
    index = [known.index(key(host, i)) for i in range(n)]
    share = np.bincount(index, minlength=len(known)) / n
    assert np.abs(share - 1 / len(known)).max() < 4 * np.sqrt(1 / len(known) / n)


def test_sampling_is_traceable_and_follows_from_the_key(handmade):
    one, two = jax.random.split(jax.random.key(1))
    traced = jax.jit(handmade.sample, static_argnums=1)
    plain = handmade.sample(one, 16)
    jax.tree.map(np.testing.assert_array_equal, traced(one, 16), plain)
    assert not np.array_equal(handmade.sample(two, 16).circles.position, plain.circles.position)
    assert validate(jax.tree.map(lambda x: np.asarray(x[3]), plain)) == []


def test_one_level_or_several():
    assert build(levels="handmade/s/lift_off").names == ("handmade/s/lift_off",)
    names = build(levels=("handmade/s/lift_off", "handmade/s/roll_right")).names
    assert names == ("handmade/s/lift_off", "handmade/s/roll_right")
    assert "handmade/m/sling_load" in build(L, levels=["handmade/m"]).names


@pytest.mark.parametrize("levels", ["", (), 3, None, (1, 2), ("a", "")])
def test_levels_have_to_be_names(levels):
    with pytest.raises(SettingError, match=r"^generator\.levels=.*set names are expected"):
        FilesConfig(levels=levels)


def test_errors_name_what_cannot_be_used(tmp_path):
    with pytest.raises(LevelError, match=r"nowhere: no such level file, folder, pattern or level"):
        build(levels="nowhere")
    with pytest.raises(LevelError, match="this folder holds no level files"):
        build(levels=str(tmp_path))
    with pytest.raises(
        LevelError, match=r"conveyor\.json: slots for 8 polygons .* do not fit size s.* size=l"
    ):
        build(levels="handmade/l")


def test_broken_files_stop_the_run_or_are_left_out(tmp_path, caplog):
    shutil.copy(level_sets()["handmade"] / "s" / "lift_off.json", tmp_path)
    (tmp_path / "bad.json").write_text(json.dumps({}))
    with pytest.raises(LevelError, match=r"bad\.json: env_state: missing key"):
        build(levels=str(tmp_path))
    with caplog.at_level(logging.WARNING):
        generator = build(levels=str(tmp_path), skip_broken=True)
    assert generator.names == ("lift_off",)
    assert "bad.json: env_state: missing key" in generator.skipped[0]
    known = generator.known_levels()
    assert (known.names, known.skipped) == (("lift_off",), generator.skipped)
    jax.tree.map(np.testing.assert_array_equal, known.levels, generator.levels)
    assert "bad.json" in caplog.text
