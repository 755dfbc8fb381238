"""network/deep_sets: the published network by hand, its counts, and what it promises."""

from dataclasses import dataclass, replace
from functools import cache

import jax
import numpy as np
import pytest
from kinetix_networks import Activation, DeepSets, DeepSetsConfig
from kinetix_observations import Entity, EntityConfig, SymbolicPadded, SymbolicPaddedConfig

from kinetix_core.compose import compose_run
from kinetix_core.env import ContinuousActions
from kinetix_core.env.action_config import ContinuousConfig
from kinetix_core.errors import SettingError
from kinetix_core.interfaces import ObservationEncoder, Record
from kinetix_core.scene import SIZES, L, S
from kinetix_core.testing import check, example_levels, example_task

KINDS = ("circle", "polygon", "joint", "thruster")
"""In the order of their type code."""


def task_of(size, **parts):
    task = example_task(size, **parts)
    return replace(task, observation=Entity(EntityConfig(attention_mask=False), task))


def network(size=S, **settings) -> DeepSets:
    return DeepSets(DeepSetsConfig(**settings), task_of(size))


def observations(size, n=6):
    """Of different scenes, on the host, with a leading axis."""
    encode = jax.jit(jax.vmap(task_of(size).observation.encode))
    return jax.device_get(encode(example_levels(size, n)))


def row(tree, i):
    return jax.tree.map(lambda x: x[i], tree)


@pytest.fixture(scope="module")
def fresh():
    """Parameters made for S."""
    return jax.device_get(jax.jit(network().init)(jax.random.key(0), row(observations(S, 1), 0)))


@pytest.fixture(scope="module")
def params(fresh):
    """The same, but biases are not zero, as after training."""
    rng = np.random.default_rng(0)
    return jax.tree.map(lambda x: x + 0.1 * rng.normal(size=x.shape).astype(np.float32), fresh)


@cache
def _apply(size):
    module = network(size).module
    one = lambda params, seen: module.apply({"params": params}, (), seen, True)[:2]  # noqa: E731
    return jax.jit(jax.vmap(one, in_axes=(None, 0)))


def applied(size, params, seen):
    """Logits and values for observations with a leading axis."""
    return jax.device_get(_apply(size)(params, seen))


def by_hand(params, seen):
    """The published forward pass of one observation, in double precision."""

    def dense(x, layer):
        return x @ layer["kernel"].astype(float) + layer["bias"]

    rows = []
    for kind in KINDS:
        code = np.eye(4)[KINDS.index(kind)]
        for features, active in zip(seen[f"{kind}s"], seen[f"{kind}_mask"], strict=True):
            vector = np.concatenate(
                [np.tanh(dense(features.astype(float), params["encoder"][kind])), code]
            )
            rows.append(vector if active else np.zeros(64))
    sums = params["encoder"]["sums"]
    heads = [
        sum(np.maximum(r @ sums["kernels"][h].astype(float) + sums["biases"][h], 0) for r in rows)
        for h in range(8)
    ]
    x = np.tanh(np.concatenate(heads))
    ends = []
    for name in ("actor", "critic"):
        y = x
        for i in range(5):
            y = np.tanh(dense(y, params[name][f"hidden_{i}"]))
        ends.append(dense(y, params[name]["out"]))
    return ends[0], ends[1][0]


@pytest.fixture(scope="module")
def large():
    """Observations of L."""
    return observations(L)


@pytest.fixture(scope="module")
def small():
    """Observations of S."""
    return observations(S)


def test_is_the_published_network(params, small):
    seen = small
    logits, values = applied(S, params, seen)
    for i in range(len(values)):
        wanted, value = by_hand(params, row(seen, i))
        np.testing.assert_allclose(logits[i], wanted, atol=1e-4)
        np.testing.assert_allclose(values[i], value, atol=1e-4)
    assert values.std() > 1e-2, "nothing of the scene arrives"


@pytest.mark.parametrize("size", SIZES)
def test_has_the_published_number_of_parameters(size):
    net = network(SIZES[size])
    encode, level = net.task.observation.encode, row(example_levels(SIZES[size], 1), 0)
    shapes = jax.eval_shape(lambda k: net.init(k, encode(level)), jax.random.key(0))
    assert sum(x.size for x in jax.tree.leaves(shapes)) == 221_521


@pytest.mark.parametrize(("size", "parameters"), [("s", 210_833), ("m", 211_857), ("l", 215_441)])
def test_rows_of_a_matrix_are_taken_as_they_are(size, parameters):
    task = example_task(SIZES[size])
    task = replace(task, observation=SymbolicPadded(SymbolicPaddedConfig(), task))
    net = DeepSets(DeepSetsConfig(), task)
    seen = np.zeros(task.observation.space(task.size).shape, np.float32)
    shapes = jax.eval_shape(net.init, jax.random.key(0), seen)
    assert sum(x.size for x in jax.tree.leaves(shapes)) == parameters


def test_actor_and_critic_may_have_sums_and_memories_of_their_own():
    net, seen = network(separate=True), row(observations(S, 1), 0)
    shapes = jax.eval_shape(net.init, jax.random.key(0), seen)
    assert sum(x.size for x in jax.tree.leaves(shapes)) == 238_161
    net = network(separate=True, recurrent=True, memory_width=8, depth=1, width=8, heads=2)
    assert [h.shape for h in net.memory()] == [(8,), (8,)]
    check("network", net, net.task, promises=["unroll_is_apply_repeated", "reset_forgets"])


