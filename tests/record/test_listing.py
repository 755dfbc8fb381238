"""How a run stands, from its folder alone, and what is said of folders that are no runs."""

import json
import os
import subprocess
import sys

import pytest

from kinetix_core.cli import main
from kinetix_core.errors import RunError
from kinetix_core.record import check_parameters, check_run, list_runs, summarise_run


@pytest.fixture
def make(tmp_path):
    def run(name, status="finished", rows=(), begun=1_700_000_000, **more):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        (folder / "run.json").write_text(json.dumps({"status": status, **more}))
        (folder / "metrics.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
        os.utime(folder / "config.json", (begun, begun))
        return folder

    return run


def ours(pid):
    return {"host": os.uname().nodename, "pid": pid}


def a_pid_that_is_gone():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.mark.parametrize(
    ("status", "pid", "state", "reason"),
    [
        ("finished", None, "finished", ""),
        ("stopped on request", None, "interrupted", "stopped on request"),
        ("failed: RunError: no space", None, "interrupted", "failed: RunError: no space"),
        ("running", "mine", "running", ""),
        ("starting", "mine", "running", ""),
        ("running", "gone", "interrupted", "its process is gone"),
        ("running", "elsewhere", "running", ""),
        ("running", None, "running", ""),
    ],
)
def test_states(make, status, pid, state, reason):
    process = {
        "mine": ours(os.getpid()),
        "gone": ours(a_pid_that_is_gone()) if pid == "gone" else None,
        "elsewhere": {"host": "another-machine", "pid": 1},
    }.get(pid)
    found = summarise_run(make("a", status, process=process))
    assert (found.state, found.reason) == (state, reason)


def test_steps_and_the_rate_of_the_last_ten_updates(make):
    rows = [
        {
            "update": n,
            "time/env_steps": 100 * n,
            # two seeds: the second ends three times as many episodes as the first
            "episode/solved": [1.0 if n > 5 else 0.0, None if n == 15 else 0.5],
            "episode/count": [10, 0 if n == 15 else 30],
        }
        for n in range(1, 16)
    ]
    folder = make("a", rows=rows)
    with open(folder / "metrics.jsonl", "a") as file:
        file.write('{"update": 16, "time/en')  # is being written
    found = summarise_run(folder)
    assert found.steps == 1500
    assert found.solve_rate == pytest.approx((10 * 10 + 9 * 15) / (10 * 10 + 9 * 30))
    assert (summarise_run(make("b")).steps, summarise_run(make("c")).solve_rate) == (None, None)


def test_damaged_files_are_left_out(make):
    folder = make("a", rows=[{"time/env_steps": "many", "episode/solved": "x"}, [1]])
    (folder / "run.json").write_text("{")
    found = summarise_run(folder)
    assert (found.state, found.steps, found.solve_rate) == ("interrupted", None, None)
    assert found.reason == "run.json cannot be read"


def test_the_command_lists_runs_and_those_of_sweeps_oldest_first(
    make, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "100")
    make("new", "stopped on request", begun=1_800_000_000)
    make("sweep/000-seed-0", rows=[
        {"time/env_steps": 12345, "episode/solved": 0.25, "episode/count": 4}
    ])  # fmt: skip
    (tmp_path / "notes").mkdir()
    assert main(["runs", str(tmp_path)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["RUN", "BEGUN", "STEPS", "SOLVED", "STATE"]
    first, second = lines
    assert first.split()[0] == "sweep/000-seed-0"
    assert first.split()[-3:] == ["12,345", "0.250", "finished"]
    assert second.split()[0] == "new"
    assert second.split()[-6:] == ["-", "-", "interrupted:", "stopped", "on", "request"]
    assert main(["runs", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("new ")


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("notes", "there are no runs in this folder"),
        ("nope", "nope: no such folder; `kinetix train` makes"),
    ],
)
def test_folders_without_runs_are_one_line(folder, said, tmp_path, capsys):
    (tmp_path / "notes").mkdir()
    assert main(["runs", str(tmp_path / folder)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_runs_that_lie_deeper_are_found(make, tmp_path, capsys):
    make("studies/mini/runs/a")
    make("studies/mini/runs/b")
    assert main(["runs", str(tmp_path / "studies")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    place = tmp_path / "studies" / "mini" / "runs"
    assert line.endswith(f"no runs in this folder, but there are below it: `kinetix runs {place}`")


def test_parameters_that_are_gone_leave_checkpoints(make, tmp_path):
    run = make("a")
    with pytest.raises(RunError, match="no parameters were saved in this run yet"):
        check_parameters(run)
    (run / "checkpoints/update_00000002").mkdir(parents=True)
    with pytest.raises(RunError, match=r"is gone; `kinetix evaluate checkpoint=.*update_00000002`"):
        check_parameters(run)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("finetune {run} levels=handmade/s", "did you mean run={run}?"),
        ("explain handmade/s/lift_off {run}", "did you mean run={run}?"),
        ("explain handmade/s/lift_off runs/none", "did you mean run=runs/none?"),
        ("finetune run={run} run={run} levels=handmade/s", "run={run}: run is given twice"),
    ],
)
def test_other_commands_say_how_a_run_is_named(words, said, make, capsys):
    run = make("runs/demo")
    assert main(words.format(run=run).split()) == 2
    assert said.format(run=run) in capsys.readouterr().err


def test_the_list_needs_no_jax(make, tmp_path):
    make("a")
    code = (
        "import sys; from kinetix_core.cli import main; status = main(['runs', sys.argv[1]]);"
        "sys.exit(status or any(m in sys.modules for m in ('jax', 'flax', 'equinox', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)]).returncode == 0


def test_a_folder_of_runs_names_them(make, tmp_path):
    runs = [make(f"r{n}") for n in range(7)]
    with pytest.raises(RunError) as error:
        check_run(tmp_path)
    named = ", ".join(f"run={run}" for run in runs[:5])
    assert f"not a run, but a folder of runs: {named} and 2 more (`kinetix runs" in str(error.value)
    check_run(runs[0])
    assert len(list_runs(tmp_path)) == 7


def test_a_run_that_is_not_there_names_the_nearest(make, tmp_path):
    make("runs/demo")
    for wrong in ("runs/dmo", "demo"):
        with pytest.raises(RunError, match=r"no such run folder; did you mean run=.*/runs/demo\?$"):
            check_run(tmp_path / wrong)


@pytest.mark.parametrize("command", ["evaluate {runs}", "evaluate {run}", "evaluate run={runs}"])
def test_evaluate_says_how_a_run_is_named(command, make, tmp_path, capsys):
    run = make("runs/demo")
    assert main(command.format(runs=tmp_path / "runs", run=run).split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert (
        "run=" + str(tmp_path / "runs") in line.partition("; did you mean")[2] or str(run) in line
    )
