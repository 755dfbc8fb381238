"""The published engine, package `jax2d` (extra `bench`), behind the `Engine` interface.

For comparison only: same scenes, same controls, same memory of contacts in and out.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from dataclasses import dataclass, fields
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Engine, Trace
from kinetix_core.scene import ContactMemory, Scene, SceneSize

from ._golden import MANIFOLDS

PACKAGE = "jax2d"


def require_published() -> None:
    """Raises `SettingError`, naming the extra, when the package is not installed."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise SettingError(
            f"against={PACKAGE}: that package is not installed; "
            "install the extra: pip install 'open-kinetix[bench]'"
        )


class PublishedState(eqx.Module):
    """The package's own state, and the scene it was made from for what it does not hold."""

    sim: Any
    made_from: Scene


@functools.cache
def _simulation(size: SceneSize) -> Any:
    """The package's engine for `size`; building its pair tables takes a second."""
    state = importlib.import_module("jax2d.sim_state")
    params = state.StaticSimParams(
        num_polygons=size.polygons,
        num_circles=size.circles,
        num_joints=size.joints,
        num_thrusters=size.thrusters,
    )
    with jax.ensure_compile_time_eval():
        return importlib.import_module("jax2d.engine").PhysicsEngine(params)


@dataclass(frozen=True)
class PublishedEngine(Engine):
    """`jax2d` with its default parameters, for scenes of `size`."""

    size: SceneSize
    dt = 1 / 60  # s, of the default parameters

    def init(self, scene: Scene, contacts: ContactMemory | None = None) -> PublishedState:
        """See `Engine.init`."""
        simulation = _simulation(self.size)
        package = importlib.import_module("jax2d.sim_state")
        joints = _take(scene.joints, package.Joint)
        zeros = jnp.zeros((self.size.joints, 2)), jnp.zeros(self.size.joints)
        joints["acc_impulse"], joints["acc_r_impulse"] = (
            zeros if contacts is None else (contacts.joint_impulse, contacts.joint_angular_impulse)
        )
        sim = package.SimState(
            polygon=package.RigidBody(**_take(scene.polygons, package.RigidBody)),
            circle=package.RigidBody(**_take(scene.circles, package.RigidBody)),
            joint=package.Joint(**joints),
            thruster=package.Thruster(**_take(scene.thrusters, package.Thruster)),
            collision_matrix=scene.collision_matrix,
            gravity=scene.gravity,
            **_manifolds(simulation.static_sim_params, contacts),
        )
        return PublishedState(jax.tree.map(jnp.asarray, sim), scene)

    def steps(self, state: PublishedState, controls: Any, n: int) -> tuple[PublishedState, Trace]:
        """See `Engine.steps`."""
        simulation = _simulation(self.size)
        params = importlib.import_module("jax2d.sim_state").SimParams()
        controls = jnp.asarray(controls)

        def one(sim: Any, _: None) -> tuple[Any, Trace]:
            sim, manifolds = simulation.step(sim, params, controls)
            touching = jnp.concatenate([table.active for table in manifolds])
            position = jnp.concatenate([sim.polygon.position, sim.circle.position])
            return sim, Trace(touching=touching, position=position)

        sim, trace = jax.lax.scan(one, state.sim, None, length=n, unroll=n == 1)
        return PublishedState(sim, state.made_from), trace

    def scene(self, state: PublishedState) -> Scene:
        """See `Engine.scene`."""
        old, sim = state.made_from, state.sim
        tables = [getattr(sim, name).active for name in MANIFOLDS.values()]
        return Scene(
            polygons=_put(old.polygons, sim.polygon),
            circles=_put(old.circles, sim.circle),
            joints=_put(old.joints, sim.joint),
            thrusters=_put(old.thrusters, sim.thruster),
            collision_matrix=sim.collision_matrix,
            gravity=sim.gravity,
            touching=jnp.concatenate([tables[0][:, 0], *tables[1:]]),
            timestep=old.timestep,
            size=self.size,
        )

    def contacts(self, state: PublishedState) -> ContactMemory:
        """See `Engine.contacts`."""
        leaves = {}
        for table, name in MANIFOLDS.items():
            manifold = getattr(state.sim, name)
            leaves[f"{table}_active"] = manifold.active
            leaves[f"{table}_normal_impulse"] = manifold.acc_impulse_normal
            leaves[f"{table}_tangent_impulse"] = manifold.acc_impulse_tangent
        leaves["joint_impulse"] = state.sim.joint.acc_impulse
        leaves["joint_angular_impulse"] = state.sim.joint.acc_r_impulse
        return ContactMemory(**leaves)


def _take(ours: Any, theirs: Any) -> dict[str, Any]:
    """The fields of the package's class `theirs` that our record `ours` has, by name."""
    names = {field.name for field in fields(ours)}
    return {f.name: getattr(ours, f.name) for f in fields(theirs) if f.name in names}


def _put(ours: Any, theirs: Any) -> Any:
    """Our record with the values that the package's record holds."""
    values = {f.name: getattr(theirs, f.name, None) for f in fields(ours)}
    kept = {name: getattr(ours, name) for name, value in values.items() if value is None}
    return type(ours)(**(values | kept))


def _manifolds(static: Any, contacts: ContactMemory | None) -> dict[str, Any]:
    """The package's contact tables. It warm starts from flags and impulses alone (spec 9.9)."""
    empty = importlib.import_module("jax2d.engine").get_empty_collision_manifolds(static)
    tables = dict(zip(MANIFOLDS.values(), empty, strict=True))
    if contacts is None:
        return tables
    for table, name in MANIFOLDS.items():
        remembered = {
            "active": getattr(contacts, f"{table}_active"),
            "acc_impulse_normal": getattr(contacts, f"{table}_normal_impulse"),
            "acc_impulse_tangent": getattr(contacts, f"{table}_tangent_impulse"),
        }
        tables[name] = tables[name].replace(**remembered)
    return tables
