"""Contacts in the Pallas kernel: packing, impulses, and what they do to bodies (6.5, 6.6b).

Every value is one number per thread, [threads], unless it is the same in all of them: then it is
a scalar. Indices may be either: `bodies[body, X, threads]` reads another body in each thread.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.experimental import pallas as pl

from kinetix_jax2d._config import Jax2DConfig

from ._pallas_plan import Plan
from ._solver import Solution
from ._vector import nonzero

X, Y, VELOCITY_X, VELOCITY_Y, SPIN, MASS, INERTIA = range(7)
"""Fields of a body. Masses and inertias are inverse."""

(
    NORMAL_X, NORMAL_Y, POINT_X, POINT_Y, TARGET, FRICTION, SPREAD,
    MASS_A, INERTIA_A, MASS_B, INERTIA_B, NORMAL, TANGENT,
) = range(13)  # fmt: skip
"""Fields of a packed contact: those of `Contacts`, masses, accumulated impulses."""

LIVE, TOUCHING = 1, 2
"""Flags of a row."""

SECOND_BODY, FORGETS = 8, 16
"""Bits of a packed contact's word from which on they lie; from 0 on its first body."""


class ContactRefs(NamedTuple):
    """What the kernel reads of contacts and bodies; the last axis are the threads."""

    flags: Any  # rows threads
    fields: tuple[Any, ...]  # rows threads: NORMAL_X to SPREAD
    impulses: tuple[Any, Any]  # rows threads: normal and tangential, of the last step
    mass: Any  # bodies 3 threads
    position: Any  # bodies 2 threads
    velocity: Any  # bodies 3 threads


class Scratch(NamedTuple):
    """Memory of a program."""

    bodies: Any  # bodies fields threads
    entries: Any  # entries fields threads
    words: Any  # entries threads
    entry_of_row: Any  # rows threads
    counts: Any  # batches threads: entries of each batch; then those in none
    pushes: Any  # capacity 6 threads: changes of velocity by the batch that is being solved


def scratch_shapes(plan: Plan, bodies: int) -> Scratch:
    """Shapes without the threads."""

    def of(dtype: Any, *shape: int) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(shape, dtype)

    return Scratch(
        bodies=of(jnp.float32, bodies, INERTIA + 1),
        entries=of(jnp.float32, plan.nowhere + 1, TANGENT + 1),
        words=of(jnp.int32, plan.nowhere + 1),
        entry_of_row=of(jnp.int32, len(plan.pairs)),
        counts=of(jnp.int32, plan.batches + 1),
        pushes=of(jnp.float32, plan.capacity, 6),
    )


def each(count: Any, action: Any) -> None:
    """`action(number)` for each number below `count`, one after another."""

    def one(number: Any, nothing: int) -> int:
        action(number)
        return nothing

    jax.lax.fori_loop(0, count, one, 0)


def thread_numbers(ref: Any) -> jax.Array:
    return jnp.arange(ref.shape[-1], dtype=jnp.int32)


def load_bodies(given: ContactRefs, scratch: Scratch) -> None:
    def body(number: Any) -> None:
        for source, field, target in (
            (given.position, 0, X), (given.position, 1, Y),
            (given.velocity, 0, VELOCITY_X), (given.velocity, 1, VELOCITY_Y),
            (given.velocity, 2, SPIN), (given.mass, 0, MASS), (given.mass, 2, INERTIA),
        ):  # fmt: skip
            scratch.bodies[number, target, :] = source[number, field, :]

    each(scratch.bodies.shape[0], body)


def pack(
    config: Jax2DConfig, plan: Plan, stages: Any, pairs: Any, given: ContactRefs, scratch: Scratch
) -> None:
    """Sorts the live contacts into batches, and pushes with what they have accumulated (6.5)."""
    zero = jnp.zeros(scratch.counts.shape[-1:], jnp.int32)

    def clear(number: Any) -> None:
        scratch.counts[number, :] = zero

    def stage(number: Any) -> None:
        first, count, order, batches, padded, begin = (stages[number, i] for i in range(6))

        def touches(row: Any) -> jax.Array:
            return (given.flags[order + row, :] & TOUCHING) // TOUCHING

        others = count - jax.lax.fori_loop(0, count, lambda i, n: n + touches(i), zero)

        def row(i: Any, before: jax.Array) -> jax.Array:
            number = first + i
            live = given.flags[number, :] & LIVE

            @pl.when(jnp.max(live) != 0)
            def _() -> None:
                batch = jax.lax.rem(others + before, zero + batches)
                forgets = (i == count - 1) & (padded < batches)
                lost = forgets & (batch > padded)
                word = _word(pairs, number, forgets)
                place = _place(plan, live != 0, begin + batch, scratch)
                scratch.entry_of_row[number, :] = place
                _pack_row(config, number, place, word, lost, given, scratch)

            return before + touches(i)

        jax.lax.fori_loop(0, count, row, zero)

    each(plan.batches, clear)
    clear(plan.batches)
    each(plan.stage_count, stage)


