"""A package from elsewhere brings an encoder, a generator and a mutation, and trains with them."""

import json

import pytest

from tests.third_party import install, kinetix, write

PACKAGE = {
    "pyproject.toml": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "kinetix-duel"
version = "2.1"
dependencies = ["open-kinetix"]

[project.entry-points."kinetix.plugins"]
duel = "kinetix_duel"
""",
    "kinetix_duel/__init__.py": """
from kinetix_core.registry import Component, hookimpl


@hookimpl
def kinetix_components():
    for kind, name, config, summary in (
        ("observation", "centres", "CentresConfig", "where shapes are"),
        ("generator", "duel", "DuelConfig", "one green and one blue ball"),
        ("mutation", "ignite", "IgniteConfig", "the green ball gets a thruster"),
    ):
        yield Component(
            kind, name, f"kinetix_duel.config:{config}", f"kinetix_duel.{kind}:{name}", summary
        )
""",
    "kinetix_duel/config.py": '''
from dataclasses import dataclass


@dataclass(frozen=True)
class CentresConfig:
    """Settings of the encoder."""

    scale: float = 5.0
    """m that read as 1."""


@dataclass(frozen=True)
class DuelConfig:
    """Settings of the generator."""

    radius: float = 0.2
    """m, of both balls."""


@dataclass(frozen=True)
class IgniteConfig:
    """Settings of the mutation."""

    power: float = 1.0
    """Of the thruster."""
    weight: float = 1.0
    """Against the weights of the others."""
''',
    "kinetix_duel/observation.py": """
from dataclasses import dataclass

import jax.numpy as jnp

from kinetix_core.interfaces import Box, ObservationEncoder, Task

from .config import CentresConfig


@dataclass(frozen=True)
class Centres(ObservationEncoder):
    config: CentresConfig

    def space(self, size):
        return Box(-10.0, 10.0, (2 * size.bodies,))

    def encode(self, scene):
        bodies = scene.bodies
        seen = jnp.where(bodies.active[:, None], bodies.position / self.config.scale, 0.0)
        return jnp.clip(seen.reshape(-1), -10.0, 10.0)


def centres(config, task):
    return Centres(config)
""",
    "kinetix_duel/generator.py": """
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp

from kinetix_core.interfaces import LevelGenerator
from kinetix_core.scene import BLUE, GREEN, SceneBuilder, SceneSize


@dataclass(frozen=True)
class Duel(LevelGenerator):
    radius: float
    size: SceneSize

    def sample_one(self, key):
        builder = SceneBuilder(self.size)
        builder.circle((1.0, 2.0), self.radius, role=GREEN)
        builder.circle((4.0, 2.0), self.radius, role=BLUE, fixated=True)
        level = jax.tree.map(jnp.asarray, builder.build())
        height = jax.random.uniform(key, (2,), minval=0.8, maxval=4.0)
        position = level.circles.position.at[:2, 1].set(height)
        return replace(level, circles=replace(level.circles, position=position))


def duel(config, task):
    return Duel(config.radius, task.size)
""",
    "kinetix_duel/mutation.py": """
from dataclasses import dataclass, replace

from kinetix_core.interfaces import Mutation

from .config import IgniteConfig


@dataclass(frozen=True)
class Ignite(Mutation):
    config: IgniteConfig

    def possible(self, scene):
        return ~scene.thrusters.active[0]

    def mutate(self, key, scene):
        t = scene.thrusters
        return replace(
            scene,
            thrusters=replace(
                t,
                active=t.active.at[0].set(True),
                object_index=t.object_index.at[0].set(scene.size.polygons),
                power=t.power.at[0].set(self.config.power),
            ),
        )


def ignite(config, task):
    return Ignite(config)
""",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which pip has installed the package."""
    folder = tmp_path_factory.mktemp("third_party_worlds")
    return install(write(PACKAGE, folder / "source"), folder / "site")


def test_it_trains_with_all_three_by_name(site, tmp_path):
    """The first update fills the buffer, the second replays, the third plays what was edited."""
    small = ["ppo.num_envs=8", "ppo.num_steps=8", "ppo.num_minibatches=2", "ppo.epochs=1"]
    small += ["network.width=8", "network.depth=1", "train.total_steps=192", "train.name=short"]
    ours = ["observation=centres", "observation.scale=4", "generator=duel", "mutation=ignite"]
    ours += ["mutation.ignite.power=0.5", "env.max_timesteps=4"]
    accel = ["curriculum=accel", "curriculum.buffer_size=8", "curriculum.replay_prob=1"]
    done = kinetix(site, "train", *ours, *accel, *small, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "short"
    config = json.loads((folder / "config.json").read_text())
    assert config["observation"] == {"name": "centres", "scale": 4.0}
    assert config["generator"] == {"name": "duel", "radius": 0.2}
    assert config["mutation"] == {"ignite": {"name": "ignite", "power": 0.5, "weight": 1.0}}
    lines = [json.loads(x) for x in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["levels/shapes"] for line in lines] == [2.0, 2.0, 2.0]
    assert [line["curriculum/mutated"] for line in lines] == [0.0, 0.0, 1.0]
    assert [line["levels/thrusters"] for line in lines] == [0.0, 0.0, 1.0]


def test_they_are_listed_beside_the_built_in_ones(site):
    for kind, name in (("observation", "centres"), ("generator", "duel"), ("mutation", "ignite")):
        shown = kinetix(site, "plugins", kind, "--settings")
        assert shown.returncode == 0
        line = next(x for x in shown.stdout.splitlines() if x.split()[1:2] == [name])
        assert "kinetix-duel 2.1" in line
