"""Physics steps of scenes in lanes, in the published order: spec/physics.md 6."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Bool, Float

from kinetix_core.scene import SceneSize
from kinetix_jax2d._config import Jax2DConfig

from ._contacts import Contacts, find_contacts
from ._drives import apply_motors, apply_thrusters, thruster_anchors
from ._joints import prepare_joints
from ._load import Constants, Memory, Motion, load_constants, load_motion, store
from ._solver import Solution, solve
from ._tables import Tables, tables
from ._vector import rows

Solver = Callable[..., Solution]
"""`_solver.solve`, or another that does the same."""

Results = tuple[jax.Array, jax.Array, jax.Array, jax.Array]
"""moving, integers, touching [scenes, steps, pairs], position [scenes, steps, bodies, 2]."""


def steps_in_lanes(
    size: SceneSize,
    config: Jax2DConfig,
    n: int,
    moving: Float[Array, "scenes moving"],
    constant: Float[Array, "scenes constant"],
    integers: Float[Array, "scenes integers"],
    controls: Float[Array, "scenes inputs"],
    *,
    solver: Solver = solve,
) -> Results:
    """`n` steps of a batch of scenes."""
    moving, constant, integers, controls = (
        array.T for array in (moving, constant, integers, controls)
    )
    table = tables(size, config.solver_batch)
    constants = load_constants(size, constant, integers, controls)
    motion = load_motion(size, table, moving, integers)

    def one(motion: Motion, _: None) -> tuple[Motion, tuple[jax.Array, jax.Array]]:
        motion = step(size, table, config, constants, motion, solver)
        touching = rows(motion.memory.active, table.row_of_pair)
        return motion, (touching, motion.place[:, :2])

    motion, (touching, position) = jax.lax.scan(one, motion, None, length=n, unroll=n == 1)
    anchors = thruster_anchors(constants, motion.place)
    moving, integers = store(size, table, motion, anchors, integers)
    return (
        moving.T,
        integers.T,
        jnp.moveaxis(touching, -1, 0),
        jnp.moveaxis(position, -1, 0),
    )


def step(
    size: SceneSize,
    table: Tables,
    config: Jax2DConfig,
    constants: Constants,
    motion: Motion,
    solver: Solver,
) -> Motion:
    """One physics step."""
    velocity = _fall(config, constants, motion.velocity)
    contacts = _contacts(size, table, config, constants, motion._replace(velocity=velocity))
    joints = prepare_joints(config, constants, motion)
    if size.joints:
        velocity = apply_motors(config, constants, motion.place, velocity)
    if size.thrusters:
        velocity = apply_thrusters(config, constants, motion.place, velocity)

    active = constants.active[:, None]
    position, mass, start_velocity = (
        _in_use(active, field) for field in (motion.place[:, :2], constants.inverse_mass, velocity)
    )
    impulses = _carried_over(config, contacts, motion.memory)
    start = Solution(position, start_velocity, motion.joints, impulses)
    solved = solver(config, table, contacts, joints, mass, start)
    solved = solved._replace(
        position=jnp.where(active, solved.position, motion.place[:, :2]),
        velocity=jnp.where(active, solved.velocity, velocity),
    )
    return _integrate(config, motion, solved)._replace(
        memory=Memory(contacts.touching, *solved.impulses)
    )


def _in_use(active: jax.Array, field: jax.Array) -> jax.Array:
    """Zeros for slots that are not in use: nothing that they hold gets into the solver."""
    return jnp.where(active, field, 0.0)


def _fall(config: Jax2DConfig, constants: Constants, velocity: jax.Array) -> jax.Array:
    """6.1: also slots that are not in use."""
    gravity = constants.gravity * config.dt
    heavy = constants.inverse_mass[:, :1] != 0
    linear = velocity[:, :2] + jnp.where(heavy, gravity[None], 0.0)
    return jnp.concatenate([linear, velocity[:, 2:]], axis=1)


def _contacts(
    size: SceneSize, table: Tables, config: Jax2DConfig, constants: Constants, motion: Motion
) -> Contacts:
    if table.row_count:
        return find_contacts(size, table, config, constants, motion)
    none = jnp.zeros((0, motion.place.shape[2]))
    flags = none.astype(bool)
    return Contacts(
        none, none, none, none, flags, flags, none, none, none, none, none, none.astype(jnp.int32)
    )


def _carried_over(
    config: Jax2DConfig, contacts: Contacts, memory: Memory
) -> tuple[Bool[Array, "rows lanes"], Bool[Array, "rows lanes"]]:
    """5.4, and 0 for rows that exchange no impulse."""
    if not config.warm_starting:
        return jnp.zeros_like(memory.normal), jnp.zeros_like(memory.tangent)
    goes_on = contacts.live & memory.active
    return jnp.where(goes_on, memory.normal, 0.0), jnp.where(goes_on, memory.tangent, 0.0)


def _integrate(config: Jax2DConfig, motion: Motion, solved: Solution) -> Motion:
    """6.8 and 6.9: places advance with the velocities as they were before clipping."""
    velocity = solved.velocity
    place = jnp.concatenate([solved.position, motion.place[:, 2:]], axis=1) + velocity * config.dt
    far, fast, spin = config.clip_position, config.clip_velocity, config.clip_angular_velocity
    return motion._replace(
        place=jnp.concatenate([jnp.clip(place[:, :2], -far, far), place[:, 2:]], axis=1),
        velocity=jnp.concatenate(
            [jnp.clip(velocity[:, :2], -fast, fast), jnp.clip(velocity[:, 2:], -spin, spin)], axis=1
        ),
        joints=solved.joints,
    )
