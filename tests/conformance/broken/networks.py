"""Networks that break a promise each; variations of a small recurrent one."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp

from kinetix_core.interfaces import PolicyNetwork, Task
from kinetix_core.learn import action_outputs, distribution_for

from .tools import mixing

WIDTH = 5


def _draw(key, shape):
    return jax.random.uniform(key, shape, minval=-1.5, maxval=1.5)


@dataclass(frozen=True)
class Recurrent(PolicyNetwork):
    """One recurrent layer, then one for actions and value."""

    task: Task

    def init(self, key, observation):
        into, back, out = jax.random.split(key, 3)
        outputs = action_outputs(self.task.action.space) + 1
        return {
            "in": 0.2 * _draw(into, (observation.shape[0], WIDTH)),
            "back": _draw(back, (WIDTH, WIDTH)),
            "out": _draw(out, (WIDTH, outputs)),
        }

    def memory(self):
        return jnp.zeros(WIDTH)

    def apply(self, params, memory, observation, reset, *, key=None):
        memory = jnp.where(reset, jnp.zeros_like(memory), memory)
        hidden = jnp.tanh(observation @ params["in"] + memory @ params["back"])
        out = hidden @ params["out"]
        return hidden, distribution_for(self.task.action.space, out[:-1]), out[-1]


class Unfrozen(Recurrent):
    __hash__ = None


class OneInit(Recurrent):
    def init(self, key, observation):
        return super().init(jax.random.key(0), observation)


class OneKeyTwice(Recurrent):
    def init(self, key, observation):
        params = super().init(key, observation)
        return params | {"back": _draw(key, (WIDTH, WIDTH))}


class NaNInit(Recurrent):
    def init(self, key, observation):
        params = super().init(key, observation)
        return params | {"back": params["back"] / 0}


class ValueAsVector(Recurrent):
    def apply(self, params, memory, observation, reset, *, key=None):
        memory, distribution, value = super().apply(params, memory, observation, reset)
        return memory, distribution, value[None]


class GrowingMemory(Recurrent):
    def apply(self, params, memory, observation, reset, *, key=None):
        memory, distribution, value = super().apply(params, memory[:WIDTH], observation, reset)
        return jnp.concatenate([memory, memory]), distribution, value


class IntegerMemory(Recurrent):
    """Begins with integers and goes on with floats."""

    def memory(self):
        return jnp.zeros(WIDTH, jnp.int32)

    def unroll(self, params, memory, observations, resets, *, key=None):
        return super().unroll(params, memory.astype(jnp.float32), observations, resets)


class _Wrapped(eqx.Module):
    inner: eqx.Module

    def sample(self, key):
        return self.inner.sample(key)

    def mode(self):
        return self.inner.mode()

    def log_prob(self, action):
        return self.inner.log_prob(action)

    def entropy(self):
        return self.inner.entropy()


class _TooMany(_Wrapped):
    def sample(self, key):
        return self.inner.sample(key) + 1


class _NotNormalised(_Wrapped):
    def log_prob(self, action):
        return self.inner.log_prob(action) + 0.1


class _WrongEntropy(_Wrapped):
    def entropy(self):
        return 2 * self.inner.entropy()


class _WrongMode(_Wrapped):
    def mode(self):
        return jnp.zeros_like(self.inner.mode())


@dataclass(frozen=True)
class WithDistribution(Recurrent):
    wrapper: type = _Wrapped

    def apply(self, params, memory, observation, reset, *, key=None):
        memory, distribution, value = super().apply(params, memory, observation, reset)
        return memory, self.wrapper(distribution), value


class UnrollWithoutResets(Recurrent):
    def unroll(self, params, memory, observations, resets, *, key=None):
        return super().unroll(params, memory, observations, jnp.zeros_like(resets))


class IgnoresReset(Recurrent):
    def apply(self, params, memory, observation, reset, *, key=None):
        return super().apply(params, memory, observation, jnp.zeros_like(reset))


class Mixing(Recurrent):
    def apply(self, params, memory, observation, reset, *, key=None):
        return super().apply(params, memory, mixing(observation), reset)


class DeadParameter(Recurrent):
    def init(self, key, observation):
        return super().init(key, observation) | {"unused": jnp.ones(3)}


class NoValueGradient(Recurrent):
    def apply(self, params, memory, observation, reset, *, key=None):
        params = params | {"back": jax.lax.stop_gradient(params["back"])}
        return super().apply(params, memory, observation, reset)


GOOD = Recurrent
BROKEN = {
    "is_a_frozen_dataclass": [Unfrozen],
    "init_is_decided_by_the_key": [OneInit, OneKeyTwice, NaNInit],
    "apply_gives_action_and_value": [
        ValueAsVector,
        GrowingMemory,
        lambda task: WithDistribution(task, _TooMany),
    ],
    "distribution_is_one": [
        lambda task: WithDistribution(task, _NotNormalised),
        lambda task: WithDistribution(task, _WrongEntropy),
        lambda task: WithDistribution(task, _WrongMode),
    ],
    "unroll_is_apply_repeated": [UnrollWithoutResets],
    "reset_forgets": [IgnoresReset],
    "vmap_equals_a_loop": [Mixing],
    "compiles_once": [IntegerMemory],
    "every_parameter_learns": [DeadParameter, NoValueGradient],
}
