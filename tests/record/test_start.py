"""The parameters of an earlier run: which are taken, and why they may not be."""

from __future__ import annotations

import hashlib
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.compose import build_task, compose_run
from kinetix_core.errors import KinetixError
from kinetix_core.evaluate import untrained_params
from kinetix_core.record import RunFolder, load_start

MLP = ("network.depth=1", "network.width=8")
ROWS = ("observation=entity", "network=deep_sets", "network.width=8")


def shapes(composed):
    """Of the parameters of a run, with an axis of agents where there are several."""
    task = build_task(composed, ("engine", "action", "observation", "network"))
    one = jax.eval_shape(lambda key: untrained_params(task, key), jax.random.key(0))
    if composed.num_seeds == 1:
        return one
    many = composed.num_seeds
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct((many, *x.shape), x.dtype), one)


def numbered(tree, first=0.0):
    """Arrays in which every number of agent i is `first` + i."""

    def fill(leaf):
        agents = first + np.arange(leaf.shape[0] if leaf.shape else 1, dtype=np.float32)
        return jnp.asarray(np.broadcast_to(agents.reshape(-1, *(1,) * (leaf.ndim - 1)), leaf.shape))

    return jax.tree.map(fill, tree)


def trained(tmp_path, *settings, update=7):
    """The folder of a run with saved parameters."""
    composed = compose_run([*settings, f"train.directory={tmp_path}", "train.name=before"])
    folder = RunFolder.create(composed)
    folder.save_parameters(numbered(shapes(composed)), update)
    return folder


def start(folder, *settings, **like):
    composed = compose_run([*settings, f"init_from={folder.path}"])
    return load_start(composed, {"params": shapes(composed), **like})


def refused(folder, *settings, **like):
    with pytest.raises(KinetixError) as caught:
        start(folder, *settings, **like)
    return str(caught.value)


def test_newest_parameters_with_what_says_which_they_were(tmp_path):
    folder = trained(tmp_path, *MLP)
    found = start(folder, *MLP)
    wanted = numbered(shapes(compose_run(MLP)))
    jax.tree.map(np.testing.assert_array_equal, found.parts["params"], wanted)
    file = (folder.path / "parameters.safetensors").read_bytes()
    assert found.note == {
        "run": str(folder.path),
        "update": 7,
        "parameters": hashlib.sha256(file).hexdigest()[:16],
        "seed": None,
        "optimiser": False,
    }


def test_one_agent_for_all_or_each_its_own_or_one_of_several(tmp_path):
    def agents(*settings):
        (leaf, *_) = jax.tree.leaves(start(folder, *MLP, *settings).parts["params"])
        return leaf.reshape(leaf.shape[0], -1)[:, 0].tolist() if leaf.ndim == 2 else float(leaf[0])

    folder = trained(tmp_path / "one", *MLP)
    assert len(agents("num_seeds=3")) == 3
    folder = trained(tmp_path / "three", *MLP, "num_seeds=3")
    assert agents("num_seeds=3") == [0.0, 1.0, 2.0]
    assert agents("init_seed=1") == 1.0
    assert agents("init_seed=2", "num_seeds=2") == [2.0, 2.0]
    said = refused(folder, *MLP, "num_seeds=2")
    assert "3 agents were trained there and num_seeds=2 here; num_seeds=3 goes on with each" in said
    said = refused(folder, *MLP, "init_seed=3")
    assert said.startswith("init_seed=3: ")
    assert said.endswith("trained 3 agents; 0 to 2 is expected")


def test_another_policy_is_refused_with_the_settings_that_differ(tmp_path):
    folder = trained(tmp_path, *MLP)
    said = refused(folder, *MLP, "action=discrete", "ppo.normalise_observations=true")
    assert "ppo.normalise_observations=true (it was false)" in said
    assert "action=discrete (it was multi_discrete)" in said
    assert said.endswith(f"`kinetix finetune run={folder.path}` takes these settings from that run")
    said = refused(folder, "network.depth=1", "network.width=16", "observation=blind")
    assert "observation=blind (it was symbolic), network.width=16 (it was 8)" in said
    start(folder, *MLP, "ppo.learning_rate=1e-3", "env.max_timesteps=9", "curriculum=dr")


def test_a_network_over_entities_goes_on_in_another_size(tmp_path):
    folder = trained(tmp_path / "rows", *ROWS)
    assert start(folder, *ROWS, "size=m").note["update"] == 7
    folder = trained(tmp_path / "flat", *MLP)
    said = refused(folder, *MLP, "size=m")
    assert "network=mlp with observation=symbolic takes the size that it was trained in" in said
    assert "size s, not size=m" in said


def test_adam_comes_from_the_newest_checkpoint(tmp_path):
    settings = (*MLP, "init_optimiser=true")
    folder = trained(tmp_path, *MLP)
    params = numbered(shapes(compose_run(MLP)), 5.0)
    adam = {"count": jnp.int32(40), "mu": params}
    like = {"opt_state/1/0": adam}
    assert "no checkpoint, and only there is the optimiser" in refused(folder, *settings, **like)
    state = {"params": params, "opt_state": ((), (adam, ())), "update": jnp.int32(9)}
    folder.save_checkpoint(state, 9, keep=1, seconds=0.0)
    found = start(folder, *settings, **like)
    assert found.note["update"] == 9
    assert int(found.parts["opt_state/1/0"]["count"]) == 40
    assert float(jax.tree.leaves(found.parts["params"])[0].ravel()[0]) == 5.0


def test_folders_without_parameters_are_refused(tmp_path):
    composed = compose_run([f"train.directory={tmp_path}", "train.name=before"])
    folder = RunFolder.create(composed)
    assert "no parameters were saved in this run yet" in refused(folder)
    folder.path = tmp_path / "befor"
    said = refused(folder)
    assert said.endswith(f"no such run folder; did you mean init_from={tmp_path / 'before'}?")


def test_a_study_composes_before_the_folder_is_there():
    run = compose_run(["init_from=runs/not_yet", "init_seed=1"])
    assert (run.init_from, run.init_seed, run.init_optimiser) == ("runs/not_yet", 1, False)
    assert json.loads(json.dumps(run.config))["init_from"] == "runs/not_yet"


@pytest.mark.parametrize("setting", ["init_seed=0", "init_optimiser=true", "init_seed=-1"])
def test_settings_that_would_do_nothing_are_refused(setting):
    with pytest.raises(KinetixError, match=r"^init_.*(without init_from=DIR|0 or more)"):
        compose_run([setting])
