"""The mirror image (x to -x) of the oracle's scenes."""

import copy
from dataclasses import replace

import numpy as np

from kinetix_core.scene import ContactMemory, Scene
from tests import reference as ref

from .support import TABLES


def mirrored(state: ref.State, controls: np.ndarray) -> tuple[ref.State, np.ndarray]:
    """A scene that moves as `state` does under `controls`, seen in a mirror.

    Motors are driven the other way round by their control and not by their speed, because the
    fading of a motor looks at the sign of the control alone.
    """
    state, controls = copy.deepcopy(state), controls.copy()
    for body in (state.polygon, state.circle):
        flip_motion(body)
    for i, count in enumerate(state.polygon.n_vertices):
        used = slice(0, int(count))  # reversed, so that they stay clockwise
        state.polygon.vertices[i, used] = state.polygon.vertices[i, used][::-1] * [-1, 1]
    joint, thruster = state.joint, state.thruster
    for points in (joint.a_relative_pos, joint.b_relative_pos, joint.global_position):
        points[:, 0] *= -1
    joint.rotation *= -1
    joint.min_rotation, joint.max_rotation = -joint.max_rotation, -joint.min_rotation
    joint.acc_impulse[:, 0] *= -1
    joint.acc_r_impulse *= -1
    controls[: len(joint.active)] *= -1
    thruster.relative_position[:, 0] *= -1
    thruster.rotation = (np.pi - thruster.rotation).astype(np.float32)
    for table in TABLES:
        getattr(state.memory, table).acc_t *= -1
    state.gravity[0] *= -1
    return state, controls


def flip_motion(body: ref.Body) -> None:
    body.position[:, 0] *= -1
    body.velocity[:, 0] *= -1
    body.rotation *= -1
    body.angular_velocity *= -1


def mirrored_results(scene: Scene, contacts: ContactMemory, touching: np.ndarray):
    """What the engine made of mirrored scenes, as the step of the scenes themselves shows it."""
    across, turned = np.array([-1, 1], np.float32), np.float32(-1)

    def scaled(tree, **factors):
        made = {name: getattr(tree, name) * factor for name, factor in factors.items()}
        return replace(tree, **made)

    motion = {"position": across, "velocity": across}
    motion |= {"rotation": turned, "angular_velocity": turned}
    parts = {kind: scaled(getattr(scene, kind), **motion) for kind in ("polygons", "circles")}
    for kind in ("joints", "thrusters"):
        parts[kind] = scaled(getattr(scene, kind), global_position=across)
    impulses = {f"{table}_tangent_impulse": turned for table in TABLES.values()}
    impulses |= {"joint_impulse": across, "joint_angular_impulse": turned}
    return replace(scene, **parts), scaled(contacts, **impulses), touching
