"""`kinetix bench`: wrong arguments are one line, help is light."""

import os
import subprocess
import sys

import pytest

from kinetix_core.bench import _published, compile_time
from kinetix_core.bench.compile_time import CompileOptions, run_compile
from kinetix_core.bench.report import Report, file_name
from kinetix_core.cli import bench, main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["engine", "--against", "jax2"], "against=jax2: unknown; did you mean jax2d?"),
        (["engine", "--sizes", "s,xl"], "sizes=s,xl: xl is none"),
        (["parity", "--sizes", ""], "sizes: none given"),
        (["engine", "--batches", "16,none"], "batches=16,none: whole numbers from 1 on"),
        (["engine", "--threads", "0"], "threads=0: whole numbers from 1 on"),
        (["engine", "--repeats", "0"], "repeats=0: at least 1"),
        (["compile", "--repeats", "0"], "repeats=0: at least 1"),
        (["device", "--batches", "0"], "batches=0: whole numbers from 1 on"),
        (["train", "--repeats", "0"], "repeats=0: at least 1"),
        (["evaluate", "--attempts", "0"], "attempts=0: at least 1"),
        (["env", "--observations", ","], "observations=,: none given"),
        (["env", "--batches", "0"], "batches=0: whole numbers from 1 on"),
        (["latency", "--sizes", "xl"], "sizes=xl: xl is none"),
        (["parity", "--engine", "box2d", "--golden", "no/where"], "engine=box2d: unknown; "),
        (["parity"], "golden=: the folder of the recordings of the published system is expected"),
        (["parity", "--golden", "no/where"], "golden=no/where: no recording physics/step_s.npz"),
        (["engine", "--levels", "no/where"], "no/where: no such level file"),
        (["speed"], "kinetix bench speed: no such action; known: compile, device, encode"),
        ([], "required"),
    ],
)
def test_a_mistake_is_one_line(capsys, monkeypatch, arguments, message):
    monkeypatch.delenv("KINETIX_GOLDEN", raising=False)
    assert main(["bench", *arguments]) == 2
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if line.startswith("kinetix: error: ")]
    assert len(lines) == 1
    assert message in lines[0]
    assert "Traceback" not in err
    assert out == ""


def test_a_missing_opponent_is_noticed_before_anything_is_measured(capsys, monkeypatch):
    monkeypatch.setattr(_published, "PACKAGE", "no_such_package")
    assert main(["bench", "engine", "--against", "jax2d"]) == 2
    assert "install the extra: pip install 'open-kinetix[bench]'" in capsys.readouterr().err


@pytest.mark.parametrize("job", [[], ["parity"], ["engine"], ["env"], ["compile"]])
def test_help_imports_no_jax(job):
    code = (
        "import sys; from kinetix_core.cli import main\n"
        f"status = main(['bench', *{job!r}, '--help'])\n"
        "assert status == 0 and not {'jax', 'numpy', 'flax'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage: kinetix bench" in done.stdout


def test_the_command_line_in_a_result_holds_no_folder(monkeypatch):
    seen = {}
    monkeypatch.setattr(bench, "_finish", lambda report, args: seen.update(report=report))
    monkeypatch.setattr(
        "kinetix_core.bench.engine_speed.run_speed", lambda options, report, progress: None
    )
    arguments = ["--quick", "--levels", "/some/where", "--out", "/some/place", "--sizes", "s"]
    assert main(["bench", "engine", *arguments]) == 0
    assert seen["report"].command == "kinetix bench engine --sizes s --quick"
    assert main(["bench", "engine", *arguments, "engine.kernel=jax"]) == 0
    assert seen["report"].command == "kinetix bench engine engine.kernel=jax --sizes s --quick"
    assert file_name(seen["report"]).startswith("engine-engine-kernel-jax-2")


def test_a_process_that_fails_is_one_line(tmp_path):
    from kinetix_core.errors import RunError

    command = [sys.executable, "-c", "import sys; print('first'); sys.exit('the reason')"]
    with pytest.raises(RunError, match="probe: its process ended with status 1: the reason"):
        compile_time._run(command, os.environ, "probe")


def test_each_stage_of_a_start_is_reported(monkeypatch):
    stages = {name: [1.0, 2.0, 0.0] for name in compile_time.STAGES}
    seen = []

    def probe(engine, size, environment, settings):
        seen.append((engine, size, environment["CXX"], *settings))
        return stages | {"kernel": [0.5, 9.0, 8.0] if len(seen) == 1 else [0.01, 0.02, 0.0]}

    monkeypatch.setattr(compile_time, "_probe", probe)
    report = Report("compile", "kinetix bench compile")
    options = CompileOptions(sizes=("s", "m"), compiler="my-c++", repeats=2, train=False)
    run_compile(options, report)
    assert seen == [("jax2d", "s", "my-c++")] * 3 + [("jax2d", "m", "my-c++")] * 2
    assert report.tables[0].rows == ((8.5, 8.0, 9.0),)
    assert report.tables[1].rows[0] == ("jax2d", "s", "CPU", 1.0, 1.0, 0.01, *[1.0] * 4, 2.0)


def test_settings_reach_the_engine_but_not_the_published_one(monkeypatch):
    seen = []

    def probe(engine, size, environment, settings):
        seen.append((engine, *settings))
        return {name: [1.0, 2.0, 0.0] for name in compile_time.STAGES}

    monkeypatch.setattr(compile_time, "_probe", probe)
    report, setting = Report("compile", ""), "engine.kernel=jax"
    options = CompileOptions(
        against="jax2d", sizes=("s",), repeats=1, train=False, settings=(setting,)
    )
    run_compile(options, report)
    assert seen == [("jax2d", setting)] * 2 + [(compile_time.PUBLISHED,)]
    titles = [table.title for table in report.tables]
    assert titles == ["A start in a fresh process, seconds (median)"], "there is no kernel to build"


def test_zig_must_be_installed_to_be_asked_for(monkeypatch):
    from kinetix_core.errors import SettingError

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingError, match=r"compiler=zig: .*open-kinetix\[compiler\]"):
        run_compile(CompileOptions(compiler="zig"), Report("compile", ""))
