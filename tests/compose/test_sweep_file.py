"""Sweeps in files: what they may say, what W&B is given, and where they are found."""

import json
import sys
from pathlib import Path

import pytest

from kinetix_core.compose import load_sweep, sweep_summary, sweeps
from kinetix_core.errors import PluginError, SettingError

PLUGIN = """\
from kinetix_core.registry import hookimpl

@hookimpl
def kinetix_config_folders():
    yield "pkg://sweepers/configs"
"""
GOOD = """\
# Learning rates
# that differ.
method: random
settings: [size=m, --seed=4]
parameters:
  ppo.learning_rate: {distribution: log_uniform_values, min: 1e-5, max: 0.01}
  ppo.epochs: {min: 1, max: 4}
  ppo.gamma: {values: [0.9, 0.99], probabilities: [1, 3]}
  action: [discrete, continuous]
  env.max_timesteps: 100
  ppo.bootstrap_at_time_limit: [true, false]
metric: {name: episode/solved, goal: maximize}
early_terminate: {type: hyperband, min_iter: 5}
run_cap: 8
"""


@pytest.fixture
def add(packages):
    """Writes a sweep `mine` in a plugin of its own."""

    def write(text):
        (packages.path / "sweepers" / "configs" / "sweep" / "mine.yaml").write_text(text)

    files = {"sweepers/configs/sweep/mine.yaml": GOOD}
    packages.add("kinetix-sweepers", "sweepers", PLUGIN, files=files)
    return write


def test_a_plugin_brings_its_own(add):
    assert sweeps()["mine"] == "pkg://sweepers/configs/sweep/mine.yaml"
    assert {"laptop_ppo", "laptop_curricula"} < set(sweeps())
    assert sweep_summary("mine") == "Learning rates that differ."


def test_what_wandb_is_given(add):
    given = load_sweep("mine", ["logger=[jsonl]"]).for_wandb()
    assert given == {
        "name": "mine",
        "description": "Learning rates that differ.",
        "program": "kinetix",
        "command": [
            *("${env}", "kinetix", "train", "size=m", "--seed=4", "logger=[jsonl]"),
            *("logger=[jsonl,wandb]", "${args}"),
        ],
        "method": "random",
        "metric": {"name": "episode/solved", "goal": "maximize"},
        "parameters": {
            "ppo.learning_rate": {
                "distribution": "log_uniform_values",
                "min": 1e-5,
                "max": 0.01,
            },
            "ppo.epochs": {"distribution": "int_uniform", "min": 1, "max": 4},
            "ppo.gamma": {"values": [0.9, 0.99], "probabilities": [1, 3]},
            "action": {"values": ["discrete", "continuous"]},
            "env.max_timesteps": {"value": 100},
            "ppo.bootstrap_at_time_limit": {"values": [True, False]},
        },
        "early_terminate": {"type": "hyperband", "min_iter": 5},
        "run_cap": 8,
    }


def replaced(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2", "cannot be read"),
        ("[3]", "settings as name: value are expected"),
        (replaced("run_cap", "runcap"), "runcap: unknown; did you mean run_cap?"),
        (replaced("random", "grids"), "method=grids: one of grid, random, bayes"),
        (replaced("random", "grid"), "ppo.learning_rate: a grid needs the values"),
        (replaced("[size=m, --seed=4]", "size=m"), "settings: a list is expected"),
        (replaced("size=m", "sise=m"), "sise: unknown setting; did you mean size"),
        (replaced("ppo.epochs", "ppo.epoch"), "ppo.epoch: unknown setting; did you mean"),
        (replaced("continuous]", "contin]"), "action=contin: unknown; did you mean continuous"),
        (replaced("max: 4", "max: 4.5"), "ppo.epochs=4.5: a whole number is expected"),
        (replaced("{min: 1", "{min: 0"), "ppo.epochs=0: at least 1"),
        (replaced("{min: 1", "{min: 4"), "min=4 is not below max=4"),
        (replaced("{min: 1", "{mini: 1"), "ppo.epochs.mini: unknown; did you mean min"),
        (replaced("min: 1e-5", "min: 0"), "min=0: log_uniform_values needs a number above 0"),
        (replaced("log_uniform_values", "log_unifrm"), "log_unifrm: unknown; did you mean"),
        (replaced("[1, 3]", "[1]"), "probabilities=[1]: one number per value"),
        (replaced(": 100", ": {value: null}"), "env.max_timesteps: None: W&B's agents"),
        (replaced("[true, false]", "[]"), "a list of values is expected"),
        (replaced("action:", "seed:"), "seed=4: the sweep chooses its value"),
        (replaced("goal: max", "goal: mix"), "metric.goal=miximize"),
        (replaced("episode/solved", "x/seed_0"), "with one seed it is called x"),
        (replaced("size=m", "num_seeds=2"), "name one, as episode/solved/seed_0"),
        (replaced("hyperband", "median"), "early_terminate: expected as"),
        (replaced("min_iter: 5", "eta: 2"), "min_iter is needed"),
        (replaced("min_iter: 5", "min_iter: x"), "early_terminate.min_iter=x"),
        (replaced("min_iter", "min_iters"), "early_terminate.min_iters: unknown; did you mean"),
        (replaced("metric:", "#"), "early_terminate: needs a metric"),
        (replaced("random", "bayes").replace("metric:", "#"), "metric: bayes needs one"),
        (replaced("run_cap: 8", "run_cap: 0"), "run_cap=0"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(add, text, words):
    add(text)
    with pytest.raises((SettingError, PluginError)) as caught:
        load_sweep("mine")
    said = str(caught.value)
    assert said.startswith("pkg://sweepers/configs/sweep/mine.yaml: ")
    assert words in said
    assert "\n" not in said


def test_a_mistake_on_the_command_line_is_not_one_of_the_file(add):
    with pytest.raises(SettingError, match=r"^ppo\.epoch: unknown"):
        load_sweep("mine", ["ppo.epoch=2"])
    with pytest.raises(SettingError, match=r"^sweep min: unknown; did you mean mine"):
        load_sweep("min")


def test_of_several_seeds_one_is_what_the_sweep_is_after(add):
    add(replaced("size=m", "num_seeds=2").replace("episode/solved", "episode/solved/seed_1"))
    assert load_sweep("mine").for_wandb()["metric"]["name"] == "episode/solved/seed_1"


def test_a_grid_is_a_sweep_of_combinations(add):
    add("method: grid\nsettings: [size=m]\nparameters: {seed: [0, 1], action: discrete}\n")
    assert load_sweep("mine").combinations() == ["size=m", "seed=0,1", "action=discrete"]
    add(GOOD)
    with pytest.raises(SettingError, match="its method is random"):
        load_sweep("mine").combinations()


@pytest.mark.parametrize("name", ["laptop_ppo", "laptop_curricula", "mine"])
def test_wandb_s_own_schema_agrees(add, name):
    """The schema is in W&B's package `sweeps`, which cannot be installed beside NumPy 2; so
    `pip install jsonschema; pip install --no-deps sweeps` makes this run."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    places = [Path(p) / "sweeps" / "config" / "schema.json" for p in sys.path]
    schema = next((p for p in places if p.is_file()), None)
    if schema is None:
        pytest.skip("W&B's package sweeps is not installed")
    given = load_sweep(name).for_wandb()
    check = jsonschema.Draft7Validator(json.loads(schema.read_text()))
    check.validate(given)
    assert not check.is_valid({**given, "method": "guess"})
