"""What of a scene is drawn, as plain numbers: shared by vector pictures and replay pages."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from kinetix_core.scene import BOUNDARY, Scene

Drawing = dict[str, list[dict[str, Any]]]


def _rounded(value: Any, digits: int = 4) -> Any:
    array = np.nan_to_num(np.asarray(value, np.float64), posinf=0.0, neginf=0.0)
    return np.round(array, digits).tolist()


def drawing(scene: Scene) -> Drawing:
    """The active bodies, joints and thrusters of one scene, ready for JSON.

    `bodies`: index, position (m), angle (rad), role, fixated, and `vertices` (m, body frame) or
    `radius`; `wall` marks the boundary. `joints` and `thrusters`: `slot` (its place among the
    controls), what they are attached to, and which `input` drives them.
    """
    scene = jax.tree.map(np.asarray, scene)
    return {"bodies": _bodies(scene), "joints": _joints(scene), "thrusters": _thrusters(scene)}


def _bodies(scene: Scene) -> list[dict[str, Any]]:
    bodies, out = scene.bodies, []
    for i in np.flatnonzero(bodies.active).tolist():
        body = {
            "index": i,
            "position": _rounded(bodies.position[i]),
            "angle": _rounded(bodies.rotation[i]),
            "role": int(bodies.role[i]),
            "fixated": bool(bodies.inverse_mass[i] == 0),
            "wall": i < BOUNDARY,
        }
        if i < scene.size.polygons:
            corners = bodies.vertices[i, : int(np.clip(bodies.n_vertices[i], 3, 4))]
            body["vertices"] = _rounded(corners)
        else:
            body["radius"] = _rounded(bodies.radius[i])
        out.append(body)
    return out


def _joints(scene: Scene) -> list[dict[str, Any]]:
    joints, out = scene.joints, []
    for j in np.flatnonzero(joints.active).tolist():
        welded = bool(joints.is_fixed_joint[j])
        limited = bool(joints.motor_has_joint_limits[j]) and not welded
        limits = _rounded([joints.min_rotation[j], joints.max_rotation[j]]) if limited else None
        out.append(
            {
                "slot": j,
                "a": int(joints.a_index[j]),
                "b": int(joints.b_index[j]),
                "anchorA": _rounded(joints.a_relative_pos[j]),
                "anchorB": _rounded(joints.b_relative_pos[j]),
                "welded": welded,
                "motor": bool(joints.motor_on[j]) and not welded,
                "auto": bool(joints.motor_auto[j]),
                "backwards": bool(joints.motor_speed[j] < 0),
                "input": int(joints.motor_binding[j]),
                "limits": limits,
                "rest": _rounded(joints.rotation[j]),
            }
        )
    return out


def _thrusters(scene: Scene) -> list[dict[str, Any]]:
    thrusters = scene.thrusters
    return [
        {
            "slot": scene.size.joints + t,
            "body": int(thrusters.object_index[t]),
            "anchor": _rounded(thrusters.relative_position[t]),
            "angle": _rounded(thrusters.rotation[t]),
            "power": _rounded(thrusters.power[t]),
            "input": int(thrusters.thruster_binding[t]),
        }
        for t in np.flatnonzero(thrusters.active).tolist()
    ]
