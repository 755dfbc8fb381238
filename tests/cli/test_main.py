"""The command line: which status a command ends with, and what it says."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import kinetix_core.learn
from kinetix_core.cli import commands, main, train
from kinetix_core.errors import RunError
from kinetix_core.registry import registry
from kinetix_core.scene import S, find_levels, load_levels


def refused(capsys, *argv):
    """The one line on standard error of a command that ends with status 2."""
    assert main(argv) == 2
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    (line,) = shown.err.splitlines()
    assert line.startswith("kinetix: error: ")
    return line.removeprefix("kinetix: error: ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("trian", "trian: no such command; did you mean train?"),
        ("plugins engin", "engin: no kind of component; did you mean engine?"),
        ("plugins --setings", "unrecognized arguments: --setings (`kinetix plugins --help`"),
        ("config shw", "kinetix config shw: no such action; did you mean show?"),
        ("config show ppo.epoch=1", "ppo.epoch: unknown setting; did you mean ppo.epochs?"),
        ("train --ppo.epoch=1", "ppo.epoch: unknown setting; did you mean ppo.epochs?"),
        ("train -x", "-x: neither an option nor a setting as name=value"),
        ("train levels", "levels: neither an option nor a setting as name=value; write levels=V"),
        ("train levels = x", "; write levels=x, without spaces"),
        ("train levels =x", "; write levels=x, without spaces"),
        ("train --levels x", "; write levels=x, without spaces"),
        ("train levels= x", "x: neither an option nor a setting as name=value; write levels=x,"),
        ("train lvels x", "; did you mean levels=x?"),
        ("train laptop", "; did you mean experiment=laptop?"),
        ("train deep_sets", "; did you mean network=deep_sets?"),
        ("train handmade/s", "; did you mean levels=handmade/s?"),
        ("train levles=x", "levles: unknown setting; did you mean levels, "),
        ("train ppo.lr=1", "ppo.lr: unknown setting; did you mean ppo.learning_rate?"),
        ("train ppo.foo=1", "ppo.foo: unknown setting; ppo has num_envs, num_steps,"),
        ("train levels=handmad", "handmad: no such level file, folder, pattern or level set; did"),
        ("config show ppo.epochs=0", "ppo.epochs=0: at least 1 is expected"),
        ("config show generator.levels=[]", "generator.levels="),
        ("config show size=xl", "size=xl: s, m, l or"),
        ("plugins x\x1b[2Jy", r"x\x1b[2Jy: no kind of component"),
        ("train size=xl", "size=xl: s, m, l or {polygons: 8"),
        ("train curriculum=fixd", "curriculum=fixd: unknown; did you mean fixed?"),
        ("train -m", "-m: a sweep needs settings with several values"),
        ("train -m seed=0,a", "seed=a: a whole number is expected"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(capsys, line, words):
    assert words in refused(capsys, *line.split())


def test_a_traceback_only_for_those_who_ask(capsys, monkeypatch):
    monkeypatch.setenv("KINETIX_TRACEBACK", "1")
    assert main(["trian"]) == 2
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert shown.splitlines()[-1].startswith("kinetix: error: trian")


def test_the_overview_names_every_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name in commands():
        assert re.search(rf"^  {name} +\S", text, re.MULTILINE)


# plugins


def test_plugins_are_listed_with_where_they_come_from(capsys, packages):
    packages.add_toy()
    assert main(["plugins", "generator"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(re.fullmatch(r"generator +toy +kinetix-toy 1\.0 +toy levels", x) for x in lines)
    assert not any(x.startswith("engine ") for x in lines)
    assert any(x.startswith("generator  files*") for x in lines)


def test_settings_are_listed_with_type_default_and_meaning(capsys, packages):
    packages.add_toy()
    assert main(["plugins", "engine", "--settings"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"engine\.count +3 +int +How many, in two lines\.", text)
    assert re.search(r"engine\.needed +required +str +Must be given\.", text)


def test_what_cannot_be_used_is_listed_with_the_reason(capsys, packages):
    packages.add("kinetix-bad", "bad", "import no_such_module")
    packages.add_toy()
    packages.add("kinetix-twin", "twin", Path(packages.path / "toy.py").read_text())
    assert main(["plugins"]) == 0
    text = capsys.readouterr().out
    assert "plugin bad (bad, from kinetix-bad 1.0) is broken: ModuleNotFoundError" in text
    assert "engine/toy is offered more than once" in text
    assert "from kinetix-toy 1.0 and" in text


# config show and help


def test_config_show_is_yaml_that_says_what_is_chosen(capsys, packages):
    packages.add_toy()
    assert main(["config", "show", "--engine=toy", "ppo.epochs=3", "levels=x"]) == 0
    from omegaconf import OmegaConf

    shown = OmegaConf.create(capsys.readouterr().out)
    assert shown.engine.name == "toy"
    assert shown.ppo.epochs == 3
    assert shown.generator.levels == "x"
    assert OmegaConf.is_missing(shown.engine, "needed")


def test_config_show_checks_what_is_there_although_a_value_is_missing(capsys, packages):
    packages.add_toy()
    assert main(["config", "show", "engine=toy"]) == 0
    capsys.readouterr()
    assert "ppo.epochs=0: at least 1" in refused(
        capsys, *["config", "show", "engine=toy", "ppo.epochs=0"]
    )
    line = "config show engine=toy logger.jsonl.file=a/b"
    assert "logger.jsonl.file='a/b'" in refused(capsys, *line.split())


def test_train_says_which_levels_before_anything_else(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(kinetix_core.learn, "train", lambda run, *_: Path("here"))
    fits = len(load_levels("handmade", S).names)
    for line, said in (
        (
            "train",
            f"levels: {fits} of handmade in size s (the default; levels=FOLDER takes others)",
        ),
        (
            "train levels=[handmade/s/roll_right,handmade/m] size=m",
            " of handmade/s/roll_right,hand",
        ),
    ):
        assert main(line.split()) == 0
        (first, *_) = capsys.readouterr().err.splitlines()
        assert said in first
    assert first.startswith(f"levels: {1 + len(find_levels('handmade/m'))} of")


def test_presets_have_a_summary(capsys):
    assert main(["train", "--help"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^  laptop +A small agent that learns fast", text, re.MULTILINE)
    assert "package _global_" not in text


def test_train_help_lists_choices_and_settings(capsys, packages):
    packages.add_toy()
    assert main(["train", "--help"]) == 0
    text = capsys.readouterr().out
    for kind in ("engine", "action", "observation", "generator", "network", "curriculum"):
        assert f"{kind}=NAME" in text
        for component in registry().components(kind):
            assert f"with {kind}={component.name}:" in text
            assert " ".join(component.summary.split()[:4]) in text
    assert re.search(r"  ppo\.learning_rate +\S+ +float +\w+", text)
    assert re.search(r"  seed +0 +int +What all random numbers", text)


# train


def test_train_hands_over_the_composed_run(capsys, monkeypatch, packages):
    packages.add_toy()
    seen = []
    monkeypatch.setattr(
        kinetix_core.learn, "train", lambda run, *_: seen.append(run) or Path("here")
    )
    line = ["train", "engine=toy", "seed=4", "--engine.needed=x", "generator=toy", "--ppo.epochs=2"]
    assert main(line) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "here"
    (run,) = seen
    assert (run.seed, run.ppo.epochs, run["engine"].config.needed) == (4, 2, "x")


def test_a_sweep_names_what_failed_and_goes_on(capsys, monkeypatch, packages, tmp_path):
    packages.add_toy()

    def fake(run, *_):
        if run.seed == 1:
            raise RunError("the disk is full")
        return Path(run.train.directory) / run.train.name

    monkeypatch.setattr(train, "train_composed", fake)
    base = ["engine=toy", "engine.needed=x", "generator=toy", f"train.directory={tmp_path}"]
    assert main(["train", "-m", *base, "seed=0,1,2", "train.name=study"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert re.match(rf"0 +{tmp_path}/study/000-seed-0 +seed=0", lines[1])
    assert re.match(r"2 +the disk is full +seed=1", lines[2])
    assert re.match(rf"0 +{tmp_path}/study/002-seed-2 +seed=2", lines[3])


@pytest.mark.parametrize(
    ("raised", "said"),
    [(KeyboardInterrupt(), "interrupted"), (KeyboardInterrupt("all saved"), "all saved")],
)
def test_an_interrupt_is_a_clean_line_and_status_130(capsys, monkeypatch, raised, said, packages):
    packages.add_toy()

    def stop(run, *_):
        raise raised

    monkeypatch.setattr(kinetix_core.learn, "train", stop)
    assert main(["train", "engine=toy", "engine.needed=x", "generator=toy"]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == f"kinetix: {said}"


def test_ctrl_c_in_a_real_process():
    program = (
        "import os, signal, sys\n"
        "from kinetix_core.cli import main, plugins\n"
        # a shell starts background jobs with this signal ignored, and children inherit that
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "plugins.run = lambda args: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(main(['plugins']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 130 != -signal.SIGINT
    assert done.stderr.strip() == "kinetix: interrupted"


def test_a_reader_that_leaves_early_is_no_error():
    command = (
        f"{sys.executable} -m kinetix_core.cli train --help | head -1; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.startswith("usage: kinetix train")
    assert done.returncode == 0
