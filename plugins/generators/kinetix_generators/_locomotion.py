"""The generator `locomotion`: a walker that has to reach a goal. Source: spec/generator.md 9."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Float, PRNGKeyArray

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import LevelGenerator, Task
from kinetix_core.scene import BLUE, BOUNDARY, FLOOR, GREEN, Array, Scene, SceneSize, empty_scene

from ._lanes import pick_constant, rotated, uniform
from ._locomotion_config import LocomotionConfig
from ._mass import polygon_inverses
from ._mutation_view import connected
from ._slots import permuted

ROOM, LOW, MARGIN = 5.0, 0.5, 0.2
"""m: side of the room; where the walker's lowest point is put; how far it keeps from the walls."""
TOP, BOTTOM, LEFT, RIGHT = (0, 1), (0, -1), (-1, 0), (1, 0)
BODY, LEFT_LEG, RIGHT_LEG = range(3)
LEFT_BINDING, RIGHT_BINDING, LEFT_ANKLE_BINDING, RIGHT_ANKLE_BINDING = range(4)
RANDOM_BINDINGS = 3
"""Drawn bindings are below this, as published."""


class Limb(NamedTuple):
    """A rectangle of the walker, and the joint that holds it."""

    half: Float[Array, " 2"]  # m, width and height
    position: Float[Array, " 2"]  # m
    rotation: Array  # rad
    there: Array  # bool
    parent: Array  # number of the limb that it hangs from; of the body: its own
    own_anchor: Float[Array, " 2"]  # m, in its own frame
    parent_anchor: Float[Array, " 2"]  # m, in the frame of the parent
    joint: Float[Array, " 2"]  # m, in the room
    binding: Array


