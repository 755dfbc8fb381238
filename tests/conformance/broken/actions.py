"""Action spaces that break a promise each; variations of the multi-discrete one."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.env import MultiDiscreteActions
from kinetix_core.env.action_config import MultiDiscreteConfig
from kinetix_core.interfaces import MultiDiscrete

from .tools import is_traced


@dataclass
class NotFrozen:
    space = MultiDiscrete((2,))


class _Actions(MultiDiscreteActions):
    def __init__(self, task):
        super().__init__(MultiDiscreteConfig(), task)


class NoSpace(_Actions):
    @property
    def space(self):
        return (3, 3, 3, 3, 2, 2)


class SamplesTooHigh(_Actions):
    def sample(self, key):
        return super().sample(key) + 1


class SamplesOneAction(_Actions):
    def sample(self, key):
        return jnp.asarray(self.noop)


class SamplesWithOneKeyTwice(_Actions):
    def sample(self, key):
        return jnp.where(jax.random.bernoulli(key), super().sample(key), super().sample(key))


class BusyNoop(_Actions):
    @property
    def noop(self):
        return np.ones(self.motors + self.thrusters, np.int32)


class TooStrong(_Actions):
    def controls(self, action, scene):
        return 2 * super().controls(action, scene)


class TooMany(_Actions):
    def controls(self, action, scene):
        return jnp.concatenate([super().controls(action, scene), jnp.zeros(1)])


class Backwards(_Actions):
    """Takes automatic motors for ordinary ones."""

    def controls(self, action, scene):
        given = super().controls(action, scene)
        auto = jnp.concatenate([scene.joints.motor_auto, scene.thrusters.active & False])
        return jnp.where(auto & jnp.any(action != 0), -given, given)


class TakesAnyShape(_Actions):
    def _check(self, action):
        return jnp.resize(action, self.space.shape)


class OtherWhenCompiled(_Actions):
    def controls(self, action, scene):
        return super().controls(action, scene) * (0.5 if is_traced(action) else 1.0)


class Leaking(_Actions):
    def controls(self, action, scene):
        return super().controls(action, scene) * jnp.sin(jnp.sum(scene.joints.rotation))


BROKEN = {
    "is_a_frozen_dataclass": [lambda task: NotFrozen()],
    "space_is_static": [NoSpace],
    "samples_are_in_the_space": [SamplesTooHigh, SamplesOneAction, SamplesWithOneKeyTwice],
    "noop_does_nothing": [BusyNoop],
    "controls_are_in_range": [TooStrong, TooMany],
    "automatic_motors_run": [Backwards],
    "wrong_shapes_are_refused": [TakesAnyShape],
    "jit_and_vmap_equal_a_loop": [OtherWhenCompiled],
    "empty_slots_have_no_influence": [Leaking],
}
