"""Placing one shape: its size, where it goes, what it is joined to.

Source: spec/generator.md 4.1 to 4.3 and 4.5. What is drawn comes in as blocks of uniform
numbers, so that a level costs few calls of the random generator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int

from kinetix_core.scene import BLUE, GREEN, NORMAL, RED, Array

from ._contacts import sides
from ._lanes import Shapes, one_hot, pick, reached, rotated, settled, take_rows, uniform, unpacked
from ._random_config import ShapesConfig

ROOM = 5.0
"""m, side of the room."""
GROUND = 0.4
"""m, height of the floor."""
SHAPE_DRAWS = 12
"""Uniform numbers for one candidate."""


class Choices(NamedTuple):
    """What the placement of a shape depends on; made once for all candidates."""

    rows: Float[Array, "18 bodies ..."]  # `Shapes.packed`
    polygon_free: Bool[Array, ...]  # there is a free slot
    circle_free: Bool[Array, ...]
    role_weights: Float[Array, "4 ..."]
    polygon_targets: Float[Array, "bodies ..."]  # cumulative weights
    circle_targets: Float[Array, "bodies ..."]
    any_polygon: Bool[Array, ...]  # that is active and no part of the boundary
    circle_wanted: Bool[Array, ...]  # a circle can be joined to
    company: Bool[Array, ...]  # there is a body besides the boundary


class Link(NamedTuple):
    """The joint of a candidate to its target."""

    target: Int[Array, ...]  # body
    x: Float[Array, ...]  # m, anchor in the frame of the new shape
    y: Float[Array, ...]
    target_x: Float[Array, ...]  # m, in the frame of the target
    target_y: Float[Array, ...]
    swapped: Bool[Array, ...]  # end a is the target, because it comes before the new shape


def choices(
    config: ShapesConfig,
    shapes: Shapes,
    joints: Int[Array, "bodies ..."],
    boundary: Bool[Array, "bodies ..."],
    polygon_free: Bool[Array, ...],
    circle_free: Bool[Array, ...],
) -> Choices:
    """What is possible beside `shapes`, each of which has so many `joints`."""
    polygon = shapes.active & ~shapes.circle
    weight = jnp.where(shapes.fixated, config.fixated_target_weight, 1.0)
    room = jnp.maximum(0.0, 1.0 - joints / config.polygon_joints)
    own = jnp.where(polygon & ~boundary, weight * room, 0.0)
    anywhere = jnp.all(own == 0, axis=0)[None]  # then the boundary can be joined to, too
    circles = jnp.where(shapes.active & shapes.circle & (joints == 0), weight, 0.0)
    return Choices(
        rows=shapes.packed(),
        polygon_free=polygon_free,
        circle_free=circle_free,
        role_weights=_role_weights(config, shapes),
        polygon_targets=reached(jnp.where(anywhere, polygon, own)),
        circle_targets=reached(circles),
        any_polygon=jnp.any(polygon & ~boundary, axis=0),
        circle_wanted=jnp.any(circles > 0, axis=0),
        company=jnp.any(shapes.active & ~boundary, axis=0),
    )


def _role_weights(config: ShapesConfig, shapes: Shapes) -> Float[jax.Array, "4 ..."]:
    """Green and blue come first; then neutral, and one red. Source: 4.2 step 2."""
    green, blue, red = (jnp.any(shapes.active & (shapes.role == r), axis=0) for r in (1, 2, 3))
    rest = jnp.where(green & blue, 1.0, 0.0)
    weights = [rest, jnp.where(green, 0.0, 1.0), jnp.where(blue, 0.0, 1.0)]
    return jnp.stack([*weights, jnp.where(red, 0.0, rest * config.red_weight)])


def _role(weights: Sequence[Array], u: Array) -> Int[jax.Array, ...]:
    """As `pick`, written out."""
    first = weights[0] + weights[1]
    second = first + weights[2]
    total = second + weights[3]
    x = u * total
    passed = [jnp.where(x >= edge, 1, 0) for edge in (weights[0], first, second)]
    return jnp.where(total > 0, passed[0] + passed[1] + passed[2], 0)


def _kind(here: Choices, u: Array) -> tuple[Array, Array]:
    """Whether it becomes a circle, and a draw that is left over."""
    circle = here.circle_free & ((u >= 0.5) | ~here.polygon_free)
    return circle, jnp.where(u < 0.5, 2 * u, 2 * u - 1)


def size_limit(config: ShapesConfig, factor: Array, u: Array) -> tuple[Array, Array]:
    """How large a shape may be, for `new_shape`, and a draw that is left over of `u`."""
    limit, chance = factor * config.max_shape_size, config.large_chance
    if chance == 0:  # known before anything is traced
        return limit, u
    large, rest = u < chance, (u - chance) / max(1 - chance, 1e-6)
    return jnp.where(large, config.large_size, limit), jnp.where(large, u / chance, rest)


def new_shape(config: ShapesConfig, u: Array, circle: Array, spare: Array, limit: Array) -> Shapes:
    """A new shape at the origin. Source: 4.1. Draws: two sizes, stretch, rotation."""
    low, least = config.min_half_side, config.min_radius
    most = limit / (2 * math.sqrt(2))
    # both sets of sizes exist for either kind; the unused one is the smallest
    width = jnp.where(circle, low, uniform(u[0], low, most))
    height = jnp.where(circle, low, uniform(u[1], low, most))
    stretch, first = u[2] < config.stretch_chance, u[2] < config.stretch_chance / 2
    width = jnp.where(stretch & first, width * config.stretch_factor, width)
    height = jnp.where(stretch & ~first, height * config.stretch_factor, height)
    largest = limit * config.circle_size_factor / 2
    radius = jnp.where(circle, uniform(u[0], least, largest), least)
    quad = spare >= config.triangle_chance
    area = width * height * jnp.where(quad, 4.0, 2.0)
    # three corners of the rectangle, about their mean, and the midpoint of the long side
    vx = jnp.stack([width, width, -width, jnp.where(quad, -width, 0.0)])
    vy = jnp.stack([height, -height, -height, jnp.where(quad, height, 0.0)])
    vx = vx - jnp.where(quad, 0.0, width / 3)[None]
    vy = vy + jnp.where(quad, 0.0, height / 3)[None]
    zero = jnp.zeros_like(width)
    return Shapes(
        x=zero,
        y=zero,
        rotation=uniform(u[3], 0.0, 2 * math.pi),
        vx=vx,
        vy=vy,
        quad=quad,
        radius=radius,
        circle=circle,
        active=zero == 0,
        fixated=zero != 0,
        role=jnp.zeros_like(width, jnp.int32),
        mass=jnp.where(circle, math.pi * radius**2, area),
    )


class Placement(NamedTuple):
    """A candidate."""

    shape: Shapes
    link: Link  # means something where it is joined
    seen: Bool[Array, ...]  # neither of two joined shapes hides the other


def place(
    config: ShapesConfig,
    here: Choices,
    u: Float[Array, "12 ..."],
    *,
    joined: Bool[Array, ...],
    movable: Bool[Array, ...],
    margin: float,
    never: Array | None = None,
) -> Placement:
    """A shape, `joined` to another one or anywhere in the room; there not fixated if `movable`.

    Free placement (4.2) and connected placement (4.3) are one program, because they share the
    most of it. margin: see `both_seen`. never: see `settled`.
    """
    circle_to = here.circle_wanted & here.polygon_free & joined
    circle_to = circle_to & ((u[6] >= 0.5) | ~here.any_polygon)
    targets = jnp.where(circle_to[None], here.circle_targets, here.polygon_targets)
    number = pick(targets, u[7])
    target_row = take_rows(one_hot(number, targets.shape[0]), here.rows)
    target = unpacked(target_row)
    circle, spare = _kind(here, u[0])
    circle = circle & ~circle_to  # two circles are never joined
    role = _role(_beside(here.role_weights, jnp.where(joined, target.role, NORMAL)), u[1])
    goal = (role == GREEN) | (role == BLUE)
    factor = jnp.where(goal & ~joined, config.goal_size_factor, 1.0)
    limit, spare = size_limit(config, factor, spare)
    circle, spare, role, limit = settled((circle, spare, role, limit), never)
    row = settled(new_shape(config, u[2:6], circle, spare, limit).packed(), never)
    shape = unpacked(row)

    pair = unpacked(jnp.stack([row, target_row], axis=1))
    x, y = settled(anchor(pair, u[8:11:2], u[9:12:2]), never)
    arm_x, arm_y = rotated(x, y, pair.rotation)
    free_x, free_y, fixated = _somewhere(config, shape, role, u, movable | joined)
    centre_x = jnp.where(joined, target.x + arm_x[1] - arm_x[0], free_x)
    centre_y = jnp.where(joined, target.y + arm_y[1] - arm_y[0], free_y)
    centre_x, centre_y = settled((centre_x, centre_y), never)
    shape = shape._replace(x=centre_x, y=centre_y, fixated=fixated, role=role)
    swapped = circle | ~target.circle
    link = Link(number, x[0], y[0], x[1], y[1], swapped)
    return Placement(shape, link, both_seen(pair, x, y, swapped, margin))


def _somewhere(
    config: ShapesConfig, shape: Shapes, role: Array, u: Array, movable: Array
) -> tuple[Array, Array, Array]:
    """Position (m) in the room, and whether the shape is fixated. Source: 4.2, 4 to 7."""
    # half the extent of the rectangle that it was cut from
    half = jnp.maximum(shape.vx[0] - shape.vx[2], shape.vy[0] - shape.vy[2]) / 2
    largest = jnp.maximum(math.sqrt(2) * half, shape.radius)
    aside = jnp.where(u[6] < config.green_side_chance, ROOM / 2, 0.0)
    left = largest + jnp.where(role == BLUE, aside, 0.0)
    right = ROOM - largest - jnp.where(role == GREEN, aside, 0.0)
    y = uniform(u[8], largest + GROUND, ROOM - largest)
    chance = config.fixate_chance_min + config.fixate_chance_per_mass * shape.mass
    fixated = (u[9] < jnp.minimum(chance, config.fixate_chance_max)) & ~movable
    bias = config.low_chance + jnp.where(role != NORMAL, config.low_chance_of_roles, 0.0)
    lower = fixated & (u[10] < bias) & (y >= ROOM / 2)
    return uniform(u[7], left, right), jnp.where(lower, y - ROOM / 2, y), fixated


def _beside(weights: Float[Array, "4 ..."], role: Array) -> list[jax.Array]:
    """What a new shape can be, joined to one of this role: no two roles but the same."""
    others = [
        jnp.where((role == NORMAL) | (role == r), weights[r], 0.0) for r in (GREEN, BLUE, RED)
    ]
    return [weights[NORMAL], *others]


def anchor(shape: Shapes, u: Array, v: Array) -> tuple[jax.Array, jax.Array]:
    """A point of the shape's own frame: anywhere on a polygon, or the centre of a circle."""
    root = jnp.sqrt(u)
    across = jnp.stack([(1 - u) * (1 - v), (1 - u) * v, u * v, u * (1 - v)])  # a rectangle's
    fan = jnp.stack([1 - root, root * (1 - v), root * v, jnp.zeros_like(u)])
    shares = jnp.where(shape.circle[None], 0.0, jnp.where(shape.quad[None], across, fan))
    return jnp.sum(shares * shape.vx, axis=0), jnp.sum(shares * shape.vy, axis=0)


def both_seen(
    pair: Shapes, x: Array, y: Array, swapped: Array, margin: float
) -> Bool[jax.Array, ...]:
    """Whether each of two joined shapes stands out from behind the other. Source: 4.3 step 12.

    pair: first axis new shape, target; x, y: their anchors (m). Kept as published: the anchors
    are taken in the order of the joint's ends, the shapes are not, so each shape is mostly
    looked at with the other one's anchor.
    """
    x, y = (jnp.where(swapped[None], v[::-1], v)[None] for v in (x, y))
    nx, ny, offset, _, _ = sides(pair.vx, pair.vy)
    inner = jnp.min(offset - nx * x - ny * y, axis=0)
    outer = jnp.sqrt(jnp.max((pair.vx - x) ** 2 + (pair.vy - y) ** 2, axis=0))
    cover = jnp.where(pair.circle, pair.radius, inner)
    reach = jnp.where(pair.circle, pair.radius, outer)
    shows = reach > cover[::-1] + margin
    return shows[0] & shows[1] & ~(pair.circle[0] & pair.circle[1])