def _word(pairs: Any, row: Any, forgets: Any) -> jax.Array:
    word = pairs[row, 0] | (pairs[row, 1] << SECOND_BODY)
    return word | (forgets.astype(jnp.int32) << FORGETS)


def _place(plan: Plan, live: jax.Array, batch: jax.Array, scratch: Scratch) -> jax.Array:
    """The next free entry of the batch; those that are not live go nowhere."""
    threads = thread_numbers(scratch.counts)
    batch = jnp.where(live, batch, plan.batches)
    place = scratch.counts[batch, threads]
    scratch.counts[batch, threads] = place + 1
    return jnp.where(live, batch * plan.capacity + place, plan.nowhere)


def _pack_row(
    config: Jax2DConfig,
    row: Any,
    place: jax.Array,
    word: jax.Array,
    lost: jax.Array,
    given: ContactRefs,
    scratch: Scratch,
) -> None:
    """`lost`: padding of an earlier batch writes zeros to the accumulators before they are read."""
    threads = thread_numbers(scratch.words)
    a, b = word & 255, (word >> SECOND_BODY) & 255
    fields = [field[row, :] for field in given.fields]
    masses = [scratch.bodies[body, i, :] for body in (a, b) for i in (MASS, INERTIA)]
    normal, tangent = (impulse[row, :] for impulse in given.impulses)
    if config.warm_starting:
        arms = _arms(fields, [scratch.bodies[body, i, :] for body in (a, b) for i in (X, Y)])
        changes = _changes(fields, masses, arms, normal, tangent)
        for body, change in ((a, changes[:3]), (b, changes[3:])):
            for field, amount in zip((VELOCITY_X, VELOCITY_Y, SPIN), change, strict=True):
                scratch.bodies[body, field, :] += amount
    kept = [jnp.where(lost, 0.0, impulse) for impulse in (normal, tangent)]
    for number, value in enumerate([*fields, *masses, *kept]):
        scratch.entries[place, number, threads] = value
    scratch.words[place, threads] = jnp.zeros_like(threads) + word


def _arms(fields: list[jax.Array], places: list[jax.Array]) -> tuple[jax.Array, ...]:
    """cross(arm, normal) and cross(arm, tangent) of the first body, then of the second."""
    n_x, n_y, x, y = fields[:4]
    a_x, a_y, b_x, b_y = x - places[0], y - places[1], x - places[2], y - places[3]
    return (
        a_x * n_y - a_y * n_x,
        -(a_x * n_x + a_y * n_y),
        b_x * n_y - b_y * n_x,
        -(b_x * n_x + b_y * n_y),
    )


def _changes(
    fields: list[jax.Array],
    masses: list[jax.Array],
    arms: tuple[jax.Array, ...],
    normal: jax.Array,
    tangent: jax.Array,
) -> tuple[jax.Array, ...]:
    """Changes of the velocities (x, y, angular) of the first body, then of the second."""
    n_x, n_y = fields[:2]
    mass_a, inertia_a, mass_b, inertia_b = masses
    x, y = normal * n_x + tangent * n_y, normal * n_y - tangent * n_x
    turn_a, turn_b = normal * arms[0] + tangent * arms[1], normal * arms[2] + tangent * arms[3]
    of_a = -mass_a * x, -mass_a * y, -inertia_a * turn_a
    return (*of_a, mass_b * x, mass_b * y, inertia_b * turn_b)


