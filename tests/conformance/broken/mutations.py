"""Mutations that break a promise each; variations of one that moves the first circle."""

import itertools
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp

from kinetix_core.interfaces import Mutation


@dataclass(frozen=True)
class Moves(Mutation):
    """Circle 0 a little to the side."""

    amount: float = 0.01

    def mutate(self, key, scene):
        return moved(scene, self.amount * jax.random.uniform(key, (2,)))


def moved(scene, by):
    position = jnp.asarray(scene.circles.position).at[0].add(by)
    return replace(scene, circles=replace(scene.circles, position=position))


class Unhashable(Moves):
    __hash__ = None


class Rounds(Moves):
    """Positions become whole numbers of another type."""

    def mutate(self, key, scene):
        scene = super().mutate(key, scene)
        whole = scene.circles.position.astype(jnp.int32)
        return replace(scene, circles=replace(scene.circles, position=whole))


class Loses(Moves):
    """What it moves is nowhere."""

    def mutate(self, key, scene):
        return moved(super().mutate(key, scene), jnp.nan)


class Idle(Moves):
    def mutate(self, key, scene):
        return scene


_calls = itertools.count(1)


class Restless(Moves):
    """Another distance each time it is traced."""

    def mutate(self, key, scene):
        return moved(super().mutate(key, scene), 0.001 * next(_calls))


class OneKeyTwice(Moves):
    def mutate(self, key, scene):
        return super().mutate(key, super().mutate(key, scene))


GOOD = lambda task: Moves()  # noqa: E731
BROKEN = {
    "is_a_frozen_dataclass": [lambda task: Unhashable()],
    "shapes_stay": [lambda task: Rounds()],
    "levels_stay_valid": [lambda task: Loses()],
    "something_is_edited": [lambda task: Idle()],
    "repeats_itself": [lambda task: Restless()],
    "uses_each_key_once": [lambda task: OneKeyTwice()],
}
