"""A sweep runs every combination, each in a folder of its own."""

import logging
import pickle
from pathlib import Path

import pytest

from kinetix_core.compose import Job, compose_run, run_sweep
from kinetix_core.errors import PluginError, RunError, SettingError

seen = []


def record(run):
    seen.append(run)
    if run.seed == 7:
        raise RunError("seven is refused")
    if run.seed == 8:
        raise ValueError("eight is a bug")
    return Path(run.train.directory) / run.train.name


@pytest.fixture(autouse=True)
def base(packages, tmp_path):
    packages.add_toy()
    seen.clear()
    return [
        "engine=toy",
        "engine.needed=x",
        "generator=toy",
        f"train.directory={tmp_path / 'runs'}",
    ]


def test_every_combination_once_with_its_own_folder(base, tmp_path):
    jobs = run_sweep([*base, "seed=1,2", "--ppo.gamma=0.9,0.99", "train.name=study"], record)
    assert [(r.seed, r.ppo.gamma) for r in seen] == [(1, 0.9), (1, 0.99), (2, 0.9), (2, 0.99)]
    assert [j.settings for j in jobs][1] == ("seed=1", "ppo.gamma=0.99")
    assert jobs[1].folder == tmp_path / "runs" / "study" / "001-seed-1-ppo.gamma-0.99"
    assert len({j.folder for j in jobs}) == 4
    assert {j.status for j in jobs} == {0}
    # what the run writes about itself agrees with where it is
    assert seen[1].config["train"]["name"] == seen[1].train.name


def test_components_can_be_swept(base):
    run_sweep([*base, "action=discrete,continuous"], record)
    assert [r["action"].name for r in seen] == ["discrete", "continuous"]


def test_a_sweep_runs_what_each_of_its_settings_composes_to():
    """Through Hydra's launcher as from `compose_run`, where components leave a preset's."""
    swept = ["dr", "plr", "sfl"]
    run_sweep(["experiment=laptop_sfl", f"curriculum={','.join(swept)}"], record)
    alone = [compose_run(["experiment=laptop_sfl", f"curriculum={name}"]) for name in swept]
    for found, expected in zip(seen, alone, strict=True):
        assert found.config["curriculum"] == expected.config["curriculum"]
        assert found.ppo == expected.ppo


def test_ranges_and_shorthands(base):
    texts = [t for t in base if not t.startswith("generator")]
    run_sweep([*texts, "seed=range(3)", "levels=a,b"], record)
    assert [(r.seed, r["generator"].config.levels) for r in seen] == [
        (s, level) for s in range(3) for level in "ab"
    ]


def test_a_failure_does_not_stop_the_others(base, caplog):
    with caplog.at_level(logging.ERROR):
        jobs = run_sweep([*base, "seed=7,8,9"], record)
    assert [(j.status, j.error) for j in jobs[:2]] == [
        (2, "seven is refused"),
        (1, "ValueError: eight is a bug"),
    ]
    assert jobs[2].status == 0
    assert "seed-8" in caplog.text  # the traceback of a bug is not lost


@pytest.mark.parametrize(
    ("setting", "error", "words"),
    [
        ("seed=1,x", SettingError, "seed=x: a whole number is expected"),
        ("ppo.epoch=1,2", SettingError, "ppo.epoch: unknown setting; did you mean ppo.epochs"),
        ("action=discrete,discret", PluginError, "action=discret: unknown; did you mean discrete"),
        ("seed=range(a)", SettingError, "range"),
    ],
)
def test_a_mistake_in_one_is_found_before_any_begins(base, setting, error, words):
    with pytest.raises(error) as caught:
        run_sweep([*base, "num_seeds=1,2", setting], record)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert seen == []


def test_a_job_can_be_sent_to_another_process(base):
    jobs = run_sweep([*base, "seed=1,2"], record)
    assert pickle.loads(pickle.dumps(jobs)) == jobs
    assert isinstance(jobs[0], Job)
    assert hash(pickle.loads(pickle.dumps(seen[0])).train) == hash(seen[0].train)
