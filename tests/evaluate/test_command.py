"""`kinetix evaluate`: every mistake is one line, and a good call prints the table and the page."""

import csv
import json
from types import SimpleNamespace

import jax
import pytest

import kinetix_core.evaluate
import kinetix_core.record
import kinetix_core.scene
from kinetix_core.cli import main
from kinetix_core.cli._evaluate_settings import Settings, parse
from kinetix_core.compose import build_task, compose_run
from kinetix_core.errors import SettingError
from kinetix_core.evaluate import named_set, task_in_size, untrained_params
from kinetix_core.scene import LevelSet, M, levels_hash
from tests.evaluate.stage import level, levels, right, stage


@pytest.fixture(autouse=True)
def no_compilation_cache(monkeypatch):
    """Tests leave the user's cache alone."""
    monkeypatch.setenv("KINETIX_COMPILATION_CACHE", "off")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["attempts=20"], "run=: the folder of a training run is expected"),
        (["run=x", "attemps=3"], "attemps=3: unknown setting; did you mean attempts"),
        (["run=x", "attempts=0"], "attempts=0: a whole number of at least 1 is expected"),
        (["run=x", "attempts=many"], "attempts=many: a whole number of at least 1"),
        (["run=x", "greedy=yes"], "greedy=yes: true or false is expected"),
        (["run=x", "greedy=true", "attempts=5"], "attempts=5: greedy attempts at a level are all"),
        (["run=x", "greedy=true", "temperature=2"], "temperature=2.0: greedy=true takes the most"),
        (["run=x", "temperature=0"], "temperature=0: a number above 0, up to 1000, is expected"),
        (["run=x", "baseline=random"], "baseline=random: untrained is expected"),
        (["run=x", "size=xl"], "size=xl: one of s, m, l is expected"),
        (["run=x", "levels=handmad"], "handmad: no such level file, folder, pattern or level set"),
        (["run=x", "levels=[]"], "levels=: a folder, files or a set's name is expected"),
        (["run=x", "run=y"], "run=y: run is given twice"),
        (["run="], "run=: a value is expected"),
        (["run=x", "levels=/nowhere/at/all"], "/nowhere/at/all: no such level"),
        (["run=/nowhere/at/all"], "run=/nowhere/at/all: no such run folder"),
    ],
)
def test_mistakes_are_one_line(settings, message, capsys):
    assert main(["evaluate", *settings]) == 2
    error = capsys.readouterr().err
    assert error.startswith("kinetix: error: ")
    assert message in error
    assert error.count("\n") == 1


def test_help_has_a_table_of_settings(capsys):
    assert main(["evaluate", "--help"]) == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert any(row.startswith("run '' str The folder of a training run, of which") for row in rows)
    assert "attempts 20 int Episodes for each level; 1 where greedy." in rows
    for name in Settings.__dataclass_fields__:
        assert any(row.startswith(f"{name} ") for row in rows)


def test_settings_are_read():
    assert parse(["run=a", "--levels=[b, c/*.json]", "seed=4", "out=d"]) == Settings(
        "a", levels=("b", "c/*.json"), seed=4, out="d"
    )
    assert parse(["run=a", "greedy=true"]).attempts == 1
    found = parse(["run=a", "size=l", "temperature=0.5", "baseline=untrained", "watch=0"])
    assert (found.size, found.temperature, found.baseline, found.watch) == (
        "l",
        0.5,
        "untrained",
        0,
    )


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("lv/level_[0-9]", ("lv/level_[0-9]",)),
        ("[ab]*.json", ("[ab]*.json",)),
        ("[ab]_level_[0-9]", ("[ab]_level_[0-9]",)),
        ("[lv/level_[0-9],b]", ("lv/level_[0-9]", "b")),
        ("[b]", ("b",)),
        ("a,b", ("a", "b")),
    ],
)
def test_brackets_are_those_of_a_list_or_a_pattern(value, names):
    assert parse(["run=a", f"levels={value}"]).levels == names


def test_a_folder_that_is_no_run_folder_is_one_line(tmp_path, capsys):
    assert main(["evaluate", f"run={tmp_path}"]) == 2
    assert "not a run folder" in capsys.readouterr().err


@pytest.fixture
def loaded(monkeypatch, tmp_path):
    """A run of the stage, with levels that are found by name."""
    scenes, names = levels(near=level(0.3), far=level(5))
    run = SimpleNamespace(
        path=tmp_path / "myrun",
        composed=SimpleNamespace(num_seeds=1),
        task=stage(),
        known_levels=lambda: LevelSet(scenes, names),
        params=right(1),
        update=7,
    )
    monkeypatch.setattr(kinetix_core.record, "load_run", lambda path: run, raising=False)
    monkeypatch.setattr(kinetix_core.record, "check_run", lambda path: None, raising=False)
    return run


