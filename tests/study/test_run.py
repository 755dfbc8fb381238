"""Running a study with a training that only pretends: what is done, what failed, what is left."""

import json

import pytest

from kinetix_core.cli import main
from kinetix_core.errors import RunError
from kinetix_core.study import load_study, read_study, run_study
from tests.study.stage import GOOD, add_study, evaluate, train

SMALL = GOOD.partition("finetune:")[0].replace("[0, 1]", "[0]")


@pytest.fixture
def file(packages):
    """The file of the study `mine`: its agents only."""
    return add_study(packages, SMALL)


@pytest.fixture
def run(file, tmp_path):
    """Runs it in a folder, and returns how it stands."""

    def do(*settings, folder=tmp_path / "mine"):
        return run_study(load_study("mine", settings), folder, 2, train, evaluate)

    return do


def states(record):
    return {one.job.run: one.state for one in record.jobs}


def test_a_study_runs_and_then_has_nothing_left_to_do(run, tmp_path, caplog):
    caplog.set_level("INFO")
    record = run()
    assert set(states(record).values()) == {"done"}
    assert record.missing == ()
    played = json.loads((tmp_path / "mine/runs/long-seed-0/evaluation.json").read_text())
    assert played == ["levels=[handmade/s/lift_off]", "attempts=2", "baseline=untrained"]
    said = [r.getMessage() for r in caplog.records if r.name.startswith("kinetix_core.study")]
    assert said[0] == "short-seed-0: begins (0 of 2 done)"
    assert said[-1].endswith("(2 of 2 done)")
    definition = (tmp_path / "mine/study.json").read_bytes()
    caplog.clear()
    run()
    assert "2 of 2 runs are done already" in caplog.text
    assert "begins" not in caplog.text
    assert (tmp_path / "mine/study.json").read_bytes() == definition


def test_what_is_not_done_is_done_again_and_nothing_else(run, tmp_path):
    run()
    runs = tmp_path / "mine/runs"
    marks = [path / "mark" for path in runs.iterdir()]
    for mark in marks:
        mark.touch()
    (runs / "long-seed-0/evaluation.json").unlink()
    (runs / "short-seed-0/run.json").write_text('{"status": "starting"}')  # no checkpoint yet
    record = run()
    assert set(states(record).values()) == {"done"}
    assert (runs / "long-seed-0/mark").exists(), "trained once"
    assert not (runs / "short-seed-0/mark").exists(), "begun anew"


