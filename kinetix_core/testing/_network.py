"""What a policy network promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.interfaces import Box, Observation, Parameters, PolicyNetwork, Task

from ._compare import (
    assert_finite,
    assert_same,
    assert_same_signature,
    assert_traces_once,
    loop,
    named_leaves,
    row,
)
from ._levels import example_levels
from ._shared import assert_keys_used_once, every_action, is_a_frozen_dataclass, outside

_TIME, _ENVS = 6, 4
_RESETS = np.array(
    [[1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 1], [0, 0, 1, 0, 1, 0]], bool
)


@dataclass(frozen=True, eq=False)
class NetworkCase:
    """task: with an action space and an observation encoder.

    tolerance: between two ways to compute the same, see `kinetix_core.testing.difference`.
    without_gradient: parts of the paths of parameters that may have a gradient of zero.
    """

    component: PolicyNetwork
    task: Task
    seed: int = 0
    tolerance: float = 1e-4
    without_gradient: tuple[str, ...] = ()

    def key(self, number: int) -> jax.Array:
        return jax.random.fold_in(jax.random.key(self.seed), number)

    @cached_property
    def observations(self) -> Observation:
        """(envs, time, ...) of different scenes."""
        assert self.task.observation is not None, "check('network') needs task.observation"
        levels = example_levels(self.task.size, _ENVS * _TIME + 1, self.seed)
        # without the empty room: every kind of entity should be seen somewhere
        encode = jax.jit(jax.vmap(self.task.observation.encode))
        seen = encode(row(levels, slice(1, None)))
        return jax.tree.map(lambda x: np.asarray(x).reshape(_ENVS, _TIME, *x.shape[1:]), seen)

    @cached_property
    def observation(self) -> Observation:
        return row(row(self.observations, 0), 0)

    @cached_property
    def init(self) -> Callable[..., Parameters]:
        """`init`, compiled: orthogonal matrices are slow to make one by one."""
        return jax.jit(self.component.init)

    @cached_property
    def params(self) -> Parameters:
        return self.init(self.key(0), self.observation)

    @cached_property
    def unrolled(self) -> tuple[Any, Any, Any]:
        """`unroll` from a fresh memory, for each environment; compiled."""
        unroll = jax.vmap(self.component.unroll, in_axes=(None, None, 0, 0))
        memory = self.component.memory()
        return jax.jit(unroll)(self.params, memory, self.observations, _RESETS)

    @property
    def space(self) -> Any:
        assert self.task.action is not None, "check('network') needs task.action"
        return self.task.action.space


def init_is_decided_by_the_key(case: NetworkCase) -> None:
    """`init` gives the same finite parameters for a key, others for others, and uses it once."""
    assert jax.tree.leaves(case.params), "there are no parameters"
    assert_finite(case.params)
    assert_same(case.init(case.key(0), case.observation), case.params)
    assert_keys_used_once(case.component.init, case.key(0), case.observation)
    other = case.init(case.key(1), case.observation)
    same = all(
        np.array_equal(a, b)
        for (_, a), (_, b) in zip(named_leaves(other), named_leaves(case.params), strict=True)
    )
    assert not same, "two keys give the same parameters"


def apply_gives_action_and_value(case: NetworkCase) -> None:
    """`apply` gives a distribution over the task's actions and one finite f32 value."""
    memory = case.component.memory()
    reset = jnp.bool_(True)
    new, distribution, value = case.component.apply(case.params, memory, case.observation, reset)
    assert_same_signature(jax.tree.map(jnp.asarray, new), jax.tree.map(jnp.asarray, memory))
    found = (value.shape, value.dtype)
    assert found == ((), np.float32), f"value: {found} instead of ((), float32)"
    assert_finite(value)
    compiled = jax.jit(lambda *x: case.component.apply(*x)[2])
    assert_same(compiled(case.params, memory, case.observation, reset), value, case.tolerance)
    drawn = jax.jit(jax.vmap(distribution.sample))(jax.random.split(case.key(2), 64))
    for action in np.asarray(drawn):
        _assert_action(case, "sample", action)
    for name, action in (("sample", drawn[0]), ("mode", distribution.mode())):
        _assert_action(case, name, action)
        for what in (distribution.log_prob(action), distribution.entropy()):
            assert what.shape == (), f"log_prob or entropy of shape {what.shape} instead of ()"
            assert_finite(what)


def _assert_action(case: NetworkCase, name: str, action: Any) -> None:
    space = case.space
    if isinstance(space, Box):  # samples of an unsquashed distribution may leave the box
        found, wanted = (action.shape, str(action.dtype)), (space.shape, space.dtype)
        assert found == wanted, f"{name}: {found} instead of {wanted}"
        assert_finite(action)
    elif text := outside(space, action):
        raise AssertionError(f"{name}: {text}")


def distribution_is_one(case: NetworkCase) -> None:
    """Probabilities sum to 1, `entropy`, `mode` and `sample` belong to `log_prob`."""
    seen = jax.device_get(_probabilities(case))
    entropy, found = float(seen["entropy"]), -float(seen["drawn"].mean())
    spread = float(seen["drawn"].std()) / np.sqrt(len(seen["drawn"]))
    near = abs(found - entropy) <= 6 * spread + 1e-3
    assert near, f"entropy {entropy}, but samples have a mean -log_prob of {found} +- {spread}"
    if "all" not in seen:
        return
    log_prob = seen["all"].astype(np.float64)
    total = np.exp(log_prob).sum()
    assert abs(total - 1) < 1e-4, f"probabilities of all actions sum to {total}"
    wanted = -(np.exp(log_prob) * log_prob).sum()
    assert abs(wanted - entropy) < 1e-3, f"entropy {entropy} instead of {wanted}"
    mode, best = float(seen["mode"]), log_prob.max()
    assert mode >= best - 1e-5, f"mode has log_prob {mode}, the best action {best}"


