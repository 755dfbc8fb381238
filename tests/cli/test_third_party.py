"""A package from elsewhere, installed by pip, is used by name like everything built in."""

import json
import re
import shutil
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from tests.third_party import install, kinetix, write

EXAMPLE = Path(__file__).parents[2] / "examples" / "novel_encoder"
STRANGER = {  # a package with a curriculum and a network that is an Equinox module
    "pyproject.toml": """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"

        [project]
        name = "kinetix-stranger"
        version = "0.3.0"
        dependencies = ["open-kinetix"]

        [project.entry-points."kinetix.plugins"]
        stranger = "kinetix_stranger"
        """,
    "kinetix_stranger/__init__.py": """
        from kinetix_core.registry import Component, hookimpl

        def here(kind, name, cls, module, summary):
            path = f"kinetix_stranger.{module}:{cls}"
            return Component(kind, name, f"kinetix_stranger.config:{cls}Config", path, summary)

        @hookimpl
        def kinetix_components():
            yield here("curriculum", "hardest", "Hardest", "parts", "the least solved candidates")
            yield here("network", "tiny", "Tiny", "parts", "one hidden layer, in Equinox")
        """,
    "kinetix_stranger/config.py": """
        from dataclasses import dataclass

        @dataclass(frozen=True)
        class HardestConfig:
            candidates: int = 12
            steps: int = 8

        @dataclass(frozen=True)
        class TinyConfig:
            width: int = 8
        """,
    "kinetix_stranger/parts.py": """
        from dataclasses import dataclass

        import equinox as eqx
        import jax
        import jax.numpy as jnp

        from kinetix_core.interfaces import Curriculum, Proposal, Task
        from kinetix_core.learn import EquinoxNetwork, action_outputs
        from kinetix_stranger.config import HardestConfig, TinyConfig

        class Hardest(Curriculum):
            config: HardestConfig

            def init(self, key, tools):
                return jnp.float32(0)

            def propose(self, state, key, tools, policy):
                sample_key, play_key = jax.random.split(key)
                levels = tools.sample(sample_key, self.config.candidates)
                outcome = tools.play(play_key, policy, levels, self.config.steps)
                chosen = jnp.argsort(outcome.solved)[: tools.num_envs]
                return state, Proposal(jax.tree.map(lambda x: x[chosen], levels))

            def learn(self, state, proposal, outcome):
                return jnp.mean(outcome.mean_return)

            def metrics(self, state):
                return {"last_return": state}

        class Policy(eqx.Module):
            hidden: eqx.nn.Linear
            out: eqx.nn.Linear

            def __init__(self, key, inputs, width, outputs):
                first, second = jax.random.split(key)
                self.hidden = eqx.nn.Linear(inputs, width, key=first)
                self.out = eqx.nn.Linear(width, outputs + 1, key=second)

            def __call__(self, observation):
                x = self.out(jnp.tanh(self.hidden(observation)))
                return x[:-1], x[-1]

        @dataclass(frozen=True)
        class Tiny(EquinoxNetwork):
            config: TinyConfig
            task: Task

            def make(self, key, observation):
                outputs = action_outputs(self.task.action.space)
                return Policy(key, observation.shape[0], self.config.width, outputs)
        """,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which pip has installed the example, and a package written here."""
    folder = tmp_path_factory.mktemp("third_party")
    install(write(STRANGER, folder / "stranger"), folder / "site")
    return install(shutil.copytree(EXAMPLE, folder / "source"), folder / "site")


def test_it_is_listed_with_its_settings(site):
    shown = kinetix(site, "plugins", "observation", "--settings")
    assert shown.returncode == 0
    assert "distances" in shown.stdout
    assert "kinetix-distances 0.1.0" in shown.stdout
    assert "observation.scale  5.0" in shown.stdout


def test_its_settings_are_checked_like_ours(site):
    shown = kinetix(site, "config", "show", "observation=distances", "observation.scal=2")
    assert shown.returncode == 2
    assert shown.stderr == (
        "kinetix: error: observation.scal: unknown setting; did you mean observation.scale?\n"
    )
    shown = kinetix(site, "train", "observation=distances", "observation.scale=0")
    assert shown.returncode == 2
    assert shown.stderr.startswith("kinetix: error: observation.scale=0")


def command_of(readme: Path) -> list[str]:
    """What a README says to type to train with the example."""
    (line,) = re.findall(r"kinetix (train .*observation=distances[^`\n]*)", readme.read_text())
    return line.split()


def test_it_trains_by_name(site, tmp_path):
    """By the command that both READMEs give, cut short."""
    small = ["ppo.num_envs=8", "ppo.num_steps=8", "ppo.num_minibatches=2", "ppo.epochs=1"]
    small += ["network.width=8", "network.depth=1", "train.total_steps=128"]
    command = command_of(EXAMPLE / "README.md")
    assert command == command_of(EXAMPLE.parents[1] / "README.md")
    done = kinetix(site, *command, *small, "train.name=short", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "short"
    assert done.stdout.splitlines()[-1] == "runs/short"
    config = json.loads((folder / "config.json").read_text())
    assert config["observation"] == {"name": "distances", "scale": 2.5}
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == 2


def test_a_curriculum_and_an_equinox_network_train_by_name(site, tmp_path):
    small = ["ppo.num_envs=8", "ppo.num_steps=8", "ppo.num_minibatches=2", "ppo.epochs=1"]
    small += ["env.max_timesteps=8", "train.total_steps=128", "curriculum.candidates=10"]
    choice = ["curriculum=hardest", "network=tiny", "network.width=4"]
    done = kinetix(site, "train", *choice, *small, "train.name=odd", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "odd"
    config = json.loads((folder / "config.json").read_text())
    assert config["curriculum"] == {"name": "hardest", "candidates": 10, "steps": 8}
    assert config["network"] == {"name": "tiny", "width": 4}
    assert "kinetix-stranger" in json.loads((folder / "versions.json").read_text())
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["curriculum/last_return"] is not None for row in rows] == [True, True]
    parameters = load_file(folder / "parameters.safetensors")
    assert parameters["hidden/weight"].shape == (4, 140)
