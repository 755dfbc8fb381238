"""Warm start and solver iterations: spec/physics.md 6.5 and 6.6."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from kinetix_jax2d._config import Jax2DConfig

from ._contacts import Contacts, Levers, levers
from ._joints import Joints, solve_joints, warm_start_joints
from ._tables import Stage, Tables
from ._vector import computed, nonzero, rows

Impulses = tuple[jax.Array, jax.Array]
"""Accumulated normal and tangential impulses, [rows, lanes] each."""

Fields = tuple[jax.Array, jax.Array, jax.Array]
"""What each row does to a body: x, y and angular, [rows, lanes] each."""

UNROLLED_ROWS = range(32, 65)
"""Impulses of tables of such lengths are summed row by row."""


class Solution(NamedTuple):
    """What the solver changes."""

    position: Float[Array, "bodies 2 lanes"]
    velocity: Float[Array, "bodies 3 lanes"]
    joints: Float[Array, "joints 5 lanes"]
    impulses: Impulses


class Now(NamedTuple):
    """The same between iterations."""

    position: Float[Array, "bodies 2 lanes"]
    velocity: Float[Array, "bodies 3 lanes"]
    joints: Float[Array, "joints 5 lanes"]
    impulses: tuple[Impulses, ...]  # one per stage


def solve(
    config: Jax2DConfig,
    tables: Tables,
    contacts: Contacts,
    joints: Joints,
    mass: Float[Array, "bodies 3 lanes"],
    start: Solution,
) -> Solution:
    """Warm start, then all iterations. Impulses of rows that are not live are 0 in `start`."""
    position, velocity, joint_state, impulses = start
    if config.warm_starting:
        lever = levers(tables, contacts, position)
        velocity = _push(tables.all_rows, contacts, lever, impulses, mass, velocity)
        velocity = warm_start_joints(joints, joint_state, velocity)
    else:
        joint_state = joint_state.at[:, :3].set(0.0)
    parts = [slice(stage.start, stage.stop) for stage in tables.stages]
    first = tuple((impulses[0][part], impulses[1][part]) for part in parts)
    last = _iterate(
        config, tables, contacts, joints, mass, Now(position, velocity, joint_state, first)
    )
    normal, tangent = (
        jnp.concatenate([impulses[0][:0], *(each[i] for each in last.impulses)]) for i in (0, 1)
    )
    return Solution(last.position, last.velocity, last.joints, (normal, tangent))


def _iterate(
    config: Jax2DConfig,
    tables: Tables,
    contacts: Contacts,
    joints: Joints,
    mass: Float[Array, "bodies 3 lanes"],
    start: Now,
) -> Now:
    """All iterations. Joints move bodies, and with them the arms of contacts."""
    fixed_levers = levers(tables, contacts, start.position) if start.joints.shape[0] == 0 else None

    def iteration(_: int, now: Now) -> Now:
        position, velocity, joint_state = now.position, now.velocity, now.joints
        lever = fixed_levers
        if lever is None:
            bodies = jnp.concatenate([position, velocity], axis=1)
            joint_state, bodies = solve_joints(config, joints, joint_state, bodies)
            position, velocity = bodies[:, :2], bodies[:, 2:]
            lever = levers(tables, contacts, position)
        impulses = []
        for stage, accumulated in zip(tables.stages, now.impulses, strict=True):
            velocity, accumulated = _solve_stage(
                stage, cut(contacts, stage), cut(lever, stage), mass, velocity, accumulated
            )
            impulses.append(accumulated)
        return Now(position, velocity, joint_state, tuple(impulses))

    return jax.lax.fori_loop(0, config.solver_iterations, iteration, start)


def cut(tree: Any, stage: Stage) -> Any:
    """The rows of one stage."""
    return jax.tree.map(lambda leaf: leaf[stage.start : stage.stop], tree)


def _solve_stage(
    stage: Stage,
    contacts: Contacts,
    lever: Levers,
    mass: jax.Array,
    velocity: jax.Array,
    accumulated: Impulses,
) -> tuple[jax.Array, Impulses]:
    """6.6b: one batch after another."""
    last = (np.arange(len(stage.first)) == len(stage.first) - 1)[:, None]

    def batch(number: int, now: tuple[jax.Array, Impulses]) -> tuple[jax.Array, Impulses]:
        velocity, accumulated = now
        mask = contacts.live
        if stage.batches > 1:
            mask = mask & (contacts.batch == number)
        new = _solve_rows(stage, contacts, lever, mask, velocity, accumulated)
        change = new[0] - accumulated[0], new[1] - accumulated[1]
        velocity = _push(stage, contacts, lever, change, mass, velocity)
        if stage.first_padded < stage.batches:
            # the published engine writes the accumulators of padding to the last row
            forgets = last & (number >= stage.first_padded)
            new = jnp.where(forgets, 0.0, new[0]), jnp.where(forgets, 0.0, new[1])
        return velocity, new

    if stage.batches == 1:
        return batch(0, (velocity, accumulated))
    return jax.lax.fori_loop(0, stage.batches, batch, (velocity, accumulated))


def _solve_rows(
    stage: Stage,
    contacts: Contacts,
    lever: Levers,
    mask: jax.Array,
    velocity: jax.Array,
    accumulated: Impulses,
) -> Impulses:
    """New accumulators of the rows in `mask`, all from the same velocities.

    A normal impulse changes the tangential velocity by `coupling` for each unit.
    """
    normal, tangent = accumulated
    v_a, v_b = rows(velocity, stage.first), rows(velocity, stage.second)
    x, y = v_b[:, 0] - v_a[:, 0], v_b[:, 1] - v_a[:, 1]
    n_x, n_y = contacts.normal_x, contacts.normal_y
    along = x * n_x + y * n_y + v_b[:, 2] * lever.normal_b - v_a[:, 2] * lever.normal_a
    wanted = (contacts.target - along) / nonzero(lever.inverse_mass_normal)
    new_normal = jnp.where(mask, jnp.maximum(normal + wanted, 0.0), normal)

    across = x * n_y - y * n_x + v_b[:, 2] * lever.tangent_b - v_a[:, 2] * lever.tangent_a
    across = across + lever.coupling * (new_normal - normal)
    held = tangent - across / nonzero(lever.inverse_mass_tangent)
    bound = contacts.friction * new_normal
    held = jnp.minimum(jnp.maximum(held, -bound), bound)
    return new_normal, jnp.where(mask, held, tangent)


def _push(
    stage: Stage,
    contacts: Contacts,
    lever: Levers,
    impulse: Impulses,
    mass: jax.Array,
    velocity: jax.Array,
) -> jax.Array:
    """Velocities after impulses along normals and tangents, which act on the second body and
    the other way round on the first."""
    normal, tangent = impulse
    x = normal * contacts.normal_x + tangent * contacts.normal_y
    y = normal * contacts.normal_y - tangent * contacts.normal_x
    turn_a = normal * lever.normal_a + tangent * lever.tangent_a
    turn_b = normal * lever.normal_b + tangent * lever.tangent_b
    x, y, turn_a, turn_b = computed((x, y, turn_a, turn_b))
    unrolled = stage.batches and len(stage.first) in UNROLLED_ROWS
    add_up = _unrolled_sums if unrolled else _gathered_sums
    parts, done = [], 0
    for part in stage.incidence:
        own = slice(part.start, part.stop)
        total = add_up(part.entries, (x, y, turn_a), (x, y, turn_b))
        parts += [velocity[done : part.start], velocity[own] + mass[own] * total]
        done = part.stop
    return jnp.concatenate([*parts, velocity[done:]])


def _unrolled_sums(entries: np.ndarray, to_a: Fields, to_b: Fields) -> jax.Array:
    """Impulses on each body, [bodies, 3, lanes]: fastest, but slow to compile if there are many.

    `to_a` is subtracted for rows where a body is the first, `to_b` added where it is the second.
    """
    count, bodies = to_a[0].shape[0], []
    for numbers in entries:
        sums = []
        for field_a, field_b in zip(to_a, to_b, strict=True):
            total = jnp.zeros_like(field_a[0])
            for row in numbers:
                total = total - field_a[row] if row < count else total + field_b[row - count]
            sums.append(total)
        bodies.append(jnp.stack(sums))
    return jnp.stack(bodies)


def _gathered_sums(entries: np.ndarray, to_a: Fields, to_b: Fields) -> jax.Array:
    """The same for tables of any length."""
    negative = jnp.stack([-field for field in to_a], axis=1)
    both = jnp.concatenate([negative, jnp.stack(to_b, axis=1)])
    return jnp.sum(rows(both, entries), axis=1)
