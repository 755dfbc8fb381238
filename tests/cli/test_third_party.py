"""A package from elsewhere, installed by pip, is used by name like everything built in."""

import json
import shutil
from pathlib import Path

import pytest

from tests.third_party import install, kinetix

EXAMPLE = Path(__file__).parents[2] / "examples" / "novel_encoder"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder into which pip has installed the example."""
    folder = tmp_path_factory.mktemp("third_party")
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


def test_it_trains_by_name(site, tmp_path):
    small = ["ppo.num_envs=8", "ppo.num_steps=8", "ppo.num_minibatches=2", "ppo.epochs=1"]
    small += ["network.width=8", "network.depth=1", "train.total_steps=128"]
    choice = ["observation=distances", "observation.scale=2.5"]
    done = kinetix(site, "train", *choice, *small, "train.name=short", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "short"
    assert done.stdout.splitlines()[-1] == "runs/short"
    config = json.loads((folder / "config.json").read_text())
    assert config["observation"] == {"name": "distances", "scale": 2.5}
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == 2
