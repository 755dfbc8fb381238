"""Run folders: what is written comes back, and what cannot be is said in one line."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.errors import RunError, SettingError
from kinetix_core.learn.config import TrainConfig
from kinetix_core.record import RunFolder, flatten, load_run, unflatten
from kinetix_core.record._listing import PARAMETERS
from kinetix_core.record._parameters import read_parameters
from kinetix_core.scene import S

PARAMS = {"actor": {"kernel": jnp.ones((3, 2)), "bias": jnp.zeros(2)}, "log_std": jnp.ones(1)}


@dataclass
class Composed:
    """What a run folder reads of a composed run."""

    directory: str
    name: str = ""
    size = S
    config: dict = field(
        default_factory=lambda: {k: {"name": k} for k in ("engine", "curriculum", "network")}
    )

    @property
    def train(self):
        return TrainConfig(directory=self.directory, name=self.name)


def test_parameters_come_back(tmp_path):
    folder = RunFolder.create(Composed(str(tmp_path)))
    folder.save_parameters(PARAMS, 7)
    arrays, update = read_parameters(folder.path / PARAMETERS)
    assert update == 7
    assert set(arrays) == {"actor/kernel", "actor/bias", "log_std"}
    back = unflatten(PARAMS, arrays, folder.path)
    np.testing.assert_array_equal(back["actor"]["kernel"], PARAMS["actor"]["kernel"])
    assert json.loads((folder.path / "run.json").read_text())["parameters_of_update"] == 7
    assert not list(folder.path.glob(".*.tmp")), "temporary files are renamed"


def test_evaluations_after_the_update_that_a_run_goes_on_from_are_dropped(tmp_path):
    folder = RunFolder.create(Composed(str(tmp_path)))
    for update in (1, 2, 3):
        folder.add_evaluations(update, [{"set": "a"}, {"set": "b"}])
    file = folder.path / "evaluations.jsonl"
    before = file.read_bytes()
    file.write_bytes(before[:-4])  # killed while it wrote
    folder.parameters_update = 2
    folder.take_over(Composed(str(tmp_path)))
    folder.add_evaluations(3, [{"set": "a"}, {"set": "b"}])
    assert file.read_bytes() == before


def test_a_name_that_is_taken_gets_a_number_and_a_warning(tmp_path, caplog):
    first = RunFolder.create(Composed(str(tmp_path), "same"))
    assert not caplog.records
    second = RunFolder.create(Composed(str(tmp_path), "same"))
    assert (first.path.name, second.path.name) == ("same", "same-2")
    said = f"train.name=same: {first.path} exists; this run is {second.path}"
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [("WARNING", said)]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"train\.directory=.*file.*cannot be written"):
        RunFolder.create(Composed(str(tmp_path / "file")))


def test_a_disk_without_room_is_named_with_what_a_run_takes(tmp_path, monkeypatch):
    folder = RunFolder.create(Composed(str(tmp_path)))
    full = SimpleNamespace(f_bavail=90, f_frsize=1_000_000)
    monkeypatch.setattr("os.statvfs", lambda path: full)
    folder.check_room(80_000_000)
    with pytest.raises(RunError, match=r"90 MB are free there and .* take 100 MB"):
        folder.check_room(100_000_000)


def test_a_failed_save_keeps_the_parameters_before(tmp_path, monkeypatch):
    folder = RunFolder.create(Composed(str(tmp_path)))
    folder.save_parameters(PARAMS, 1)

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(RunError, match="No space left"):
        folder.save_parameters({"other": jnp.ones(1)}, 2)
    assert read_parameters(folder.path / PARAMETERS)[1] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("log_std"), "parameter log_std is missing"),
        (lambda a: a.update(extra=np.ones(1)), "extra is not a parameter"),
        (lambda a: a.update(log_std=np.ones(5)), r"log_std has shape \(5,\); \(1,\) is expected"),
    ],
)
def test_parameters_that_do_not_fit_are_named(change, message):
    arrays = flatten(PARAMS)
    change(arrays)
    with pytest.raises(RunError, match=message):
        unflatten(PARAMS, arrays, Path("p"))


def test_folders_that_are_no_runs(tmp_path):
    with pytest.raises(RunError, match="no such run folder"):
        load_run(tmp_path / "nothing")
    with pytest.raises(RunError, match="not a run folder"):
        load_run(tmp_path)


@pytest.mark.parametrize("config", ["[]", '"x"', "{", "[" * 100_000])
def test_damaged_settings_are_named(tmp_path, config):
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(RunError, match=r"config\.json"):
        load_run(tmp_path)


def test_names_that_no_file_can_have_are_one_line(tmp_path):
    with pytest.raises(SettingError, match=r"^run=~nosuchuser/x: ~nosuchuser is no user's home"):
        load_run("~nosuchuser/x")
    with pytest.raises(RunError, match="cannot be read"):
        load_run(tmp_path / ("x" * 300))


def test_parameters_may_be_read_by_those_who_may_read_the_rest(tmp_path):
    folder = RunFolder.create(Composed(str(tmp_path)))
    folder.save_parameters(PARAMS, 1)
    modes = {(folder.path / name).stat().st_mode for name in (PARAMETERS, "config.json")}
    assert len(modes) == 1


def test_runs_that_start_at_once_get_folders_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        create = lambda _: RunFolder.create(Composed(str(tmp_path), "job")).path  # noqa: E731
        paths = list(pool.map(create, range(16)))
    assert len(set(paths)) == 16


def test_damaged_parameters_are_named(tmp_path):
    path = tmp_path / PARAMETERS
    with pytest.raises(RunError, match="no parameters were saved"):
        read_parameters(path)
    path.write_bytes(b"not safetensors")
    with pytest.raises(RunError, match="damaged"):
        read_parameters(path)