@dataclass(frozen=True)
class Locomotion(LevelGenerator):
    """Walkers of many proportions. Slots: body, legs, ankles, further limbs; the goal."""

    config: LocomotionConfig
    size: SceneSize

    @property
    def fixed_limbs(self) -> int:
        """Of every walker, the body included."""
        return 5 if self.config.ankles else 3

    @property
    def extra(self) -> int:
        """The most further limbs."""
        free = self.size.polygons - BOUNDARY - self.fixed_limbs
        return min(self.config.extra_legs_max, free, self.size.joints - self.fixed_limbs + 1)

    def sample_one(self, key: PRNGKeyArray) -> Scene:
        """One level. Traceable."""
        walker_key, goal_key, floor_key, matter_key, order_key = jax.random.split(key, 5)
        mirror_draw, goal_draw = jax.random.uniform(goal_key, (2,))
        mirror = mirror_draw < 0.5
        limbs = self._walker(walker_key, jnp.where(mirror, ROOM, 0.0))
        move = _into_room(limbs)
        limbs = [x._replace(position=x.position + move, joint=x.joint + move) for x in limbs]
        walker: Limb = jax.tree.map(lambda *x: jnp.stack(x), *limbs)
        scene = self._with_walker(walker, matter_key)
        goal = uniform(goal_draw, self.config.goal_min, self.config.goal_max)
        scene = self._with_goal(scene, jnp.where(mirror, ROOM - goal, goal))
        role_draw, friction = jax.random.uniform(floor_key, (2,))
        floor, reach = scene.polygons, self.config.floor_friction_range
        scene = replace(
            scene,
            polygons=replace(
                floor,
                role=jnp.asarray(floor.role)
                .at[FLOOR]
                .set(pick_constant(self.config.floor_roles, role_draw)),
                friction=jnp.asarray(floor.friction)
                .at[FLOOR]
                .set(uniform(friction, 1 - reach, 1 + reach)),
            ),
        )
        return permuted(order_key, scene) if self.config.permute else scene

    def _walker(self, key: PRNGKeyArray, x: Array) -> list[Limb]:
        """The body at (x, 0), and what hangs from it."""
        config, count = self.config, self.fixed_limbs + self.extra
        scale_key, binding_key, number_key, chain_key = jax.random.split(key, 4)
        halves = self._halves(scale_key)
        drawn = jax.random.randint(binding_key, (count,), 0, RANDOM_BINDINGS)
        nowhere, yes = jnp.zeros(2), jnp.bool_(True)
        start = jnp.stack([x, jnp.float32(0.0)])
        body = Limb(
            halves[BODY],
            start,
            jnp.float32(0.0),
            yes,
            jnp.int32(BODY),
            nowhere,
            nowhere,
            start,
            jnp.int32(0),
        )
        limbs = [body]

        def hang(parent: int, side: tuple[int, int], turn: float, binding: int) -> None:
            which = drawn[len(limbs)] if config.random_motors else jnp.int32(binding)
            limbs.append(self._hung(limbs[parent], parent, halves[len(limbs)], side, turn, which))

        hang(BODY, LEFT, -config.lean, LEFT_BINDING)
        hang(BODY, RIGHT, config.lean, RIGHT_BINDING)
        if config.ankles:
            hang(LEFT_LEG, BOTTOM, 0.0, LEFT_ANKLE_BINDING)
            hang(RIGHT_LEG, BOTTOM, 0.0, RIGHT_ANKLE_BINDING)
        least = min(config.extra_legs_min, self.extra)
        extra = jax.random.randint(number_key, (), least, self.extra + 1)
        to_body = jax.random.bernoulli(chain_key, 0.5, (max(1, self.extra),))
        tips = [jnp.int32(BODY), jnp.int32(3 if config.ankles else LEFT_LEG)]
        for i in range(self.extra):
            parent, at = jnp.where(to_body[i], *tips), len(limbs)
            holder = jax.tree.map(lambda *x, parent=parent: jnp.stack(x)[parent], *limbs)
            limb = self._hung(holder, parent, halves[at], BOTTOM, 0.0, drawn[at])
            limbs.append(limb._replace(there=i < extra))
            tips = [jnp.where(to_body[i], at, tips[0]), jnp.where(to_body[i], tips[1], at)]
        return limbs

    def _halves(self, key: PRNGKeyArray) -> Float[Array, "limbs 2"]:
        """Half the width and height of each limb, m."""
        config = self.config
        body = (config.body_width, config.body_height)
        leg, ankle = (
            (config.leg_width, config.leg_height),
            (config.ankle_width, config.ankle_height),
        )
        sizes = [body, leg, leg, *([ankle, ankle] if config.ankles else []), *[leg] * self.extra]
        scale = jax.random.uniform(
            key, (len(sizes), 2), minval=config.scale_min, maxval=config.scale_max
        )
        halves = jnp.multiply(jnp.asarray(sizes), scale / 2)
        if config.same_legs:
            halves = halves.at[RIGHT_LEG].set(halves[LEFT_LEG])
        if config.same_ankles and config.ankles:
            halves = halves.at[4].set(halves[3])
        return halves.at[LEFT_LEG:, 0].set(halves[LEFT_LEG, 0]) if config.same_width else halves

    def _hung(
        self,
        parent: Limb,
        number: int | Array,
        half: Array,
        side: tuple[int, int],
        turn: float,
        binding: Array,
    ) -> Limb:
        """A limb whose top is joined to a side of its parent."""
        on_parent = jnp.asarray(side) * (parent.half - self.config.gap)
        on_own = jnp.asarray(TOP) * (half - self.config.gap)
        rotation = parent.rotation + turn
        joint = parent.position + jnp.stack(rotated(on_parent[0], on_parent[1], parent.rotation))
        position = joint - jnp.stack(rotated(on_own[0], on_own[1], rotation))
        parent_number = jnp.asarray(number, jnp.int32)
        return Limb(
            half,
            position,
            rotation,
            jnp.bool_(True),
            parent_number,
            on_own,
            on_parent,
            joint,
            binding.astype(jnp.int32),
        )

    def _with_walker(self, walker: Limb, key: PRNGKeyArray) -> Scene:
        config, scene = self.config, jax.tree.map(jnp.asarray, empty_scene(self.size))
        count = len(walker.there)
        u, reach = jax.random.uniform(key, (2, count)), config.limb_friction_range
        friction = uniform(u[0], 1 - reach, 1 + reach)
        density = uniform(u[1], 1 - config.limb_density_range, 1 + config.limb_density_range)
        signs = jnp.asarray([(1, 1), (1, -1), (-1, -1), (-1, 1)])
        corners = walker.half[:, None] * signs[None]
        quad = jnp.ones(count, bool)
        mass, inertia = polygon_inverses(corners[..., 0].T, corners[..., 1].T, quad, density)
        fields = {
            "vertices": corners,
            "position": walker.position,
            "rotation": walker.rotation,
            "inverse_mass": mass,
            "inverse_inertia": inertia,
            "friction": friction,
            "density": density,
            "n_vertices": jnp.full(count, 4),
            "role": jnp.where(jnp.arange(count) == BODY, GREEN, 0),
            "active": walker.there,
        }
        polygons = _put(scene.polygons, BOUNDARY, walker.there, fields)
        there = walker.there[1:]
        joints = _put(
            scene.joints,
            0,
            there,
            {
                "a_index": BOUNDARY + walker.parent[1:],
                "b_index": BOUNDARY + 1 + jnp.arange(count - 1),
                "a_relative_pos": walker.parent_anchor[1:],
                "b_relative_pos": walker.own_anchor[1:],
                "global_position": walker.joint[1:],
                "active": there,
                "motor_on": there,
                "motor_speed": jnp.full(count - 1, config.motor_speed),
                "motor_power": jnp.full(count - 1, config.motor_power),
                "motor_has_joint_limits": there,
                "min_rotation": jnp.full(count - 1, -config.limit),
                "max_rotation": jnp.full(count - 1, config.limit),
                "motor_binding": walker.binding[1:],
            },
        )
        return connected(replace(scene, polygons=polygons, joints=joints))

    def _with_goal(self, scene: Scene, x: Array) -> Scene:
        """A circle that nothing moves, in the first slot."""
        one, config = jnp.ones(1, bool), self.config
        fields = {
            "position": jnp.stack([x, jnp.float32(config.goal_height)])[None],
            "radius": jnp.full(1, config.goal_radius),
            "role": jnp.full(1, BLUE),
            "inverse_mass": jnp.zeros(1),
            "inverse_inertia": jnp.zeros(1),
            "active": one,
        }
        return replace(scene, circles=_put(scene.circles, 0, one, fields))


