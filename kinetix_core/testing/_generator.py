"""What a level generator promises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np

from kinetix_core.interfaces import LevelGenerator, Task
from kinetix_core.scene import Scene, check_scene, empty_scene

from ._compare import (
    assert_same,
    difference,
    named_leaves,
    row,
    rows,
)
from ._shared import assert_keys_used_once, is_a_frozen_dataclass


@dataclass(frozen=True, eq=False)
class GeneratorCase:
    """n: levels per sample. tolerance: between compiled and eager calls."""

    component: LevelGenerator
    task: Task
    n: int = 16
    seed: int = 0
    tolerance: float = 1e-5

    def key(self, number: int) -> jax.Array:
        return jax.random.fold_in(jax.random.key(self.seed), number)

    @cached_property
    def samples(self) -> tuple[Scene, ...]:
        """Three samples of `n` levels, compiled, of three keys; on the host."""
        sample = jax.jit(lambda key: self.component.sample(key, self.n))
        return tuple(jax.tree.map(np.asarray, sample(self.key(i))) for i in range(3))


def levels_have_the_size(case: GeneratorCase) -> None:
    """`sample(key, n)` gives scenes of the task's size along a leading axis of `n`."""
    for n in (1, case.n):
        found = jax.eval_shape(lambda key, n=n: case.component.sample(key, n), case.key(0))
        size, wanted = found.size, case.task.size
        assert size == wanted, f"levels of size {size.name} in a task of size {wanted.name}"
        for (path, leaf), (_, like) in zip(
            jax.tree_util.tree_leaves_with_path(found),
            jax.tree_util.tree_leaves_with_path(empty_scene(wanted)),
            strict=True,
        ):
            name = jax.tree_util.keystr(path)
            shape, dtype = (n, *like.shape), like.dtype
            good = leaf.shape == shape and leaf.dtype == dtype
            assert good, f"{name}: {leaf.dtype}{leaf.shape} instead of {dtype}{shape}"


def levels_are_valid(case: GeneratorCase) -> None:
    """Every level keeps the rules of a scene and begins at time 0."""
    for sample in case.samples:
        for i in range(case.n):
            level = row(sample, i)
            check_scene(level)
            assert level.timestep == 0, f"a level begins at timestep {level.timestep}"


def known_levels_have_names(case: GeneratorCase) -> None:
    """`known_levels()` is None, or levels of the task's size and a name of its own for each."""
    known = case.component.known_levels()
    if known is None:
        return
    found, wanted = known.levels.size, case.task.size
    assert found == wanted, f"levels of size {found.name} in a task of size {wanted.name}"
    levels, names = rows(known.levels), known.names
    assert len(names) == levels, f"{len(names)} names for {levels} levels"
    assert len(set(names)) == levels, "two levels have one name"


def keys_decide(case: GeneratorCase) -> None:
    """A key gives the same bits each time; other keys and places give other levels."""
    sample = jax.jit(lambda key: case.component.sample(key, case.n))
    assert_same(sample(case.key(0)), case.samples[0])
    if not _several_levels(case):
        return
    for sample in case.samples[1:]:
        assert difference(sample, case.samples[0]), f"two keys gave the same {case.n} levels"
    for sample in case.samples:
        alike = all(_equal(row(sample, i), row(sample, 0)) for i in range(1, case.n))
        assert not alike, f"a sample of {case.n} is {case.n} times the same level"


def _several_levels(case: GeneratorCase) -> bool:
    first = row(case.samples[0], 0)
    return not all(_equal(row(s, i), first) for s in case.samples for i in range(case.n))


def _equal(a: Scene, b: Scene) -> bool:
    pairs = zip(named_leaves(a), named_leaves(b), strict=True)
    return all(np.array_equal(x, y) for (_, x), (_, y) in pairs)


def uses_each_key_once(case: GeneratorCase) -> None:
    """No random key is used twice."""
    assert_keys_used_once(lambda key: case.component.sample(key, case.n), case.key(0))


def jit_equals_eager(case: GeneratorCase) -> None:
    """It can be traced, and compiled and eager calls agree."""
    found = case.component.sample(case.key(0), case.n)
    assert rows(found) == case.n
    assert_same(case.samples[0], found, case.tolerance)


def arrays_may_be_arguments(case: GeneratorCase) -> None:
    """`with_arrays(arrays())` draws the same, also where the arrays are a program's arguments."""
    arrays = case.component.arrays()
    if not jax.tree.leaves(arrays):
        return

    @jax.jit
    def sample(arrays: Any, key: jax.Array) -> Scene:
        return case.component.with_arrays(arrays).sample(key, case.n)

    text = sample.lower(arrays, case.key(0)).as_text()
    assert_same(sample(arrays, case.key(0)), case.samples[0])
    other = jax.tree.map(np.zeros_like, arrays)
    same = sample.lower(other, case.key(0)).as_text() == text
    zero = difference(sample(other, case.key(0)), case.samples[0])
    assert same, "the arrays are part of the program"
    assert zero, "it does not draw from the arrays that it is given"


PROMISES = (
    is_a_frozen_dataclass,
    levels_have_the_size,
    levels_are_valid,
    known_levels_have_names,
    keys_decide,
    uses_each_key_once,
    jit_equals_eager,
    arrays_may_be_arguments,
)
