"""The presets of the published runs: every number of theirs, whatever our defaults become."""

import pytest

from kinetix_core.compose import build_task, compose_run, preset_summary
from kinetix_core.learn import Setup

SIZES = ("s", "m", "l")
PUBLISHED = {  # spec/training_and_evaluation.md 1, spec/curricula.md 2.1 and 3.1
    "env": {"frame_skip": 2, "max_timesteps": 256, "dense_reward_scale": 0.2},
    "filter": {"enabled": True, "steps": 64, "sample_ratio": 2},
    "observation": {"name": "entity"},
    "action": {"name": "multi_discrete"},
    "generator": {"name": "random"},
    "network": {
        "name": "transformer",
        "depth": 5,
        "width": 128,
        "activation": "tanh",
        "recurrent": False,
        "layers": 2,
        "attention_width": 16,
        "encoder_width": 128,
        "heads": 8,
        "full_attention": False,
        "pooling": "dummy_and_mean",
    },
    "ppo": {
        "num_envs": 2048,
        "num_minibatches": 32,
        "epochs": 8,
        "learning_rate": 5e-5,
        "schedule": "constant",
        "max_grad_norm": 1.0,
        "gamma": 0.995,
        "gae_lambda": 0.9,
        "clip_eps": 0.2,
        "entropy_coef": 0.01,
        "value_coef": 0.5,
        "bootstrap_at_time_limit": False,
    },
    "train": {"total_steps": 2**30},
}
PLR = {
    "buffer_size": 4000,
    "replay_prob": 0.5,
    "minimum_fill_ratio": 0.5,
    "robust": False,
    "score": "max_mc",
    "prioritization": "rank",
    "temperature": 1.0,
    "topk": 8,
    "staleness_coef": 0.3,
    "refuse_duplicates": False,
}
REPLAY = {"ppo": {"num_steps": 64}, "train": {"rollouts_per_update": 4}}
CURRICULA = {
    "sfl": {
        "ppo": {"num_steps": 256},
        "train": {"rollouts_per_update": 1},
        "curriculum": {
            "name": "sfl",
            "sampled_ratio": 0.5,
            "batch_size": 4096,
            "num_batches": 3,
            "rollout_steps": 512,
            "buffer_size": 1024,
            "update_every": 128,
        },
    },
    "plr": REPLAY | {"curriculum": {"name": "plr", **PLR}},
    "accel": REPLAY | {"curriculum": {"name": "accel", "num_edits": 5, **PLR}},
    "dr": REPLAY | {"curriculum": {"name": "dr"}},
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("curriculum", CURRICULA)
def test_a_published_run_has_the_published_numbers(curriculum, size):
    run = compose_run([f"experiment={curriculum}_{size}"])
    assert run.size.name == size
    for table in (PUBLISHED, CURRICULA[curriculum]):
        for section, values in table.items():
            composed = run.config[section]
            assert values == {name: composed[name] for name in values}, section
    setup = Setup(build_task(run), run.ppo, run.train)
    assert setup.steps_per_update == 524_288
    assert setup.updates == 2048


def test_a_setting_and_another_choice_go_on_top_of_a_preset():
    run = compose_run(["experiment=plr_m", "ppo.num_envs=64", "curriculum=sfl", "size=s"])
    assert (run.ppo.num_envs, run["curriculum"].name, run.size.name) == (64, "sfl", "s")


@pytest.mark.parametrize("curriculum", CURRICULA)
def test_each_says_what_it_is(curriculum):
    for size in SIZES:
        assert f"size {size}: " in preset_summary(f"{curriculum}_{size}")


@pytest.mark.parametrize("size", SIZES)
def test_a_run_for_a_gpu_differs_from_the_published_one_by_its_size_only(size):
    """Eight times the environments; as many gradient steps and candidates' steps per step."""
    gpu, published = (compose_run([f"experiment={name}_{size}"]) for name in ("gpu", "sfl"))
    assert gpu.size.name == size
    assert f"size {size}: " in preset_summary(f"gpu_{size}")
    setups = [Setup(build_task(run), run.ppo, run.train) for run in (gpu, published)]
    ours, theirs = (setup.steps_per_update for setup in setups)
    assert (ours, setups[0].updates) == (4_194_304, 1024)

    def samples_and_steps(setup):
        ppo, train = setup.ppo, setup.train
        minibatch = ppo.num_envs * ppo.num_steps // ppo.num_minibatches
        steps = ppo.epochs * ppo.num_minibatches * train.rollouts_per_update
        return minibatch, steps / setup.steps_per_update

    assert samples_and_steps(setups[0]) == samples_and_steps(setups[1])
    a, b = gpu.config["curriculum"], published.config["curriculum"]
    assert a["update_every"] * ours == b["update_every"] * theirs
    assert a["buffer_size"] / gpu.ppo.num_envs == b["buffer_size"] / published.ppo.num_envs
    length = gpu.env.max_timesteps
    assert gpu.ppo.num_steps * gpu.train.rollouts_per_update == length, "every level is finished"
    for section in ("env", "filter", "observation", "action", "generator", "network"):
        assert gpu.config[section] == published.config[section]
    changed = {"num_envs", "num_steps", "num_minibatches"}
    kept = set(gpu.config["ppo"]) - changed
    assert {k: gpu.config["ppo"][k] for k in kept} == {k: published.config["ppo"][k] for k in kept}