def solve(plan: Plan, batch: Any, scratch: Scratch) -> None:
    """One batch: all its contacts from the same velocities, then what they change."""
    count = scratch.counts[batch, :]
    most, begin = jnp.max(count), batch * plan.capacity

    def bodies_of(place: Any) -> tuple[jax.Array, jax.Array, jax.Array]:
        word = jnp.where(place < count, scratch.words[begin + place, :], 0)
        return word, word & 255, (word >> SECOND_BODY) & 255

    def contact(place: Any) -> None:
        changes = _solve_contact(begin + place, *bodies_of(place), place < count, scratch)
        for number, change in enumerate(changes):
            scratch.pushes[place, number, :] = jnp.where(place < count, change, 0.0)

    def push(place: Any) -> None:
        threads = thread_numbers(scratch.bodies)
        _, *bodies = bodies_of(place)
        for number, body in enumerate(bodies):
            for i, field in enumerate((VELOCITY_X, VELOCITY_Y, SPIN)):
                change = scratch.pushes[place, 3 * number + i, :]
                scratch.bodies[body, field, threads] += change

    each(most, contact)
    each(most, push)


def _solve_contact(
    entry: Any, word: jax.Array, a: jax.Array, b: jax.Array, real: jax.Array, scratch: Scratch
) -> tuple[jax.Array, ...]:
    """Changes of velocities; updates the accumulators, as in `_solver._solve_rows`."""
    threads = thread_numbers(scratch.bodies)
    values = [scratch.entries[entry, field, :] for field in range(TANGENT + 1)]
    fields, masses, (normal, tangent) = values[:MASS_A], values[MASS_A:NORMAL], values[NORMAL:]
    n_x, n_y, _, _, target, friction, mass = fields
    _, inertia_a, _, inertia_b = masses
    arms = _arms(fields, [scratch.bodies[body, i, threads] for body in (a, b) for i in (X, Y)])
    (x_a, y_a, spin_a), (x_b, y_b, spin_b) = (
        [scratch.bodies[body, i, threads] for i in (VELOCITY_X, VELOCITY_Y, SPIN)]
        for body in (a, b)
    )
    normal_a, tangent_a, normal_b, tangent_b = arms
    turn_a, turn_b = inertia_a * normal_a, inertia_b * normal_b
    x, y = x_b - x_a, y_b - y_a
    along = x * n_x + y * n_y + spin_b * normal_b - spin_a * normal_a
    weight = mass + turn_a * normal_a + turn_b * normal_b
    new_normal = jnp.maximum(normal + (target - along) / nonzero(weight), 0.0)

    across = x * n_y - y * n_x + spin_b * tangent_b - spin_a * tangent_a
    across += (turn_a * tangent_a + turn_b * tangent_b) * (new_normal - normal)
    weight = mass + inertia_a * tangent_a * tangent_a + inertia_b * tangent_b * tangent_b
    bound = friction * new_normal
    held = tangent - across / nonzero(weight)
    held = jnp.minimum(jnp.maximum(held, -bound), bound)

    forgets = (word >> FORGETS) != 0
    for field, value in ((NORMAL, new_normal), (TANGENT, held)):
        kept = jnp.where(real & ~forgets, value, 0.0)
        scratch.entries[entry, field, :] = kept
    return _changes(fields, masses, arms, new_normal - normal, held - tangent)


def store(plan: Plan, given: ContactRefs, scratch: Scratch, solved: Solution) -> None:
    """Bodies, and the impulses of all rows: 0 for those that exchange none."""

    def body(number: Any) -> None:
        for i, field in enumerate((X, Y)):
            solved.position[number, i, :] = scratch.bodies[number, field, :]
        for i, field in enumerate((VELOCITY_X, VELOCITY_Y, SPIN)):
            solved.velocity[number, i, :] = scratch.bodies[number, field, :]

    def row(number: Any) -> None:
        threads = thread_numbers(scratch.entries)
        live = given.flags[number, :] & LIVE

        @pl.when(jnp.max(live) != 0)
        def _() -> None:
            entry = jnp.where(live != 0, scratch.entry_of_row[number, :], 0)
            for field, impulse in zip((NORMAL, TANGENT), solved.impulses, strict=True):
                value = scratch.entries[entry, field, threads]
                impulse[number, :] = jnp.where(live != 0, value, 0.0)

        @pl.when(jnp.max(live) == 0)
        def _() -> None:
            for impulse in solved.impulses:
                impulse[number, :] = jnp.zeros(threads.shape, jnp.float32)

    each(scratch.bodies.shape[0], body)
    each(len(plan.pairs), row)
