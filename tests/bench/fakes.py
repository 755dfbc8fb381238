"""Engines that are wrong in one way each, and a recording of one that is right."""

import dataclasses
import functools
import json
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.bench._golden import MANIFOLDS, Recording
from kinetix_core.interfaces import Engine, Trace
from kinetix_core.scene import S, Scene, SceneSize, empty_memory, empty_scene, stack_scenes

STEP = 1 / 60


class FakeState(eqx.Module):
    scene: Scene
    memory: Any


@dataclass(frozen=True)
class Falling(Engine):
    """Free fall without contacts; `gravity_error` and `spin` make it wrong."""

    size: SceneSize = S
    gravity_error: float = 0.0
    spin: float = 0.0
    touches: bool = False
    dt = STEP

    def init(self, scene, contacts=None):
        memory = empty_memory(self.size) if contacts is None else contacts
        return jax.tree.map(jnp.asarray, FakeState(scene, memory))

    def steps(self, state, controls, n):
        def once(state, _):
            scene = self._fall(state.scene)
            touching = jnp.full(len(self.size.pairs), self.touches)
            return FakeState(scene, state.memory), Trace(touching, scene.bodies.position)

        return jax.lax.scan(once, state, None, length=n)

    def _fall(self, scene):
        def move(bodies):
            free = (bodies.inverse_mass > 0)[:, None]
            gain = (1 + self.gravity_error) * STEP * scene.gravity[None, :]
            velocity = bodies.velocity + gain * free
            return dataclasses.replace(
                bodies,
                velocity=velocity,
                angular_velocity=bodies.angular_velocity + self.spin,
                position=bodies.position + STEP * velocity,
            )

        return dataclasses.replace(
            scene, polygons=move(scene.polygons), circles=move(scene.circles)
        )

    def scene(self, state):
        return state.scene

    def contacts(self, state):
        return state.memory


@dataclass(frozen=True)
class Idle(Falling):
    """Returns its input."""

    def _fall(self, scene):
        return scene


@dataclass(frozen=True)
class Broken(Falling):
    """Everything becomes NaN."""

    def _fall(self, scene):
        scene = super()._fall(scene)
        lost = dataclasses.replace(scene.circles, position=scene.circles.position * jnp.nan)
        return dataclasses.replace(scene, circles=lost)


def falling_levels(count: int, size: SceneSize = S) -> Scene:
    """Rooms with one ball each, at different heights."""
    levels = []
    for i in range(count):
        scene = empty_scene(size)
        balls = scene.circles
        balls.active[0] = True
        balls.inverse_mass[0], balls.inverse_inertia[0], balls.radius[0] = 4.0, 8.0, 0.2
        balls.position[0] = 2.0, 2.0 + 0.1 * i
        levels.append(scene)
    return stack_scenes(levels)


@functools.cache
def record(engine: Engine, rows: int = 6, prefix: str = "state") -> dict[str, np.ndarray]:
    """The arrays of a `step_*` recording, made by `engine`, as the golden data names them."""
    before = falling_levels(rows, engine.size)
    memory = stack_scenes([empty_memory(engine.size)] * rows)
    controls = np.zeros((rows, engine.size.joints + engine.size.thrusters), np.float32)

    def step(scene, memory, controls):
        return engine.scene(engine.step(engine.init(scene, memory), controls)[0])

    after = jax.device_get(jax.jit(jax.vmap(step))(before, memory, controls))
    arrays = _flatten(before, memory, prefix) | _flatten(after, memory, "next")
    return arrays | {
        "processed_action": controls,
        "level_index": np.arange(rows),
        "step_index": np.arange(rows) + 6,
        "level_name": np.array([f"ball{i}" for i in range(rows)]),
        "meta": np.array(json.dumps({})),
    }


def recording(engine: Engine | None = None, **changed: np.ndarray) -> Recording:
    """A `step_s` recording of free fall, with some arrays changed."""
    engine = engine or Falling()
    arrays = record(engine) | {key.replace("__", "."): v for key, v in changed.items()}
    return Recording("step_s", arrays, engine.size)


def _flatten(scene: Scene, memory: Any, prefix: str) -> dict[str, np.ndarray]:
    parts = {
        "polygon": scene.polygons,
        "circle": scene.circles,
        "joint": scene.joints,
        "thruster": scene.thrusters,
    }
    arrays = {f"{p}.{k}": v for p, part in parts.items() for k, v in vars(part).items()}
    renamed = {
        "polygon.density": "polygon_densities",
        "circle.density": "circle_densities",
        "polygon.role": "polygon_shape_roles",
        "circle.role": "circle_shape_roles",
        "joint.motor_binding": "motor_bindings",
        "joint.motor_auto": "motor_auto",
        "thruster.thruster_binding": "thruster_bindings",
    }
    arrays = {renamed.get(key, key): value for key, value in arrays.items()}
    for key in ("collision_matrix", "gravity", "timestep"):
        arrays[key] = getattr(scene, key)
    for table, name in MANIFOLDS.items():
        arrays[f"{name}.active"] = getattr(memory, f"{table}_active")
        arrays[f"{name}.acc_impulse_normal"] = getattr(memory, f"{table}_normal_impulse")
        arrays[f"{name}.acc_impulse_tangent"] = getattr(memory, f"{table}_tangent_impulse")
    arrays["joint.acc_impulse"] = memory.joint_impulse
    arrays["joint.acc_r_impulse"] = memory.joint_angular_impulse
    return {f"{prefix}.{key}": np.asarray(value) for key, value in arrays.items()}
