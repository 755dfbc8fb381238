"""Warm start and solver iterations as one kernel for GPUs, in Pallas: spec/physics.md 6.5, 6.6.

One thread solves one scene, and reads nothing that another thread wrote. It first packs those
contacts of its scene that exchange impulses, batch after batch, so that the iterations walk over
these alone: pairs that do not touch cost nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

from kinetix_jax2d._config import Jax2DConfig

from . import _pallas_contacts as on_contacts
from . import _pallas_joints as on_joints
from ._contacts import Contacts
from ._joints import Joints
from ._pallas_plan import Plan, plan_of
from ._solver import Solution
from ._tables import Tables

THREADS = 32
"""Scenes of one program: a warp, within which it costs little to ask what any thread needs."""


def solve_on_gpu(
    config: Jax2DConfig,
    tables: Tables,
    contacts: Contacts,
    joints: Joints,
    mass: jax.Array,
    start: Solution,
    *,
    threads: int = THREADS,
    interpret: bool = False,
) -> Solution:
    """What `_solver.solve` does. The number of lanes is a multiple of `threads`.

    `interpret`: run it as plain JAX, which is slow; for tests.
    """
    plan = plan_of(tables)
    bodies, _, lanes = mass.shape
    joint_count = start.joints.shape[0]
    start = start._replace(joints=_filled(start.joints), impulses=_filled(start.impulses))
    inputs = (
        (jnp.asarray(plan.stages), jnp.asarray(plan.pairs)),
        _contact_inputs(contacts, mass, start),
        _joint_inputs(joints, start.joints),
    )
    programs = lanes // threads
    scratch = _own(programs, threads, on_contacts.scratch_shapes(plan, bodies))
    solved, _ = pl.pallas_call(
        partial(_kernel, config, plan, joint_count),
        out_shape=_typed_like(mass, (start, scratch)),
        grid=(programs,),
        in_specs=(
            jax.tree.map(_whole, inputs[0]),
            *jax.tree.map(partial(_lanes, threads), inputs[1:]),
        ),
        out_specs=(jax.tree.map(partial(_lanes, threads), start), jax.tree.map(_program, scratch)),
        compiler_params=triton.CompilerParams(num_warps=max(1, threads // 32), num_stages=1),
        interpret=interpret,
        name="kinetix_solve",
    )(*inputs)
    rows = tables.row_count
    return solved._replace(
        joints=solved.joints[:joint_count],
        impulses=tuple(impulse[:rows] for impulse in solved.impulses),
    )


def _kernel(
    config: Jax2DConfig,
    plan: Plan,
    joint_count: int,
    tables: tuple[Any, Any],
    contacts: on_contacts.ContactRefs,
    joints: on_joints.JointRefs,
    solved: Solution,
    scratch: on_contacts.Scratch,
) -> None:
    """Everything but the configuration, the plan and the count is a reference to memory."""
    stages, pairs = tables
    on_contacts.load_bodies(contacts, scratch)
    on_contacts.pack(config, plan, stages, pairs, contacts, scratch)
    on_joints.load(config, joint_count, joints, solved.joints, scratch.bodies)

    def iteration(_: int, nothing: int) -> int:
        def joint(number: int, nothing: int) -> int:
            on_joints.solve(config, number, joints, solved.joints, scratch.bodies)
            return nothing

        def batch(number: int, nothing: int) -> int:
            on_contacts.solve(plan, number, scratch)
            return nothing

        jax.lax.fori_loop(0, joint_count, joint, 0)
        jax.lax.fori_loop(0, plan.batches, batch, 0)
        return nothing

    jax.lax.fori_loop(0, config.solver_iterations, iteration, 0)
    on_contacts.store(plan, contacts, scratch, solved)


def _contact_inputs(
    contacts: Contacts, mass: jax.Array, start: Solution
) -> on_contacts.ContactRefs:
    flags = contacts.live * np.int32(1) + contacts.touching * np.int32(2)
    fields = (
        contacts.normal_x, contacts.normal_y, contacts.x, contacts.y,
        contacts.target, contacts.friction, contacts.mass,
    )  # fmt: skip
    return on_contacts.ContactRefs(
        flags=_filled(flags),
        fields=_filled(fields),
        impulses=start.impulses,
        mass=mass,
        position=start.position,
        velocity=start.velocity,
    )


def _joint_inputs(joints: Joints, state: jax.Array) -> on_joints.JointRefs:
    numbers = np.arange(joints.a.shape[1], dtype=np.int32)[None, :, None]
    a, b = (jnp.sum(chosen * numbers, axis=1) for chosen in (joints.a, joints.b))
    flags = (
        joints.resolvable * np.int32(on_joints.RESOLVABLE)
        + joints.pulls * np.int32(on_joints.PULLS)
        + joints.fixed * np.int32(on_joints.FIXED)
    )
    made = on_joints.JointRefs(a, b, flags, joints.arm_a, joints.arm_b, joints.bias, state)
    return _filled(made)


def _filled(tree: Any) -> Any:
    """One row of zeros instead of none: kernels take no empty arrays."""
    return jax.tree.map(
        lambda array: array if array.shape[0] else jnp.zeros((1, *array.shape[1:]), array.dtype),
        tree,
    )


def _own(programs: int, threads: int, shapes: Any) -> Any:
    """Memory of each program, which lies together; its last axis are the threads."""
    return jax.tree.map(
        lambda each: jax.ShapeDtypeStruct((programs, *each.shape, threads), each.dtype), shapes
    )


def _typed_like(array: jax.Array, tree: Any) -> Any:
    """Shapes of results, which inside of `jax.shard_map` differ along the axes of `array`."""
    kind = jax.typeof(array).manual_axis_type
    return jax.tree.map(
        lambda each: jax.ShapeDtypeStruct(each.shape, each.dtype, manual_axis_type=kind), tree
    )


def _whole(array: jax.Array) -> pl.BlockSpec:
    return pl.BlockSpec(array.shape, lambda _: (0,) * array.ndim)


def _lanes(threads: int, array: jax.Array) -> pl.BlockSpec:
    rest = array.shape[:-1]
    return pl.BlockSpec((*rest, threads), lambda program: (*(0 for _ in rest), program))


def _program(array: jax.ShapeDtypeStruct) -> pl.BlockSpec:
    rest = array.shape[1:]
    return pl.BlockSpec((None, *rest), lambda program: (program, *(0 for _ in rest)))
