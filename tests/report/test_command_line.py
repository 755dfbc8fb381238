"""The command on the page makes the same run again."""

import shlex

import pytest

from kinetix_core.compose import compose_run
from kinetix_core.report import train_command


def kept_elsewhere(config):
    return {**config, "train": {**config["train"], "directory": "", "name": ""}}


@pytest.mark.parametrize(
    "settings",
    [
        [],
        ["experiment=laptop", "levels=handmade/s"],
        ["experiment=sfl_m", "seed=7", "num_seeds=2", "train.name=mine", "train.directory=there"],
        ["logger=[]", "mutation=[add_shape,swap_roles]", "curriculum=accel"],
        [
            "size={polygons: 8, circles: 3, joints: 4, thrusters: 2}",
            "levels=[a,'my own/*.json']",
        ],
        ["generator=random_all", "generator.sizes=[s,m]", "size=m", "ppo.value_clip_eps=0.1"],
        ["levels='what=is this'", "evaluation.levels=[random/s]", "evaluation.every_updates=3"],
        ["levels='quotes \"and\" more'"],
        [r"levels=['back\slash','~/a&b!','true','.5']"],
        ["logger=[wandb]", "logger.wandb.group='1e3'", "logger.wandb.tags=['007','null']"],
    ],
)
def test_the_command_composes_the_same_run(settings):
    config = compose_run(settings).config
    words = shlex.split(train_command(config))
    assert words[:2] == ["kinetix", "train"]
    assert kept_elsewhere(compose_run(words[2:]).config) == kept_elsewhere(config)


def test_defaults_are_left_out():
    config = compose_run(["seed=3", "curriculum=dr", "train.name=x"]).config
    assert train_command(config) == "kinetix train curriculum=dr seed=3"
