"""Encoders that break a promise each; variations of `Places`."""

import itertools
from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from kinetix_core.interfaces import Box
from kinetix_core.testing import Places

from .tools import is_traced, mixing


class NotFrozen(Places):
    """Mutable, as it is no frozen dataclass of its own: it can be given new fields."""

    __hash__ = None


@dataclass(frozen=True)
class LiesAboutShape(Places):
    def space(self, size):
        return Box(-20.0, 20.0, (2 * size.bodies + 1,))


@dataclass(frozen=True)
class LiesAboutRange(Places):
    def space(self, size):
        return Box(0.0, 1.0, (2 * size.bodies,))


@dataclass(frozen=True)
class LiesAboutType(Places):
    def space(self, size):
        return Box(-20.0, 20.0, (2 * size.bodies,), "float16")


@dataclass(frozen=True)
class LiesAboutRows(Places):
    row_masks: ClassVar = {"bodies": "body_mask"}


@dataclass(frozen=True)
class OneSizeOnly(Places):
    length: int = 0

    def space(self, size):
        return Box(-20.0, 20.0, (self.length,))


@dataclass(frozen=True)
class OtherWhenCompiled(Places):
    def encode(self, scene):
        return super().encode(scene) * (0.5 if is_traced(scene.gravity) else 1.0)


@dataclass(frozen=True)
class NotTraceable(Places):
    def encode(self, scene):
        return super().encode(scene) * (2.0 if scene.gravity[1] > 0 else 1.0)


@dataclass(frozen=True)
class Mixing(Places):
    def encode(self, scene):
        return mixing(super().encode(scene))


_calls = itertools.count()


@dataclass(frozen=True)
class Restless(Places):
    def encode(self, scene):
        return super().encode(scene) + next(_calls)


@dataclass(frozen=True)
class LooksBack(Places):
    def encode_next(self, scene, previous):
        return previous


@dataclass(frozen=True)
class Leaking(Places):
    def encode(self, scene):
        return jnp.clip(scene.bodies.position, -20.0, 20.0).reshape(-1)


@dataclass(frozen=True)
class Overflowing(Places):
    def encode(self, scene):
        return super().encode(scene) * jnp.sum(scene.bodies.velocity**2)


@dataclass(frozen=True)
class NoSlopeAtZero(Places):
    def encode(self, scene):
        return jnp.sqrt(jnp.abs(super().encode(scene)))


GOOD = Places
BROKEN = {
    "is_a_frozen_dataclass": [lambda task: NotFrozen()],
    "space_matches": [
        lambda task: LiesAboutShape(),
        lambda task: LiesAboutRange(),
        lambda task: LiesAboutType(),
        lambda task: LiesAboutRows(),
    ],
    "other_sizes_match": [lambda task: OneSizeOnly(2 * task.size.bodies)],
    "jit_equals_eager": [lambda task: OtherWhenCompiled(), lambda task: NotTraceable()],
    "vmap_equals_a_loop": [lambda task: Mixing()],
    "repeats_itself": [lambda task: Restless()],
    "next_equals_encode": [lambda task: LooksBack()],
    "empty_slots_do_not_show": [lambda task: Leaking()],
    "observations_are_finite": [lambda task: Overflowing()],
    "gradients_are_finite": [lambda task: NoSlopeAtZero()],
}
