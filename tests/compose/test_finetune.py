"""What a run that is fine-tuned hands on, and what it does not."""

import pytest

from kinetix_core.compose import compose_finetune, compose_run
from kinetix_core.errors import KinetixError

BEFORE = compose_run(
    [
        *("size=m", "num_seeds=2", "seed=4", "generator=random", "filter.enabled=true"),
        *("curriculum=sfl", "action=discrete", "observation=entity", "network=deep_sets"),
        *("network.width=16", "env.max_timesteps=40", "ppo.num_envs=64", "train.name=before"),
        *("train.total_steps=9_000", "checkpoint.keep=5", "logger=[csv]"),
    ]
).config


def finetuned(*settings):
    return compose_finetune("runs/before", BEFORE, settings)


def test_the_policy_and_its_learner_are_those_of_the_run_and_the_rest_is_not():
    run = finetuned("levels=handmade/m")
    usual = compose_run(["curriculum=fixed"])
    for name in ("size", "num_seeds", "engine", "action", "observation", "network", "env", "ppo"):
        assert run.config[name] == BEFORE[name], name
    assert (run.init_from, run["curriculum"].name) == ("runs/before", "fixed")
    assert (run["generator"].name, run["generator"].config.levels) == ("files", "handmade/m")
    for name in ("seed", "train", "evaluation", "logger", "filter", "checkpoint"):
        assert run.config[name] == usual.config[name], name


def test_settings_come_on_top():
    run = finetuned("levels=handmade/l", "size=l", "ppo.learning_rate=1e-5", "curriculum=dr")
    assert (run.size.name, run.ppo.learning_rate, run.ppo.num_envs) == ("l", 1e-5, 64)
    assert run["curriculum"].name == "dr"
    assert finetuned("generator=random", "init_seed=1").num_seeds == 1
    assert finetuned("generator=random", "init_seed=1", "num_seeds=3").num_seeds == 3


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ((), r"^levels=: levels to go on with are expected"),
        (("levels=x", "init_from=y"), r"^init_from=: run=runs/before says already"),
        (("levels=x", "experiment=demo"), r"a preset cannot be put on top of a saved run"),
        (("levels=x", "ppo.epoch=3"), r"^ppo.epoch: unknown setting; did you mean ppo.epochs"),
    ],
)
def test_mistakes_are_said(settings, said):
    with pytest.raises(KinetixError, match=said):
        finetuned(*settings)