def _probabilities(case: NetworkCase) -> dict[str, Any]:
    """Entropy, and log-probabilities of the mode, of 4096 samples and, if few, of all actions."""
    # larger parameters make actions differ, so that a mistake shows
    params = jax.tree.map(lambda x: x * 3, case.params)
    actions = every_action(case.space)

    @jax.jit
    def look(params: Parameters, keys: jax.Array) -> dict[str, Any]:
        memory, reset = case.component.memory(), jnp.bool_(True)
        _, distribution, _ = case.component.apply(params, memory, case.observation, reset)
        log_prob = jax.vmap(distribution.log_prob)
        seen = {
            "entropy": distribution.entropy(),
            "mode": distribution.log_prob(distribution.mode()),
            "drawn": log_prob(jax.vmap(distribution.sample)(keys)),
        }
        return seen if actions is None else seen | {"all": log_prob(actions)}

    return look(params, jax.random.split(case.key(3), 4096))


def unroll_is_apply_repeated(case: NetworkCase) -> None:
    """`unroll` over a sequence with resets gives what `apply` gives step by step."""
    apply = jax.jit(case.component.apply)
    space_actions = case.unrolled[1].mode()
    for env in range(_ENVS):
        memory, values, log_probs = case.component.memory(), [], []
        for t in range(_TIME):
            observation = row(row(case.observations, env), t)
            memory, distribution, value = apply(case.params, memory, observation, _RESETS[env, t])
            values.append(value)
            log_probs.append(distribution.log_prob(space_actions[env, t]))
        end, unrolled, unrolled_values = row(case.unrolled, env)
        found = unrolled_values, unrolled.log_prob(space_actions[env]), end
        wanted = np.stack(values), np.stack(log_probs), jax.tree.map(np.asarray, memory)
        assert_same(found, wanted, case.tolerance)


def reset_forgets(case: NetworkCase) -> None:
    """With `reset` the memory of earlier steps has no influence; a fresh memory is as good."""
    fresh = case.component.memory()
    if not jax.tree.leaves(fresh):
        return
    apply = jax.jit(case.component.apply)
    used = jax.tree.map(lambda x: x[0], case.unrolled[0])
    action = np.asarray(case.unrolled[1].mode())[0, 0]

    def seen(memory: Any, reset: bool) -> Any:
        new, distribution, value = apply(case.params, memory, case.observation, jnp.bool_(reset))
        return new, distribution.log_prob(action), value

    wanted = seen(fresh, False)
    for memory in (used, jax.tree.map(lambda x: jnp.full_like(x, 3), fresh), fresh):
        assert_same(seen(memory, True), wanted, case.tolerance)


def vmap_equals_a_loop(case: NetworkCase) -> None:
    """A batch gives each environment what it gets alone."""
    action = np.asarray(case.unrolled[1].mode())

    def seen(observations: Observation, resets: Any, actions: Any) -> Any:
        _, distribution, value = case.component.unroll(
            case.params, case.component.memory(), observations, resets
        )
        return distribution.log_prob(actions), distribution.entropy(), value

    alone = loop(jax.jit(seen), case.observations, _RESETS, action)
    together = jax.jit(jax.vmap(seen))(case.observations, _RESETS, action)
    assert_same(together, alone, case.tolerance)


def compiles_once(case: NetworkCase) -> None:
    """New observations and memories compile nothing anew."""
    memory = jax.tree.map(jnp.asarray, case.component.memory())
    used = jax.tree.map(lambda x: x[0], case.unrolled[0])
    steps = [row(row(case.observations, i), i) for i in range(_ENVS)]
    calls = [
        (case.params, m, o, jnp.bool_(r)) for m, r in ((memory, True), (used, False)) for o in steps
    ]
    assert_traces_once(case.component.apply, calls)


def every_parameter_learns(case: NetworkCase) -> None:
    """Gradients are finite, and not zero for any array of parameters."""
    action = case.unrolled[1].sample(case.key(4))  # at the mode of a normal, the mean is flat
    weight = np.random.default_rng(case.seed).normal(size=(_ENVS, _TIME)).astype(np.float32)

    def loss(params: Parameters) -> jax.Array:
        unroll = jax.vmap(case.component.unroll, in_axes=(None, None, 0, 0))
        memory = case.component.memory()
        _, distribution, value = unroll(params, memory, case.observations, _RESETS)
        return jnp.sum(weight * (distribution.log_prob(action) + value**2 + value))

    gradient = jax.jit(jax.grad(loss))(case.params)
    assert_finite(gradient)
    for path, leaf in named_leaves(gradient):
        exempt = any(part in path for part in case.without_gradient)
        assert exempt or leaf.any(), f"{path}: the gradient is zero everywhere"


PROMISES = (
    is_a_frozen_dataclass,
    init_is_decided_by_the_key,
    apply_gives_action_and_value,
    distribution_is_one,
    unroll_is_apply_repeated,
    reset_forgets,
    vmap_equals_a_loop,
    compiles_once,
    every_parameter_learns,
)
