"""What a mutation promises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import jax
import numpy as np

from kinetix_core.interfaces import Mutation, Task
from kinetix_core.scene import Scene, check_scene

from ._compare import assert_same, assert_same_signature, difference, row
from ._levels import example_levels
from ._shared import assert_keys_used_once, is_a_frozen_dataclass


@dataclass(frozen=True, eq=False)
class MutationCase:
    """n: example levels that are edited."""

    component: Mutation
    task: Task
    n: int = 24
    seed: int = 0

    @cached_property
    def levels(self) -> Scene:
        return jax.tree.map(jax.numpy.asarray, example_levels(self.task.size, self.n))

    @cached_property
    def mutated(self) -> Scene:
        """Every level edited once, on the host."""
        edit = jax.jit(jax.vmap(self.component.mutate))
        return jax.tree.map(np.asarray, edit(self.keys(self.seed), self.levels))

    def keys(self, seed: int) -> jax.Array:
        return jax.random.split(jax.random.key(seed), self.n)


def shapes_stay(case: MutationCase) -> None:
    """A level keeps its size, shapes and types."""
    found = jax.eval_shape(jax.vmap(case.component.mutate), case.keys(0), case.levels)
    assert_same_signature(found, jax.eval_shape(lambda x: x, case.levels))


def levels_stay_valid(case: MutationCase) -> None:
    """A valid level stays one."""
    for i in range(case.n):
        check_scene(row(case.mutated, i))


def something_is_edited(case: MutationCase) -> None:
    """Some level is not the same afterwards."""
    levels = jax.tree.map(np.asarray, case.levels)
    assert difference(case.mutated, levels), "no level was edited"


def repeats_itself(case: MutationCase) -> None:
    """A key gives the same bits each time."""
    edit = jax.jit(jax.vmap(case.component.mutate))
    assert_same(edit(case.keys(case.seed), case.levels), case.mutated)


def uses_each_key_once(case: MutationCase) -> None:
    """No random key is used twice."""
    assert_keys_used_once(case.component.mutate, case.keys(0)[0], row(case.levels, 0))


PROMISES = (
    is_a_frozen_dataclass,
    shapes_stay,
    levels_stay_valid,
    something_is_edited,
    repeats_itself,
    uses_each_key_once,
)
