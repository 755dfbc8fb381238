"""The generator `random`: the published distribution. Source: spec/generator.md 1 to 5."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int, PRNGKeyArray

from kinetix_core.env import uniform
from kinetix_core.interfaces import LevelGenerator, Task
from kinetix_core.scene import BLUE, BOUNDARY, FLOOR, GREEN, NORMAL, Array, Scene, SceneSize

from ._attachments import JOINT_DRAWS, THRUSTER_DRAWS, joint_properties, thruster
from ._contacts import OUTLINE_ROWS, contacts, outline
from ._draft import Draft, Links, boundary_shapes, slot_order, to_scene
from ._lanes import (
    ROLE_ROW,
    ROWS,
    before,
    one_hot,
    pick_constant,
    take,
    take_rows,
    unpacked,
)
from ._placement import SHAPE_DRAWS, Choices, choices, place
from ._random_config import RandomConfig

FORCED = 3
"""Shapes that every level has."""
NOTHING, FREE, JOINED = range(3)
THRUSTER_ONLY, MOTOR_ONLY = 1, 0


class Plan(NamedTuple):
    """What is decided before any shape is placed."""

    floor: Int[Array, " levels"]  # role
    steps: Int[Array, "placements levels"]  # NOTHING, FREE or JOINED
    movable: Bool[Array, "placements levels"]  # must not be fixated
    thrusters: Bool[Array, "thrusters levels"]
    swap: Bool[Array, " levels"]  # green becomes blue, and blue green


class Progress(NamedTuple):
    """What was placed so far. Bodies: the boundary, then one for each placement."""

    rows: Float[Array, "52 bodies 1 levels"]  # packed shapes, outlines; the 1: candidates
    joints: Int[Array, "bodies levels"]  # how many are on each
    group: Int[Array, "bodies levels"]  # bodies that joints connect have the same number
    links: Float[Array, "7 placements levels"]  # packed


class Draws:
    """Uniform numbers of one call of the random generator, handed out part by part."""

    def __init__(self, key: PRNGKeyArray, rows: int, n: int) -> None:
        self._numbers = uniform(key, (rows, n))
        self._used = 0

    def next(self, *shape: int) -> Float[jax.Array, "... levels"]:
        """The next ones."""
        start = self._used
        self._used += math.prod(shape)
        return self._numbers[start : self._used].reshape(*shape, self._numbers.shape[1])


@dataclass(frozen=True)
class Random(LevelGenerator):
    """Levels of `size`, as the published generator makes them.

    A level is a sequence of placements, each the best of some candidates. The loop over them has
    one traced body, which places all candidates of all levels side by side.
    """

    config: RandomConfig
    size: SceneSize

    @property
    def placements(self) -> int:
        """Shapes are placed so many times."""
        return max(1, self.size.bodies - BOUNDARY)

    @property
    def _small(self) -> bool:
        return self.size.bodies <= self.config.small_bodies

    @property
    def _proposals(self) -> int:
        return self.config.small_proposals if self._small else self.config.proposals

    def sample_one(self, key: PRNGKeyArray) -> Scene:
        """One level."""
        return jax.tree.map(lambda leaf: leaf[0], self.sample(key, 1))

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        """`n` levels (static) along a leading axis. Traceable."""
        count, size = self.placements, self.size
        slots = size.bodies - BOUNDARY + size.joints + size.thrusters
        rows = 4 + count * (1 + JOINT_DRAWS + SHAPE_DRAWS * self._proposals)
        rows += size.thrusters * (1 + THRUSTER_DRAWS) + slots
        draws = Draws(key, rows, n)
        plan = self._plan(draws)
        placed = self._place_all(draws, plan)
        draft = self._finish(draws, plan, placed)
        order = slot_order(draws.next(slots), size, self.config.permute)
        return to_scene(draft, size, order)

    def _plan(self, draws: Draws) -> Plan:
        config, count, thrusters = self.config, self.placements, self.size.thrusters
        floor_draw, guard_draw, control_draw, swap_draw = draws.next(4)
        floor = pick_constant(config.floor_roles, floor_draw)
        guard = (guard_draw < config.guard_chance) | (floor == BLUE)
        control = pick_constant(config.control_weights, control_draw)
        number = jnp.arange(count)[:, None]
        joined, free = config.connected_chance, config.connected_chance + config.free_chance
        chance = draws.next(count)
        further = jnp.where(chance < joined, JOINED, jnp.where(chance < free, FREE, NOTHING))
        otherwise = FREE if config.third_shape else NOTHING
        third = jnp.where(control == THRUSTER_ONLY, otherwise, JOINED)[None]
        steps = jnp.where(number < 2, FREE, jnp.where(number == 2, third, further))
        movable = jnp.where(number == 0, guard[None], (number == 1) & ~guard[None])
        first = jnp.arange(thrusters)[:, None] == 0
        more = draws.next(thrusters) < config.thruster_chance
        return Plan(
            floor=floor,
            steps=steps,
            movable=movable | (self._small and not config.small_fixation),
            thrusters=jnp.where(first, (control != MOTOR_ONLY)[None], more),
            swap=(swap_draw < config.swap_chance) & (floor == NORMAL),
        )

    def _place_all(self, draws: Draws, plan: Plan) -> Progress:
        count, n = plan.steps.shape
        bodies = BOUNDARY + count
        room = boundary_shapes(self.size, bodies)
        rows = jnp.concatenate([room.packed(), outline(room).packed()])
        colours = (jnp.arange(rows.shape[0]) == ROLE_ROW)[:, None] & (jnp.arange(bodies) == FLOOR)[
            None
        ]
        progress = Progress(
            rows=jnp.where(
                colours[..., None, None],
                plan.floor.astype(jnp.float32)[None, None, None],
                rows[..., None, None],
            ),
            joints=jnp.zeros((bodies, n), jnp.int32),
            group=jnp.broadcast_to(jnp.arange(bodies)[:, None], (bodies, n)),
            links=jnp.zeros((len(Links._fields), count, n)),
        )
        u = draws.next(count, SHAPE_DRAWS, self._proposals)
        xs = (jnp.arange(count), u, plan.steps, plan.movable)
        return jax.lax.scan(self._place, progress, xs)[0]

    def _place(self, progress: Progress, xs: tuple[Array, ...]) -> tuple[Progress, None]:
        """One placement: the best candidate becomes body `BOUNDARY + number`."""
        number, u, step, movable = xs
        at, bodies = BOUNDARY + number, progress.joints.shape[0]
        here = self._choices(progress)
        room = (here.polygon_free | here.circle_free)[0]
        linked = jnp.sum(progress.links[0], axis=0) < self.size.joints
        joined = (step == JOINED) & room & here.company[0] & linked
        placed = joined | ((step == FREE) & room)

        rows, cost = self._propose(here, progress.rows, at, u, (joined, placed, movable))
        best = cost == jnp.min(cost, axis=0)[None]
        best = best & (before(best) == 0)  # the first of equals
        row = take_rows(best, rows)
        row, link = row[: ROWS + OUTLINE_ROWS], row[ROWS + OUTLINE_ROWS :]
        target = one_hot(link[1].astype(jnp.int32), bodies)
        own = jnp.arange(bodies)[:, None] == at
        ends = (target | own) & joined[None]
        group = jnp.where(own & joined[None], take(target, progress.group)[None], progress.group)
        write = jax.lax.dynamic_update_index_in_dim
        return Progress(
            rows=write(progress.rows, row[:, None], at, 1),
            joints=progress.joints + ends,
            group=group,
            links=write(progress.links, link, number, 1),
        ), None

    def _choices(self, progress: Progress) -> Choices:
        """What can be placed now. Lanes: (1, levels)."""
        shapes = unpacked(progress.rows[:ROWS])
        boundary = (jnp.arange(shapes.x.shape[0]) < BOUNDARY)[:, None, None]
        new = shapes.active & ~boundary
        circles = jnp.sum(new & shapes.circle, axis=0)
        polygons = jnp.sum(new & ~shapes.circle, axis=0)
        return choices(
            self.config,
            shapes,
            progress.joints[:, None],
            boundary,
            polygon_free=polygons < self.size.polygons - BOUNDARY,
            circle_free=circles < self.size.circles,
        )

    def _propose(
        self, here: Choices, rows: Array, at: Array, u: Array, steps: tuple[Array, Array, Array]
    ) -> tuple[Float[jax.Array, "59 candidates levels"], Float[jax.Array, "candidates levels"]]:
        """Candidates (shape, outline, link) for body `at`, and what each costs."""
        joined, placed, movable = steps
        never = jnp.floor(u[0, 0, 0]).astype(jnp.int32)  # of a number below 1
        shape, link, seen = place(
            self.config,
            here,
            u,
            joined=joined[None],
            movable=movable[None],
            margin=self.config.visibility_margin,
            never=never,
        )
        shape = shape._replace(active=placed[None] & shape.active)
        around = outline(shape).packed()
        hidden = jnp.where(joined[None] & ~seen, self.config.hidden_penalty, 0.0)
        links = Links.of(link, joined[None] & shape.active).packed()
        touching = contacts(around, rows[ROWS:], at)
        return jnp.concatenate([shape.packed(), around, links]), touching + hidden

    def _finish(self, draws: Draws, plan: Plan, placed: Progress) -> Draft:
        """Joints get their type and motor; thrusters are added; roles are swapped."""
        links, count = Links.unpacked(placed.links), self.placements
        shapes = unpacked(placed.rows[:ROWS, :, 0])
        target = one_hot(links.target, BOUNDARY + count)
        properties = joint_properties(
            self.config,
            draws.next(JOINT_DRAWS, count),
            # the joint that every level is meant to have is the first
            must_turn=(before(links.active) < self.config.min_revolute_joints)
            | (jnp.arange(count) == FORCED - 1)[:, None],
            wheel=shapes.circle[BOUNDARY:] | take(target, shapes.circle[:, None]),
            bindings=self.size.motor_bindings,
        )
        count = self.size.thrusters
        # the first one is added before the shapes that not every level has
        early = jnp.arange(shapes.x.shape[0]) < BOUNDARY + FORCED
        eligible = early[:, None] | (jnp.arange(count) > 0)[None]
        carriers = (shapes.active & ~shapes.fixated)[:, None] & eligible[:, :, None]
        thrust = thruster(
            self.config,
            unpacked(placed.rows[:ROWS]),
            carriers,
            draws.next(THRUSTER_DRAWS, count),
            self.size.thruster_bindings,
        )
        other = jnp.where(shapes.role == GREEN, BLUE, GREEN)
        goal = (shapes.role == GREEN) | (shapes.role == BLUE)
        role = jnp.where(plan.swap[None] & goal, other, shapes.role)
        shapes = shapes._replace(role=role)
        powered = plan.thrusters & thrust.carried
        return Draft(shapes, placed.group, links, properties, target, thrust, powered)


def from_config(config: RandomConfig, task: Task) -> Random:
    """The generator of a run."""
    return Random(config, task.size)
