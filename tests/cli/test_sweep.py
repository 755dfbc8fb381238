"""`kinetix sweep`, without a network: what W&B is given, and what its agent would run."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kinetix_core.cli import main, train
from tests.record.wandb_file import records

TINY = [
    "levels=handmade/s/lift_off",
    "ppo.num_envs=8",
    "ppo.num_steps=8",
    "ppo.num_minibatches=2",
    "ppo.epochs=1",
    "network.depth=1",
    "network.width=8",
    "train.total_steps=128",
    "train.name=agent",
    "logger=[jsonl,wandb]",
]


def refused(capsys, *words):
    assert main(["sweep", *words]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_the_sweeps_that_come_along_are_listed(capsys):
    assert main(["sweep", "list"]) == 0
    listed = capsys.readouterr().out
    assert "laptop_ppo" in listed
    assert "laptop_curricula" in listed


def test_a_dry_run_prints_what_wandb_reads(capsys):
    assert main(["sweep", "wandb", "laptop_ppo", "--dry-run", "--ppo.num_envs=512"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["method"] == "bayes"
    assert shown["parameters"]["ppo.learning_rate"]["min"] == 1e-4
    assert shown["command"][:4] == ["${env}", "kinetix", "train", "experiment=laptop"]
    assert shown["command"][-3:] == [
        "--ppo.num_envs=512",
        "logger=[console,jsonl,wandb]",
        "${args}",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("wandb laptop_po --dry-run", "sweep laptop_po: unknown; did you mean laptop_ppo"),
        ("wandb", "the name of a sweep is expected (`kinetix sweep list` shows them)"),
        ("wnadb laptop_ppo", "no such action; did you mean wandb"),
        ("list laptop_ppo", "laptop_ppo means nothing here"),
        ("run laptop_curricula --dry-run", "--dry-run means nothing here"),
        ("wandb laptop_ppo --jobs 2", "--jobs means nothing here"),
        ("wandb laptop_ppo --dry-run --count 3", "--count 3: no agent is started"),
        ("wandb laptop_ppo --count 0", "--count 0: at least 1"),
        ("run laptop_ppo", "its method is bayes"),
        ("wandb laptop_ppo", "WANDB_MODE=offline: W&B's server runs a sweep; `kinetix sweep wandb"),
    ],
)
def test_a_mistake_is_one_line(capsys, words, said):
    pytest.importorskip("wandb", reason="the extra wandb is not installed")
    assert said in refused(capsys, *words.split())


def test_without_an_account_the_ways_out_are_named(capsys, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="the extra wandb is not installed")
    monkeypatch.delenv("WANDB_MODE")
    monkeypatch.setattr(wandb, "login", lambda prompt: False)
    said = refused(capsys, "wandb", "laptop_ppo")
    assert "`wandb login`" in said
    assert "`kinetix sweep wandb laptop_ppo --dry-run`" in said

    def fail(*_, **__):
        raise wandb.errors.CommError("no\nnetwork")

    monkeypatch.setattr(wandb, "login", lambda prompt: True)
    monkeypatch.setattr(wandb, "sweep", fail)
    assert "W&B says: no network; " in refused(capsys, "wandb", "laptop_ppo")


def test_without_the_package_it_is_said_how_to_get_it(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert "pip install 'open-kinetix[wandb]'" in refused(capsys, "wandb", "laptop_ppo")


def test_the_sweep_is_made_and_an_agent_started(capsys, monkeypatch):
    wandb = pytest.importorskip("wandb", reason="the extra wandb is not installed")
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("PATH", "/elsewhere")
    calls = []
    monkeypatch.setattr(wandb, "login", lambda prompt: True)
    monkeypatch.setattr(wandb, "sweep", lambda c, **k: calls.append((c["name"], k)) or "abc")
    monkeypatch.setattr(wandb, "agent", lambda sweep, **k: calls.append((sweep, k)))
    place = ["logger=[wandb]", "logger.wandb.project=carts", "logger.wandb.entity=us"]
    where = {"project": "carts", "entity": "us"}
    assert main(["sweep", "wandb", "laptop_ppo", "--count", "3", *place]) == 0
    assert calls == [("laptop_ppo", where), ("abc", {**where, "count": 3})]
    assert "wandb agent us/carts/abc\n" in capsys.readouterr().out
    assert os.environ["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    calls.clear()
    assert main(["sweep", "wandb", "laptop_ppo", "--no-agent"]) == 0
    assert [name for name, _ in calls] == ["laptop_ppo"]


def test_a_grid_runs_here(capsys, monkeypatch, tmp_path):
    def fake(run, *_):
        return Path(run.train.directory) / f"{run['curriculum'].name}-{run.seed}-{run.ppo.epochs}"

    monkeypatch.setattr(train, "train_composed", fake)
    words = [f"train.directory={tmp_path}", "ppo.epochs=2"]
    assert main(["sweep", "run", "laptop_curricula", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 13
    assert "/sfl-2-2 " in lines[12]


def test_what_an_agent_runs_is_a_training_of_the_sweep(tmp_path, capsys):
    """The command line made by W&B's own code, and the offline run that comes of it."""
    pytest.importorskip("wandb", reason="the extra wandb is not installed")
    from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args
    from wandb.sdk.lib.config_util import save_config_file_from_dict

    settings = [*TINY, f"train.directory={tmp_path}"]
    assert main(["sweep", "wandb", "laptop_ppo", "--dry-run", *settings]) == 0
    sweep = yaml.safe_load(capsys.readouterr().out)
    chosen = {"ppo.learning_rate": {"value": 0.00123}, "ppo.entropy_coef": {"value": 2e-05}}
    words = {**create_sweep_command_args({"args": chosen}), "env": ["/usr/bin/env"]}
    line = [
        part
        for word in create_sweep_command(sweep["command"])
        for part in (words[word[2:-1]] if word.startswith("${") else [word])
    ]
    parameters = tmp_path / "parameters.yaml"
    save_config_file_from_dict(str(parameters), chosen)
    done = subprocess.run(
        line,
        env=os.environ
        | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "WANDB_SWEEP_ID": "sweep123",
            "WANDB_RUN_ID": "run123",
            "WANDB_PROJECT": "carts",
            "WANDB_SWEEP_PARAM_PATH": str(parameters),
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, (shlex.join(line), done.stderr)
    assert "Ignoring" not in done.stderr  # what W&B says of an id or project that it cannot keep
    folder = tmp_path / "agent"
    assert (folder / "wandb_id.txt").read_text() == "run123\n"
    found = records(folder)
    (header,) = [r.run for r in found if r.WhichOneof("record_type") == "run"]
    assert (header.sweep_id, header.run_id, header.project) == ("sweep123", "run123", "carts")
    config = {i.key: json.loads(i.value_json) for i in header.config.update}
    assert config["ppo"]["learning_rate"] == config["ppo.learning_rate"] == 0.00123
    rows = [
        {"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in r.history.item}
        for r in found
        if r.WhichOneof("record_type") == "history"
    ]
    assert [row["time/env_steps"] for row in rows] == [64, 128]
    logged = [json.loads(text) for text in (folder / "metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["ppo/loss"] == pytest.approx(logged[-1]["ppo/loss"])
    # what the sweep is after is a metric that runs have
    assert sweep["metric"]["name"] in logged[-1]
