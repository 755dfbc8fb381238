"""A policy that is an Equinox module: it learns, is saved by name, and may have a memory."""

from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinetix_core.env import ContinuousActions
from kinetix_core.env.action_config import ContinuousConfig
from kinetix_core.interfaces import Task
from kinetix_core.learn import EquinoxNetwork, action_outputs
from kinetix_core.learn._train import compiled
from kinetix_core.record import flatten
from kinetix_core.scene import S
from kinetix_core.testing import check, example_task
from tests.learn import probe


class Policy(eqx.Module):
    hidden: eqx.nn.Linear
    out: eqx.nn.Linear
    log_std: jax.Array
    scale: np.ndarray  # a constant

    def __init__(self, key, inputs, outputs):
        first, second = jax.random.split(key)
        self.hidden = eqx.nn.Linear(inputs, 32, key=first)
        self.out = eqx.nn.Linear(32, outputs + 1, key=second)
        self.log_std = jnp.zeros(outputs)
        self.scale = np.full(inputs, 0.5, np.float32)

    def __call__(self, observation):
        x = self.out(jnp.tanh(self.hidden(observation * self.scale)))
        return x[:-1], x[-1]


@dataclass(frozen=True)
class Dense(EquinoxNetwork):
    task: Task

    def make(self, key, observation):
        return Policy(key, observation.shape[0], action_outputs(self.task.action.space))


class Remembering(eqx.Module):
    cell: eqx.nn.GRUCell
    out: eqx.nn.Linear

    def __init__(self, key, inputs, outputs):
        first, second = jax.random.split(key)
        self.cell = eqx.nn.GRUCell(inputs, 8, key=first)
        self.out = eqx.nn.Linear(8, outputs + 1, key=second)


@dataclass(frozen=True)
class Recurrent(EquinoxNetwork):
    task: Task

    def make(self, key, observation):
        return Remembering(key, observation.shape[0], action_outputs(self.task.action.space))

    def memory(self):
        return jnp.zeros(8)

    def call(self, module, memory, observation, reset, key):
        memory = module.cell(observation, jnp.where(reset, jnp.zeros(8), memory))
        x = module.out(memory)
        return memory, x[:-1], x[-1]


def test_it_learns_the_action_that_decides():
    setup = probe.probe_setup(probe.ACTION, probe.REWARDED)
    setup = replace(setup, task=replace(setup.task, network=Dense(setup.task)))
    init, step = compiled(setup)
    state = init(0)
    before = state.params["hidden/weight"].copy()
    for _ in range(30):
        state, metrics, _ = step(state)
    assert metrics["episode/solved"] > 0.95
    assert not np.allclose(state.params["hidden/weight"], before)
    assert set(flatten(state.params)) == {
        "hidden/weight",
        "hidden/bias",
        "out/weight",
        "out/bias",
        "log_std",
    }


def test_it_keeps_the_promises_of_a_network():
    task = example_task(S)
    task = replace(task, action=ContinuousActions(ContinuousConfig(), task))
    promises = ["init_is_decided_by_the_key", "apply_gives_action_and_value", "compiles_once"]
    check("network", Dense(task), task, promises=[*promises, "every_parameter_learns"])


def test_it_keeps_them_with_a_memory():
    task = example_task(S)
    promises = ["unroll_is_apply_repeated", "reset_forgets"]
    check("network", Recurrent(task), task, promises=promises)


@dataclass(frozen=True)
class Counting(EquinoxNetwork):
    task: Task

    def make(self, key, observation):
        policy = Policy(key, observation.shape[0], 16)
        return eqx.tree_at(lambda p: p.scale, policy, jnp.arange(140))


def test_arrays_that_cannot_be_learnt_are_refused():
    with pytest.raises(TypeError, match=r"Counting: scale is a JAX array of int32.*NumPy"):
        Counting(example_task(S)).init(jax.random.key(0), jnp.zeros(140))