def _into_room(limbs: list[Limb]) -> Float[jax.Array, " 2"]:
    """How the walker is moved, m. As published: as if no limb were turned."""
    low = jnp.stack([jnp.where(x.there, x.position - x.half, math.inf) for x in limbs]).min(0)
    high = jnp.stack([jnp.where(x.there, x.position + x.half, -math.inf) for x in limbs]).max(0)
    right = jnp.maximum(MARGIN - low[0], 0.0)
    return jnp.stack(
        [
            right - jnp.maximum(high[0] + right - (ROOM - MARGIN), 0.0),
            jnp.maximum(LOW - low[1], 0.0),
        ]
    )


def _put(slots, start: int, there: Array, fields: Mapping[str, Any]):
    """With fields written from slot `start` on, where there is something."""

    def put(old: Array, new: Array) -> jax.Array:
        own = there.reshape(-1, *(1,) * (old.ndim - 1))
        place = slice(start, start + len(there))
        return jnp.asarray(old).at[place].set(jnp.where(own, new, old[place]).astype(old.dtype))

    return replace(slots, **{name: put(getattr(slots, name), v) for name, v in fields.items()})


def from_config(config: LocomotionConfig, task: Task) -> Locomotion:
    """The generator of a run. Raises `SettingError` for a size without room for the walker."""
    generator = Locomotion(config, task.size)
    limbs, size = generator.fixed_limbs, task.size
    room = size.polygons >= BOUNDARY + limbs and size.joints >= limbs - 1 and size.circles >= 1
    if not room or size.motor_bindings < 4:
        raise SettingError(
            f"size={size.name}: generator=locomotion needs {BOUNDARY + limbs} polygons, a circle, "
            f"{limbs - 1} joints and 4 motor bindings; train with size=l"
        )
    return generator