def test_a_good_call_ends_with_the_path_of_the_page(loaded, capsys, tmp_path):
    assert main(["evaluate", "run=myrun", "attempts=4", f"out={tmp_path / 'o'}"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["level", "solved", "rate", "interval", "return", "length", "red",
                              "time", "nan"]  # fmt: skip
    assert out[2].split()[:4] == ["near", "4/4", "100.0", "%"]
    assert out[3].split()[:4] == ["far", "0/4", "0.0", "%"]
    assert out[-2].startswith("mean over 2 levels: 50.0 % solved (95% interval")
    assert out[-1] == str(tmp_path / "o" / "replay.html")
    assert {p.name for p in (tmp_path / "o").iterdir()} == {
        "replay.html",
        "evaluation.json",
        "evaluation.csv",
        "evaluation_groups.csv",
    }


@pytest.mark.parametrize("terminal", [True, False])
def test_episodes_are_counted_on_a_terminal(loaded, capsys, tmp_path, monkeypatch, terminal):
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    settings = ["attempts=4", f"out={tmp_path / 'o'}", "baseline=untrained"]
    assert main(["evaluate", "run=myrun", *settings]) == 0
    said = capsys.readouterr().err
    for text in ("\r8 of 16 episodes played", "\r16 of 16 episodes played"):
        assert (text in said) is terminal


def test_no_levels_anywhere_is_one_line(loaded, capsys):
    loaded.known_levels = lambda: None
    assert main(["evaluate", "run=myrun"]) == 2
    said = capsys.readouterr().err
    assert f"levels=: {loaded.path} was trained on levels without end" in said
    assert "as levels=random/s\n" in said


def test_several_sets_beside_the_untrained_policy(loaded, capsys, tmp_path, monkeypatch):
    sets = {"one": levels(near=level(0.3), far=level(5)), "two": levels(far=level(5))}
    for name in ("find_sources", "sized_levels"):
        monkeypatch.setattr(kinetix_core.scene, name, lambda names: [], raising=False)
    monkeypatch.setattr(
        kinetix_core.evaluate,
        "load_sets",
        lambda names, size: tuple(named_set(n, LevelSet(*sets[n])) for n in names),
        raising=False,
    )
    settings = ["levels=one,two", "attempts=4", f"out={tmp_path / 'o'}", "baseline=untrained"]
    assert main(["evaluate", "run=myrun", *settings]) == 0
    out = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in out]
    # fresh parameters of the stage go right, too
    assert ["one", "2", "50.0", "%"] in [row[:4] for row in rows]
    assert ["two", "1", "0.0", "%"] in [row[:4] for row in rows]
    (head,) = (row for row in rows if row[:2] == ["set", "levels"])
    assert head[-1] == "untrained"
    (line,) = (row for row in rows if row[:2] == ["one", "2"])
    assert line[-2:] == ["50.0", "%"]
    tree = json.loads((tmp_path / "o" / "evaluation.json").read_text())
    assert [(s["set"], s["levels"], s["solve_rate"]) for s in tree["sets"]] == [
        ("one", 2, 0.5),
        ("two", 1, 0.0),
    ]
    assert [s["hash"] for s in tree["sets"]] == [levels_hash(scenes) for scenes, _ in sets.values()]
    assert tree["sets"][0]["baseline"]["solve_rate"] == 0.5
    with (tmp_path / "o" / "evaluation_groups.csv").open(newline="") as file:
        groups = [(r["set"], r["group"], r["solve_rate"]) for r in csv.DictReader(file)]
    assert groups == [("one", "", "0.5"), ("one", "untrained", "0.5"), ("two", "", "0.0"),
                      ("two", "untrained", "0.0")]  # fmt: skip


@pytest.mark.parametrize(
    ("network", "observation"), [("mlp", "symbolic"), ("modular", "egocentric")]
)
def test_a_size_that_the_network_does_not_take_is_one_line(network, observation):
    composed = compose_run(["size=s", f"network={network}", f"observation={observation}"])
    task = build_task(composed, ("engine", "action", "observation", "network"))
    shapes = jax.eval_shape(lambda key: untrained_params(task, key), jax.random.key(0))
    with pytest.raises(SettingError) as caught:
        task_in_size(composed, M, shapes)
    assert str(caught.value) == (
        f"size=m: network={network} with observation={observation} takes the size that it was"
        " trained in only, size s; train with size=m, or train a network that takes any"
        " size, one over entities"
    )


def test_a_network_over_entities_takes_another_size():
    over_entities = compose_run(["network=deep_sets", "observation=entity", "network.width=8"])
    task = build_task(over_entities, ("engine", "action", "observation", "network"))
    grown = task_in_size(over_entities, M, untrained_params(task, jax.random.key(0)))
    assert grown.size == M