def test_a_job_that_fails_is_named_and_does_not_stop_the_others(run, file, tmp_path, capsys):
    file.write_text(SMALL.replace("short: []", "short: [ppo.entropy_coef=13]"))
    record = run()
    assert states(record)["short-seed-0"] == "failed"
    assert states(record)["long-seed-0"] == "done"
    assert record.missing == ("short-seed-0: thirteen is refused",)
    assert main(["study", "mine", "--status", "--directory", str(tmp_path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["RUN", "PART", "STEPS", "STATE"]
    assert shown[1].split(maxsplit=3)[2:] == ["-", "failed: thirteen is refused"]
    assert shown[2].split()[2:] == ["128", "done"]
    assert shown[-1] == "1 of 2 runs are done"


def test_another_study_is_not_mixed_in(run, file, tmp_path, caplog):
    run()
    with pytest.raises(RunError) as caught:
        run("ppo.epochs=2")
    said = str(caught.value)
    assert (
        "begun as another study: overrides was [], now [ppo.epochs=2], so short-seed-0 and" in said
    )
    assert "1 more would be another run; take the settings that it was begun with" in said
    assert "another --directory, or remove the folder" in said
    file.write_text(SMALL.replace("long: [", "long: [ppo.epochs=3, "))
    with pytest.raises(RunError, match=r"methods\.long was \[train.*\], now \[ppo\.epochs=3, "):
        run()
    file.write_text(SMALL.replace("# Is", "# Now, is"))
    caplog.clear()
    record = run()
    assert record.definition["summary"].startswith("Now, is")
    old = json.loads((tmp_path / "mine/study.json").read_text())
    old["versions"]["jax"] = "0.0.1"
    (tmp_path / "mine/study.json").write_text(json.dumps(old))
    run()
    assert "so bits may differ: jax 0.0.1 -> " in caplog.text


def test_what_follows_the_agents_may_change(run, file, tmp_path, caplog):
    caplog.set_level("INFO")
    run()
    runs = tmp_path / "mine/runs"
    marks = [runs / name / "mark" for name in ("short-seed-0", "long-seed-0")]
    for mark in marks:
        mark.touch()
    file.write_text(SMALL.replace("attempts: 2", "attempts: 3"))
    assert set(states(run()).values()) == {"done"}
    played = json.loads((runs / "long-seed-0/evaluation.json").read_text())
    assert "attempts=3" in played
    tuned = SMALL + "finetune: {levels: handmade/s/lift_off, scratch: false}\n"
    file.write_text(tuned)
    record = run()
    assert len(record.jobs) == 4
    assert set(states(record).values()) == {"done"}
    assert all(mark.exists() for mark in marks), "trained once"
    assert "the study has changed since it was begun; 2 of its runs are kept" in caplog.text
    file.write_text(SMALL)
    assert len(run().jobs) == 2
    file.write_text(tuned.replace("scratch", "settings: [ppo.epochs=3], scratch"))
    with pytest.raises(RunError, match="so short-seed-0-finetune-lift_off and 1 more would be"):
        run()
    file.write_text(tuned)
    assert set(states(run()).values()) == {"done"}


def test_a_damaged_definition_says_the_way_out(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/study.json").write_text("[")
    assert main(["study", "mine", "--status", "--directory", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "study.json: damaged: " in error
    assert "mine away and run `kinetix study mine` again" in error


def test_an_interruption_ends_with_what_goes_on(file, tmp_path, capsys, monkeypatch):
    def stop(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("kinetix_core.study._run.run_in_processes", stop)
    assert main(["study", "mine", "--directory", str(tmp_path)]) == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("kinetix: stopped on request; everything is saved in ")
    assert last.endswith("mine; the same command goes on")


def test_two_at_once_are_refused(run, tmp_path):
    from kinetix_core.study._folder import locked

    with locked(tmp_path / "mine"), pytest.raises(RunError, match="another process runs this"):
        run()


def test_how_a_study_stands_that_is_not_begun(file, tmp_path, capsys):
    assert main(["study", "mine", "--status", "--directory", str(tmp_path)]) == 0
    assert "mine: not begun yet; `kinetix study mine` begins it" in capsys.readouterr().out
    assert main(["study", "min", "--status", "--directory", str(tmp_path)]) == 2
    assert "study min: unknown; did you mean mine" in capsys.readouterr().err
    with pytest.raises(RunError, match=r"it has no study\.json; `kinetix study NAME` makes one"):
        read_study(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "--jobs", "2"], "kinetix study list: --jobs means nothing here"),
        (["mine", "--status", "seed=1"], "kinetix study --status: seed=1 means nothing here"),
        (["mine", "--seeds", "a"], "--seeds a: whole numbers are expected, as 0,1,2"),
        (["mine", "--jobs", "0"], "--jobs 0: at least 1 is expected"),
        ([], "kinetix study: a name is expected; `kinetix study list` shows them"),
        (["--list"], "--list: neither an option nor a setting"),
        (["--list"], "did you mean `kinetix study list`?"),
        (["a/tiny.yaml"], "study a/tiny.yaml: a name is expected, not a file; a study is found by"),
        (["a/tiny.yaml", "--status"], "in the folder study/ of a plugin's config folder"),
        (["curriculum"], "study curriculum: unknown; did you mean curricula?"),
    ],
)
def test_mistakes_of_the_command_are_one_line(file, capsys, words, said, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["study", *words]) == 2
    assert list(tmp_path.rglob("study.json")) == []
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
