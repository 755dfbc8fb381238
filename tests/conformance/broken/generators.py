"""Generators that break a promise each; variations of `Examples`."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp

from kinetix_core.interfaces import LevelGenerator
from kinetix_core.scene import LevelSet, S, SceneSize
from kinetix_core.testing import Examples, example_levels

from .tools import is_traced


@dataclass
class NotFrozen(LevelGenerator):
    size: SceneSize


@dataclass(frozen=True)
class OneTooMany(Examples):
    def sample(self, key, n):
        return super().sample(key, n + 1)


@dataclass(frozen=True)
class Weightless(Examples):
    def sample(self, key, n):
        levels = super().sample(key, n)
        below = replace(levels.polygons, inverse_mass=levels.polygons.inverse_mass - 1)
        return replace(levels, polygons=below)


@dataclass(frozen=True)
class BeginsLate(Examples):
    def sample(self, key, n):
        levels = super().sample(key, n)
        return replace(levels, timestep=levels.timestep + 1)


@dataclass(frozen=True)
class Names(Examples):
    names: tuple[str, ...] = ()

    def known_levels(self):
        return LevelSet(super().sample(jax.random.key(0), 2), self.names)


@dataclass(frozen=True)
class IgnoresTheKey(Examples):
    def sample(self, key, n):
        return super().sample(jax.random.key(0), n)


@dataclass(frozen=True)
class SameLevelForAll(Examples):
    def sample(self, key, n):
        return jax.tree.map(lambda x: jnp.repeat(x, n, axis=0), super().sample(key, 1))


@dataclass(frozen=True)
class OneKeyTwice(Examples):
    def sample(self, key, n):
        first = jax.random.bernoulli(key)
        levels = super().sample(key, n)
        return replace(levels, gravity=jnp.where(first, levels.gravity, 2 * levels.gravity))


@dataclass(frozen=True)
class OtherWhenCompiled(Examples):
    def sample(self, key, n):
        levels = super().sample(key, n)
        return replace(levels, gravity=levels.gravity * (2 if is_traced(key) else 1))


@dataclass(frozen=True, eq=False)
class KeepsItsOwn(Examples):
    def arrays(self):
        return example_levels(self.size, 2)


GOOD = Examples
BROKEN = {
    "is_a_frozen_dataclass": [lambda task: NotFrozen(task.size)],
    "levels_have_the_size": [lambda task: OneTooMany(task.size), lambda task: Examples(S)],
    "levels_are_valid": [lambda task: Weightless(task.size), lambda task: BeginsLate(task.size)],
    "known_levels_have_names": [
        lambda task: Names(S, names=("a", "b")),
        lambda task: Names(task.size, names=("a",)),
        lambda task: Names(task.size, names=("a", "a")),
    ],
    "keys_decide": [lambda task: IgnoresTheKey(task.size), lambda task: SameLevelForAll(task.size)],
    "uses_each_key_once": [lambda task: OneKeyTwice(task.size)],
    "jit_equals_eager": [lambda task: OtherWhenCompiled(task.size)],
    "arrays_may_be_arguments": [lambda task: KeepsItsOwn(task.size)],
}
