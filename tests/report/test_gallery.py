"""The levels that the curriculum of a real run keeps, played by its policy."""

import shutil

import pytest

from kinetix_core.cli import main
from kinetix_core.errors import RunError
from kinetix_core.figures import kept_levels
from kinetix_core.scene import S, check_scene
from tests.report.sample import sample_run

TINY = [
    *("levels=handmade/s", "network.depth=1", "network.width=16", "logger=[jsonl]"),
    *("ppo.num_envs=8", "ppo.num_steps=16", "ppo.num_minibatches=2", "ppo.epochs=1"),
    *("env.max_timesteps=12", "train.total_steps=384"),
]


def train(folder, *settings):
    assert main(["train", *TINY, *settings, f"train.directory={folder}", "train.name=run"]) == 0
    return folder / "run"


def test_the_buffer_of_plr_is_played(tmp_path, monkeypatch):
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")
    run = train(tmp_path, "curriculum=plr", "curriculum.buffer_size=16")
    kept = kept_levels(run)
    assert 0 < len(kept) <= 16
    for level in kept:
        assert level.level.size == S
        check_scene(level.level)
        assert level.solve_rate * 10 == pytest.approx(round(level.solve_rate * 10))
    scores = [level.score for level in kept]
    assert scores == sorted(scores, reverse=True)
    assert [(k.score, k.solve_rate) for k in kept_levels(run)] == [
        (k.score, k.solve_rate) for k in kept
    ]
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(RunError, match="there is no checkpoint"):
        kept_levels(run)


def test_a_page_without_the_levels_of_the_curriculum_says_why(tmp_path, capsys):
    run = sample_run(tmp_path / "run", f"levels={tmp_path / 'gone'}", "curriculum=plr")
    assert main(["report", str(run)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{run / 'report.html'}\n"
    why = f"the levels that run keeps are left out: {tmp_path / 'gone'}: no"
    assert f"galleries: {why}" in said.err
    assert f"Nothing to show: {why}" in (run / "report.html").read_text()


def test_a_curriculum_without_a_buffer_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("kinetix_core.learn.compiled", None, raising=False)  # not even looked at
    assert kept_levels(sample_run(tmp_path / "run")) == []