def test_starts_as_published(fresh):
    params = fresh
    for path, leaf in jax.tree_util.tree_leaves_with_path(params):
        if leaf.ndim == 1 or "biases" in str(path):
            assert not leaf.any(), path
    gains = [(params["encoder"][kind]["kernel"], 2) for kind in KINDS]
    gains += [(params["encoder"]["sums"]["kernels"].reshape(512, 32), 2)]
    gains += [(params[n]["hidden_0"]["kernel"], 2) for n in ("actor", "critic")]
    gains += [(params["actor"]["out"]["kernel"], 1e-4), (params["critic"]["out"]["kernel"], 1)]
    for kernel, square in gains:
        few = kernel if kernel.shape[0] <= kernel.shape[1] else kernel.T
        np.testing.assert_allclose(few @ few.T, square * np.eye(len(few)), atol=2e-6)


def test_the_order_of_entities_does_not_matter(params, large):
    seen, rng, shuffled = large, np.random.default_rng(1), {}
    for kind in KINDS:
        order = rng.permutation(seen[f"{kind}s"].shape[1])
        for name in (f"{kind}s", f"{kind}_mask"):
            shuffled[name] = seen[name][:, order]
    for found, wanted in zip(applied(L, params, shuffled), applied(L, params, seen), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_parameters_of_one_size_serve_another(params, large):
    logits, values = applied(L, params, large)
    assert np.isfinite(logits).all()
    assert values.std() > 1e-2
    wanted, value = by_hand(params, row(large, 2))
    np.testing.assert_allclose(logits[2], wanted, atol=1e-4)
    np.testing.assert_allclose(values[2], value, atol=1e-4)


def test_empty_slots_add_relu_of_the_bias_and_nothing_else(params, small):
    seen = small
    garbage = {
        name: np.where(seen[f"{name[:-1]}_mask"][..., None], x, 1e9).astype(np.float32)
        for name, x in seen.items()
        if f"{name[:-1]}_mask" in seen
    }
    assert any((garbage[name] != seen[name]).any() for name in garbage)
    logits, _ = applied(S, params, seen)
    np.testing.assert_array_equal(applied(S, params, seen | garbage)[0], logits)
    # one more empty slot changes the sums, unless no bias is positive
    more = dict(seen)
    more["circles"] = np.concatenate([seen["circles"], seen["circles"][:, :1]], axis=1)
    more["circle_mask"] = np.pad(seen["circle_mask"], ((0, 0), (0, 1)))
    assert np.abs(applied(S, params, more)[0] - logits).max() > 1e-4
    sums = params["encoder"]["sums"] | {"biases": -np.abs(params["encoder"]["sums"]["biases"])}
    params = params | {"encoder": params["encoder"] | {"sums": sums}}
    wanted, _ = applied(S, params, seen)
    np.testing.assert_allclose(applied(S, params, more)[0], wanted, atol=1e-6)


def test_keeps_every_promise_of_a_network():
    check("network", network(depth=1, width=16), task_of(S))


def test_continuous_actions_have_a_deviation_of_their_own():
    task = example_task(S)
    task = task_of(S, action=ContinuousActions(ContinuousConfig(), task))
    net = DeepSets(DeepSetsConfig(depth=1, width=16, activation=Activation.relu), task)
    check("network", net, task, promises=["every_parameter_learns"])
    seen = row(observations(S, 1), 0)
    shapes = jax.eval_shape(net.init, jax.random.key(0), seen)
    assert shapes["log_std"].shape == (6,)


def test_composes_with_the_observation_by_name():
    run = compose_run(["network=deep_sets", "observation=entity", "network.depth=2"])
    assert run["network"].config == DeepSetsConfig(depth=2)


@dataclass(frozen=True)
class OnlyBodies(ObservationEncoder):
    """Tables without joints and thrusters."""

    def space(self, size):
        parts = Entity(EntityConfig(), example_task(size)).space(size).parts
        return Record(tuple(p for p in parts if p[0].startswith(("circle", "polygon"))))

    def encode(self, scene):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("observation", "text"),
    [(None, r"network=deep_sets: .*Box.*\(no circles\)"), (OnlyBodies(), r"\(no joints\)")],
)
def test_other_observations_are_refused(observation, text):
    task = example_task(S) if observation is None else example_task(S, observation=observation)
    with pytest.raises(SettingError, match=text):
        DeepSets(DeepSetsConfig(), task)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("network.activation=gelu", "network.activation=gelu.*tanh.*relu"),
        ("network.heads=0", "network.heads=0: at least 1"),
        ("network.encoder_width=4", "network.encoder_width=4: at least 5"),
        ("network.depth=-1", "network.depth=-1: at least 0"),
    ],
)
def test_senseless_settings_are_refused(setting, text):
    with pytest.raises(SettingError, match=text):
        compose_run(["network=deep_sets", "observation=entity", setting])


def test_an_unknown_activation_is_refused_in_python_too():
    with pytest.raises(SettingError, match=r"network.activation=gelu: one of tanh, relu"):
        DeepSetsConfig(activation="gelu")
