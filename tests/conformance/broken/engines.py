"""Engines that break a promise each; variations of `FreeFlight`."""

import itertools
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.interfaces import Trace
from kinetix_core.scene import S, empty_memory
from kinetix_core.testing import FreeFlight

from .tools import by_place, is_traced, mixing, right_under_one_vmap


def _lifted(state, change):
    polygons = replace(state.polygons, velocity=change(state.polygons.velocity))
    return replace(state, polygons=polygons)


class NotFrozen:
    """No dataclass at all."""

    def __init__(self, size):
        self.size = size


@dataclass(frozen=True)
class ForgetsTime(FreeFlight):
    def init(self, scene, contacts=None):
        return replace(super().init(scene, contacts), timestep=jnp.int32(7))


@dataclass(frozen=True)
class ShortTrace(FreeFlight):
    def steps(self, state, controls, n):
        state, trace = super().steps(state, controls, n)
        return state, jax.tree.map(lambda x: x[-1:], trace)


@dataclass(frozen=True)
class ChangesType(FreeFlight):
    def steps(self, state, controls, n):
        state, trace = super().steps(state, controls, n)
        return replace(state, timestep=state.timestep.astype(jnp.float32)), trace


_calls = itertools.count()


@dataclass(frozen=True)
class Restless(FreeFlight):
    def steps(self, state, controls, n):
        noise = jax.pure_callback(
            lambda: np.float32(next(_calls)), jax.ShapeDtypeStruct((), jnp.float32)
        )
        return super().steps(_lifted(state, lambda v: v + noise), controls, n)


@dataclass(frozen=True)
class OtherWhenCompiled(FreeFlight):
    def init(self, scene, contacts=None):
        state = super().init(scene, contacts)
        return _lifted(state, lambda v: v + 0.01) if is_traced(state.gravity) else state


@dataclass(frozen=True)
class Mixing(FreeFlight):
    def steps(self, state, controls, n):
        return super().steps(_lifted(state, mixing), controls, n)


@dataclass(frozen=True)
class OneVmapOnly(FreeFlight):
    def steps(self, state, controls, n):
        return super().steps(_lifted(state, right_under_one_vmap), controls, n)


@dataclass(frozen=True)
class ShowsPythonNumbers(FreeFlight):
    def scene(self, state):
        return replace(state, timestep=jnp.asarray(0))  # a weak type, unlike what was given


@dataclass(frozen=True)
class ByPlace(FreeFlight):
    def steps(self, state, controls, n):
        return super().steps(_lifted(state, by_place), controls, n)


@dataclass(frozen=True)
class EmptySlotsTouch(FreeFlight):
    def steps(self, state, controls, n):
        active = (state.polygons.active, state.circles.active)

        def with_active(polygons, circles):
            return replace(
                state,
                polygons=replace(state.polygons, active=polygons),
                circles=replace(state.circles, active=circles),
            )

        all_active = with_active(*(jnp.ones_like(a) for a in active))
        new, trace = super().steps(all_active, controls, n)
        polygons = replace(new.polygons, active=active[0])
        return replace(
            new, polygons=polygons, circles=replace(new.circles, active=active[1])
        ), trace


@dataclass(frozen=True)
class HidesNaN(FreeFlight):
    def init(self, scene, contacts=None):
        return jax.tree.map(
            lambda x: jnp.nan_to_num(x) if x.dtype == jnp.float32 else x,
            super().init(scene, contacts),
        )


@dataclass(frozen=True)
class CoarseSteps(FreeFlight):
    """Takes two steps wherever more than two are asked for."""

    def steps(self, state, controls, n):
        state, trace = super().steps(state, controls, min(n, 2))
        return state, jax.tree.map(lambda x: jnp.concatenate([x, x])[-n:], trace)


@dataclass(frozen=True)
class LateTrace(FreeFlight):
    def steps(self, state, controls, n):
        before = jnp.concatenate([state.polygons.position, state.circles.position])
        state, trace = super().steps(state, controls, n)
        earlier = jnp.concatenate([before[None], trace.position[:-1]])
        return state, Trace(trace.touching, earlier)


@dataclass(frozen=True)
class ForgetsContacts(FreeFlight):
    def contacts(self, state):
        return jax.tree.map(jnp.asarray, empty_memory(self.size))


@dataclass(frozen=True)
class SinkingFloor(FreeFlight):
    def steps(self, state, controls, n):
        state = _lifted(state, lambda v: v.at[0, 1].add(-0.01))
        return super().steps(state, controls, n)


GOOD = FreeFlight
BROKEN = {
    "is_a_frozen_dataclass": [lambda task: NotFrozen(task.size)],
    "has_the_size_of_the_task": [lambda task: FreeFlight(S)],
    "says_how_long_a_step_is": [lambda task: FreeFlight(task.size, dt=0.0)],
    "keeps_the_scene_it_is_given": [lambda task: ForgetsTime(task.size)],
    "keeps_shapes": [lambda task: ShortTrace(task.size), lambda task: ChangesType(task.size)],
    "repeats_itself": [lambda task: Restless(task.size)],
    "jit_equals_eager": [lambda task: OtherWhenCompiled(task.size)],
    "vmap_equals_a_loop": [lambda task: Mixing(task.size)],
    "nested_vmap_equals_a_loop": [lambda task: OneVmapOnly(task.size)],
    "compiles_once": [lambda task: ShowsPythonNumbers(task.size)],
    "place_in_the_batch_does_not_matter": [
        lambda task: ByPlace(task.size),
        lambda task: Mixing(task.size),
    ],
    "empty_slots_have_no_influence": [lambda task: EmptySlotsTouch(task.size)],
    "nan_stays_in_its_scene": [lambda task: Mixing(task.size), lambda task: HidesNaN(task.size)],
    "steps_is_step_repeated": [lambda task: CoarseSteps(task.size)],
    "trace_ends_with_the_scene": [lambda task: LateTrace(task.size)],
    "goes_on_from_what_it_shows": [lambda task: ForgetsContacts(task.size)],
    "the_boundary_stays": [lambda task: SinkingFloor(task.size)],
}
