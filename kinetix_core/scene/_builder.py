"""SceneBuilder: levels as readable Python."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import jax
import numpy as np

from kinetix_core.errors import LevelError

from ._scene import Array, Scene, collision_matrix, empty_scene
from ._shapes import (
    BodyProperties,
    JointAnchors,
    Point,
    anchor_points,
    point,
    positive,
    properties,
    rotation_matrix,
    write_circle,
    write_polygon,
)
from ._size import BOUNDARY, SceneSize, parse_size
from ._validate import body_problem, check_scene


@dataclass(frozen=True)
class Motor:
    """What turns a revolute joint.

    speed: target, times 6 rad/s; an input of +1 turns body b counter-clockwise against body a.
    power: times the engine's base_motor_power. binding: which motor input drives it.
    auto: always driven with +1 (not kept by level files).
    """

    speed: float = 1.0
    power: float = 1.0
    binding: int = 0
    auto: bool = False


class SceneBuilder:
    """Fills an empty room of `size` (`"s"`, `"m"`, `"l"`, slot counts or a SceneSize).

    Bodies, joints and thrusters take the first free slot of their kind; what adds a body returns
    its body index, which joints and thrusters ask for. Lengths in m, angles in rad,
    counter-clockwise; masses follow from shape and density. Each method raises a `LevelError`
    that names what does not work. Source: spec/physics.md 7 and 8.

        b = SceneBuilder("s")
        cart = b.rectangle((1.5, 0.8), width=0.8, height=0.3, role=GREEN)
        wheel = b.circle((1.5, 0.6), radius=0.2)
        b.revolute_joint(cart, wheel, anchor=(1.5, 0.6), motor=Motor(speed=2))
        b.circle((4.5, 0.7), radius=0.3, role=BLUE, fixated=True)
        scene = b.build()
    """

    def __init__(self, size: Any, *, gravity: Point = (0.0, -9.81)) -> None:
        self.size: SceneSize = parse_size(size)
        self._scene = empty_scene(self.size)
        self._scene.gravity[:] = point(gravity, "gravity")

    def build(self) -> Scene:
        """The level so far, checked, as a scene of its own (NumPy arrays)."""
        return check_scene(jax.tree.map(np.copy, self._scene))

    # ---- bodies ----

    def polygon(
        self, position: Point, vertices: Sequence[Point], **body: Unpack[BodyProperties]
    ) -> int:
        """A convex polygon of three or four clockwise `vertices` about `position`.

        The body's position becomes that of its centre, the mean of the vertices: `position` is
        moved by it in world axes, whatever the rotation (spec/physics.md 3.2). Vertices about
        their own mean leave `position` where it is. `body`: see `BodyProperties`.
        """
        slot = self._free(self._scene.polygons.active, "polygon", "polygons")
        where = point(position, "polygon.position")
        filled = properties("polygon", body)
        write_polygon(self._scene.polygons, slot, where, vertices, filled)
        return slot

    def rectangle(
        self, position: Point, width: float, height: float, **body: Unpack[BodyProperties]
    ) -> int:
        """A rectangle about `position`. `body`: see `BodyProperties`."""
        positive(width, "rectangle.width")
        positive(height, "rectangle.height")
        w, h = width / 2, height / 2
        return self.polygon(position, [(-w, h), (w, h), (w, -h), (-w, -h)], **body)

    def triangle(
        self, position: Point, vertices: Sequence[Point], **body: Unpack[BodyProperties]
    ) -> int:
        """A triangle; `vertices` as for `polygon`. `body`: see `BodyProperties`."""
        if len(vertices) != 3:
            raise LevelError(f"triangle.vertices: 3 are expected, not {len(vertices)}")
        return self.polygon(position, vertices, **body)

    def circle(self, position: Point, radius: float, **body: Unpack[BodyProperties]) -> int:
        """A circle about `position`. `body`: see `BodyProperties`."""
        slot = self._free(self._scene.circles.active, "circle", "circles")
        positive(radius, "circle.radius")
        where = point(position, "circle.position")
        write_circle(self._scene.circles, slot, where, radius, properties("circle", body))
        return self.size.polygons + slot

    def wall(
        self,
        which: int,
        *,
        role: int | None = None,
        friction: float | None = None,
        restitution: float | None = None,
    ) -> int:
        """Changes FLOOR, LEFT_WALL, RIGHT_WALL or CEILING; what is not given stays."""
        if which not in range(BOUNDARY):
            raise LevelError(f"wall: 0 (floor) to 3 (ceiling) is expected, not {which}")
        for name, value in (("role", role), ("friction", friction), ("restitution", restitution)):
            if value is not None:
                getattr(self._scene.polygons, name)[which] = value
        return which

    # ---- joints and thrusters ----

    def revolute_joint(
        self,
        a: int,
        b: int,
        *,
        motor: Motor | None = None,
        limits: tuple[float, float] | None = None,
        **anchors: Unpack[JointAnchors],
    ) -> int:
        """A hinge between bodies a and b, at the point `anchor` of the room.

        Or at a point of a body (`a_relative`, `b_relative`, body frames); with both, the solver
        pulls the two points together. `limits`: least and greatest angle of b against a, where
        0 is the angle that they have now. Bodies that joints connect do not collide.
        """
        fields: dict[str, Any] = {"motor_speed": 1.0, "motor_power": 1.0}
        if motor is not None:
            self._binding("motor", motor.binding, self.size.motor_bindings)
            fields = {
                "motor_on": True,
                "motor_speed": motor.speed,
                "motor_power": motor.power,
                "motor_binding": motor.binding,
                "motor_auto": motor.auto,
            }
        low, high = (-np.pi, np.pi) if limits is None else limits
        if low > high:
            raise LevelError(f"joint.limits: the least angle first is expected, not {limits}")
        fields |= {
            "min_rotation": low,
            "max_rotation": high,
            "motor_has_joint_limits": limits is not None,
        }
        return self._joint(a, b, anchors, None, fields)

    def fixed_joint(
        self, a: int, b: int, *, rotation: float | None = None, **anchors: Unpack[JointAnchors]
    ) -> int:
        """Welds body b to body a; anchors as for `revolute_joint`.

        `rotation` is the angle of b minus that of a which is held: the present one unless given.
        """
        fields = {"is_fixed_joint": True}
        return self._joint(a, b, anchors, rotation, fields)

    def thruster(
        self,
        body: int,
        *,
        position: Point | None = None,
        relative_position: Point | None = None,
        rotation: float = 0.0,
        power: float = 1.0,
        binding: int = 0,
    ) -> int:
        """Pushes `body` at a point of the room or of the body (its centre, if none is given).

        `rotation` is the direction of the push, relative to the body; `power` is times the
        engine's base_thruster_power (10 N); `binding` says which thruster input drives it.
        """
        self._body(body, "thruster.body")
        self._binding("thruster", binding, self.size.thruster_bindings)
        if position is not None and relative_position is not None:
            raise LevelError("thruster: position or relative_position is expected, not both")
        if position is not None:
            relative = self._to_body(body, point(position, "thruster.position"))
        else:
            relative = point(relative_position or (0, 0), "thruster.relative_position")
        thrusters = self._scene.thrusters
        slot = self._free(thrusters.active, "thruster", "thrusters")
        thrusters.object_index[slot] = body
        thrusters.relative_position[slot] = relative
        thrusters.global_position[slot] = self._to_room(body, relative)
        thrusters.rotation[slot] = rotation
        thrusters.power[slot] = power
        thrusters.thruster_binding[slot] = binding
        thrusters.active[slot] = True
        return slot

    def _joint(
        self,
        a: int,
        b: int,
        anchors: JointAnchors,
        rotation: float | None,
        fields: dict[str, Any],
    ) -> int:
        self._body(a, "joint.a")
        self._body(b, "joint.b")
        if a == b:
            raise LevelError(f"joint: two bodies are expected, both ends are on body {a}")
        a_relative, b_relative = self._anchors(a, b, anchors)
        angle = self._angle(b) - self._angle(a) if rotation is None else rotation
        joints = self._scene.joints
        slot = self._free(joints.active, "joint", "joints")
        fields = fields | {
            "a_index": a,
            "b_index": b,
            "a_relative_pos": a_relative,
            "b_relative_pos": b_relative,
            "global_position": self._to_room(a, a_relative),
            "rotation": angle,
            "active": True,
        }
        for name, value in fields.items():
            getattr(joints, name)[slot] = value
        matrix = collision_matrix(joints.a_index, joints.b_index, joints.active, self.size.bodies)
        self._scene = dataclasses.replace(self._scene, collision_matrix=matrix)
        return slot

    def _anchors(self, a: int, b: int, anchors: JointAnchors) -> tuple[np.ndarray, np.ndarray]:
        """The joint's point in the frames of both bodies."""
        anchor, on_a, on_b = anchor_points(anchors)
        if on_a is not None and on_b is not None:
            return point(on_a, "joint.a_relative"), point(on_b, "joint.b_relative")
        if anchor is not None:
            at = point(anchor, "joint.anchor")
        elif on_a is not None:
            at = self._to_room(a, point(on_a, "joint.a_relative"))
        else:
            at = self._to_room(b, point(on_b or (), "joint.b_relative"))
        return self._to_body(a, at), self._to_body(b, at)

    # ---- what is there ----

    def _free(self, active: Array, kind: str, kinds: str) -> int:
        if active.all():
            raise LevelError(
                f"{kind}: no free slot, size {self.size.name} has room for {self.size.slots(kinds)}"
            )
        return int(np.argmin(active))

    def _binding(self, kind: str, binding: int, room: int) -> None:
        if not 0 <= binding < room:
            raise LevelError(
                f"{kind}.binding: 0 to {room - 1} is expected in size {self.size.name}, "
                f"not {binding}"
            )

    def _body(self, index: int, place: str) -> None:
        bodies = self._scene.bodies
        if problem := body_problem(index, bodies.active, self.size):
            raise LevelError(f"{place}: {problem}")

    def _angle(self, body: int) -> np.float32:
        return np.asarray(self._scene.bodies.rotation)[body]

    def _to_room(self, body: int, at: np.ndarray) -> np.ndarray:
        position = np.asarray(self._scene.bodies.position)[body]
        return position + _turned(rotation_matrix(self._angle(body)), at)

    def _to_body(self, body: int, at: np.ndarray) -> np.ndarray:
        position = np.asarray(self._scene.bodies.position)[body]
        return _turned(rotation_matrix(self._angle(body)).T, at - position)


def _turned(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """`matrix @ vector`, with the same bits on every machine: a library's product may fuse."""
    return matrix[:, 0] * vector[0] + matrix[:, 1] * vector[1]
