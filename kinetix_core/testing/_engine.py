"""What an engine promises."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.interfaces import Trace
from kinetix_core.scene import BOUNDARY, Array, ContactMemory, Scene

from ._compare import (
    assert_same,
    assert_same_signature,
    assert_traces_once,
    row,
    rows,
    stack,
)
from ._engine_case import SKIP, EngineCase, Played
from ._levels import with_other_leftovers
from ._shared import is_a_frozen_dataclass


def has_the_size_of_the_task(case: EngineCase) -> None:
    """`size` is the size of the task, whose scenes it takes."""
    found, wanted = case.component.size, case.task.size
    assert found == wanted, f"size {found.name} in a task of size {wanted.name}"


def says_how_long_a_step_is(case: EngineCase) -> None:
    """`dt` is the length of a physics step in seconds, a finite number above 0."""
    found = getattr(case.component, "dt", None)
    good = isinstance(found, float | int) and 0 < found < math.inf
    assert good, f"dt is {found!r}"


def keeps_the_scene_it_is_given(case: EngineCase) -> None:
    """`scene(init(level))` is `level`, in every slot and bit."""
    engine, level = case.component, row(case.scenes, 1)
    assert_same(engine.scene(engine.init(level)), level)
    shown = jax.jit(jax.vmap(lambda level: engine.scene(engine.init(level))))
    assert_same(shown(case.scenes), case.scenes)


def keeps_shapes(case: EngineCase) -> None:
    """States keep their shapes and types; a trace has a row per physics step."""
    engine, size = case.component, case.task.size
    level, controls = row(case.scenes, 1), case.controls[1, 0]
    state = jax.eval_shape(engine.init, level)
    later, _ = jax.eval_shape(lambda s, c: engine.steps(s, c, 3), state, controls)
    assert_same_signature(later, state)
    contacts = jax.eval_shape(engine.contacts, state)
    again = jax.eval_shape(engine.init, jax.eval_shape(engine.scene, later), contacts)
    assert_same_signature(again, state)
    for n in (1, 3):
        _, trace = jax.eval_shape(lambda s, c, n=n: engine.steps(s, c, n), state, controls)
        touching, position = trace.touching, trace.position
        found = (touching.shape, touching.dtype, position.shape, position.dtype)
        wanted = ((n, len(size.pairs)), np.dtype(bool), (n, size.bodies, 2), np.dtype("float32"))
        assert found == wanted, f"trace of {n} steps: {found} instead of {wanted}"


def repeats_itself(case: EngineCase) -> None:
    """The same scene and controls give the same bits again."""
    level, controls = row(case.scenes, 1), case.controls[1]
    assert_same(case.alone(level, controls), case.alone(level, controls))


def jit_equals_eager(case: EngineCase) -> None:
    """Compiled and eager calls agree."""
    engine, level, controls = case.component, row(case.scenes, 1), case.controls[1]
    state, traces = engine.init(level), []
    for now in controls:
        state, trace = engine.steps(state, now, SKIP)
        traces.append(trace)
    eager = Played(engine.scene(state), engine.contacts(state), stack(traces))
    assert_same(case.alone(level, controls), eager, case.jit_tolerance)


def vmap_equals_a_loop(case: EngineCase) -> None:
    """A batch gives each scene what it gets alone."""
    assert_same(case.played_together, case.played_alone, case.tolerance)


def nested_vmap_equals_a_loop(case: EngineCase) -> None:
    """`vmap` of `vmap` gives each scene what it gets alone, also where an argument is shared."""
    half = rows(case.scenes) // 2

    def split(tree: Any) -> Any:
        return jax.tree.map(lambda x: x[: 2 * half].reshape(2, half, *x.shape[1:]), tree)

    found = jax.jit(jax.vmap(jax.vmap(case.play)))(split(case.scenes), split(case.controls))
    assert_same(found, split(case.played_alone), case.tolerance)

    two, few = row(case.scenes, slice(0, 2)), case.controls[:half]
    shared = jax.vmap(jax.vmap(case.play, in_axes=(None, 0)), in_axes=(0, None))
    wanted = stack(stack(case.alone(row(two, i), now) for now in few) for i in range(2))
    assert_same(jax.jit(shared)(two, few), wanted, case.tolerance)


def compiles_once(case: EngineCase) -> None:
    """New values compile nothing anew, on the host or on the device, fresh or played."""
    device = jax.device_put(row(case.scenes, 0))
    calls = [(row(case.scenes, i), case.controls[i]) for i in range(rows(case.scenes))]
    results = assert_traces_once(case.play, [*calls, (device, jax.device_put(case.controls[0]))])
    assert_same_signature(results[0].scene, device)


def place_in_the_batch_does_not_matter(case: EngineCase) -> None:
    """Neither the size of a batch nor the place in it changes a bit of a scene."""
    n = rows(case.scenes)
    for order in (np.arange(n)[::-1], np.array([1]), np.arange(3 * n + 1) % n):
        found = case.together(row(case.scenes, order), case.controls[order])
        wanted = row(case.played_together, order)
        try:
            assert_same(found, wanted, case.tolerance)
        except AssertionError as error:
            raise AssertionError(f"levels {order.tolist()} as one batch: {error}") from error


def empty_slots_have_no_influence(case: EngineCase) -> None:
    """What empty slots hold changes nothing about the others."""
    other = with_other_leftovers(case.scenes, case.seed + 1)
    found = case.together(other, case.controls)
    assert_same(_in_use(found), _in_use(case.played_together), case.tolerance)


def _in_use(played: Played) -> Played:
    """Zeros for empty slots, so that the rest can be compared."""
    scene = jax.tree.map(np.asarray, played.scene)

    def masked(slots: Any) -> Any:
        def mask(x: np.ndarray) -> np.ndarray:
            return np.where(slots.active.reshape(*slots.active.shape, *(1,) * (x.ndim - 2)), x, 0)

        return jax.tree.map(mask, slots)

    kinds = ("polygons", "circles", "joints", "thrusters")
    scene = replace(scene, **{kind: masked(getattr(scene, kind)) for kind in kinds})
    active = np.concatenate([scene.polygons.active, scene.circles.active], axis=-1)
    position = np.asarray(played.trace.position)
    position = np.where(active[:, None, None, :, None], position, np.float32(0))
    return Played(scene, played.contacts, Trace(played.trace.touching, position))


def nan_stays_in_its_scene(case: EngineCase) -> None:
    """A scene that is not finite spoils no other scene of its batch, and can be told."""
    sick = _sickened(case.scenes)
    found = case.together(sick, case.controls)
    for i in range(rows(case.scenes)):
        if i != 1:
            assert_same(row(found, i), row(case.played_together, i), case.tolerance)
    bodies = [row(found.scene.polygons, 1), row(found.scene.circles, 1)]
    finite = all(np.isfinite(x).all() for b in bodies for x in (b.position, b.velocity, b.rotation))
    assert not finite, "a body began at NaN and every number is finite after some steps"


def _sickened(scenes: Scene) -> Scene:
    """Level 1 with a free body, if it has one, else its floor, at NaN in place and velocity."""
    size = scenes.size
    kind = "circles" if size.polygons == BOUNDARY and size.circles else "polygons"
    slot = 0 if kind == "circles" else min(BOUNDARY, size.polygons - 1)
    bodies = getattr(scenes, kind)
    position, velocity = np.array(bodies.position), np.array(bodies.velocity)
    position[1, slot] = velocity[1, slot] = np.nan
    sick = replace(bodies, position=position, velocity=velocity)
    return dataclasses.replace(scenes, **{kind: sick})


def steps_is_step_repeated(case: EngineCase) -> None:
    """`steps(state, controls, n)` is `n` times `step`, trace included."""
    engine, n = case.component, 4

    def at_once(scene: Scene, controls: Array) -> Played:
        state, trace = engine.steps(engine.init(scene), controls, n)
        return Played(engine.scene(state), engine.contacts(state), trace)

    def one_by_one(scene: Scene, controls: Array) -> Played:
        def step(state: Any, _: None) -> tuple[Any, Trace]:
            return engine.step(state, controls)

        state, trace = jax.lax.scan(step, engine.init(scene), None, length=n)
        joined = jax.tree.map(lambda x: jnp.squeeze(x, axis=1), trace)
        return Played(engine.scene(state), engine.contacts(state), joined)

    found = jax.jit(jax.vmap(at_once))(case.scenes, case.controls[:, 0])
    wanted = jax.jit(jax.vmap(one_by_one))(case.scenes, case.controls[:, 0])
    assert_same(found, wanted, case.tolerance)


def trace_ends_with_the_scene(case: EngineCase) -> None:
    """The last row of a trace is what the scene shows; the time is left alone."""
    played = case.played_alone
    scene = played.scene
    bodies = np.concatenate([scene.polygons.position, scene.circles.position], axis=1)
    assert_same(played.trace.position[:, -1, -1], bodies)
    assert_same(played.trace.touching[:, -1, -1], scene.touching)
    assert_same(scene.timestep, np.asarray(case.scenes.timestep))


def goes_on_from_what_it_shows(case: EngineCase) -> None:
    """`init(scene(state), contacts(state))` goes on exactly as `state` does."""
    half = case.calls // 2
    first = case.together(case.scenes, case.controls[:, :half])

    def shown(scene: Scene, contacts: ContactMemory) -> tuple[Scene, ContactMemory]:
        state = case.component.init(scene, contacts)
        return case.component.scene(state), case.component.contacts(state)

    seen = (first.scene, first.contacts)
    assert_same(jax.jit(jax.vmap(shown))(*seen), seen, case.tolerance)
    found = case.together(first.scene, case.controls[:, half:], first.contacts)
    wanted = case.played_together
    assert_same(found.scene, wanted.scene, case.tolerance)
    assert_same(found.contacts, wanted.contacts, case.tolerance)
    tail = jax.tree.map(lambda x: x[:, half:], wanted.trace)
    assert_same(found.trace, tail, case.tolerance)


def the_boundary_stays(case: EngineCase) -> None:
    """Floor, walls and ceiling are never moved."""
    room = slice(0, BOUNDARY)
    for name in ("position", "rotation", "velocity", "angular_velocity"):
        found = np.asarray(getattr(case.played_alone.scene.polygons, name))[:, room]
        wanted = np.asarray(getattr(case.scenes.polygons, name))[:, room]
        try:
            assert_same(found, wanted)
        except AssertionError as error:
            raise AssertionError(f"{name} [level, body]: {error}") from error


PROMISES = (
    is_a_frozen_dataclass,
    has_the_size_of_the_task,
    says_how_long_a_step_is,
    keeps_the_scene_it_is_given,
    keeps_shapes,
    repeats_itself,
    jit_equals_eager,
    vmap_equals_a_loop,
    nested_vmap_equals_a_loop,
    compiles_once,
    place_in_the_batch_does_not_matter,
    empty_slots_have_no_influence,
    nan_stays_in_its_scene,
    steps_is_step_repeated,
    trace_ends_with_the_scene,
    goes_on_from_what_it_shows,
    the_boundary_stays,
)
