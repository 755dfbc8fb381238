"""logger/wandb, offline: configuration and history are read back from the file of the run."""

import json

import pytest

from kinetix_core.errors import RunError
from kinetix_core.interfaces import RunInfo
from kinetix_core.record import WandbLogger
from kinetix_core.record.logger_config import WandbConfig, WandbMode
from tests.record.wandb_file import records

wandb = pytest.importorskip("wandb", reason="the extra wandb is not installed")


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")


def run(folder, updates, **settings):
    logger = WandbLogger(WandbConfig(**settings))
    config = {"seed": 3, "ppo": {"num_envs": 8}}
    logger.open(RunInfo(folder, config, total_updates=2, steps_per_update=512))
    for update in updates:
        solved = [0.25 * update, float("nan")]
        logger.log(update, {"episode/solved": solved, "time/env_steps": 512 * update})
    logger.close()


def test_what_is_logged_can_be_read_back(tmp_path, offline):
    folder = tmp_path / "myrun"
    folder.mkdir()
    run(folder, (1, 2), project="levels", group="study", tags=("a", "b"))
    found = records(folder)
    rows = [
        {"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in r.history.item}
        for r in found
        if r.WhichOneof("record_type") == "history"
    ]
    assert [{k: v for k, v in row.items() if not k.startswith("_")} for row in rows] == [
        {"episode/solved/seed_0": 0.25, "time/env_steps": 512, "update": 1},
        {"episode/solved/seed_0": 0.5, "time/env_steps": 1024, "update": 2},
    ]
    (header,) = [r.run for r in found if r.WhichOneof("record_type") == "run"]
    assert (header.project, header.run_group, header.display_name) == ("levels", "study", "myrun")
    assert list(header.tags) == ["a", "b"]
    config = {i.key: json.loads(i.value_json) for i in header.config.update}
    assert (config["seed"], config["ppo"]) == (3, {"num_envs": 8})
    assert config["steps_per_update"] == 512
    axes = {m.glob_name: m.step_metric for m in (r.metric for r in found) if m.glob_name}
    assert axes == {"*": "time/env_steps"}
    assert header.run_id == (folder / "wandb_id.txt").read_text().strip()


def test_a_run_that_goes_on_keeps_its_id(tmp_path, offline):
    run(tmp_path, (1,))
    first = (tmp_path / "wandb_id.txt").read_text()
    run(tmp_path, (2,), mode=WandbMode.disabled)
    assert (tmp_path / "wandb_id.txt").read_text() == first


def test_what_wandb_refuses_is_one_line_with_the_way_out(tmp_path, monkeypatch):
    def refuse(**settings):
        raise wandb.errors.UsageError("No API key\nconfigured")

    monkeypatch.setattr(wandb, "init", refuse)
    with pytest.raises(RunError, match=r"^logger=wandb: No API key configured; .*mode=offline"):
        run(tmp_path, ())
