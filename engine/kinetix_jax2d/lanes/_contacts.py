"""All contacts of a step in one table, and what the solver needs of them."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Float, Int

from kinetix_core.scene import SceneSize
from kinetix_jax2d._config import Jax2DConfig

from ._circles import circle_contacts, circle_polygon_contacts
from ._load import Constants, Motion
from ._polygons import Points, place_polygons, polygon_contacts
from ._tables import Tables
from ._vector import computed, cross, length, rows


class Contacts(NamedTuple):
    """Contacts as they were found, by row of all tables; the same in all solver iterations."""

    normal_x: Float[Array, "rows lanes"]
    normal_y: Float[Array, "rows lanes"]
    x: Float[Array, "rows lanes"]
    y: Float[Array, "rows lanes"]
    touching: Bool[Array, "rows lanes"]
    live: Bool[Array, "rows lanes"]  # exchanges impulses
    target: Float[Array, "rows lanes"]  # normal velocity that is aimed at, m/s
    friction: Float[Array, "rows lanes"]  # coefficient of the pair
    mass: Float[Array, "rows lanes"]  # sum of inverse masses
    inertia_a: Float[Array, "rows lanes"]  # inverse
    inertia_b: Float[Array, "rows lanes"]
    batch: Int[Array, "rows lanes"]


def find_points(size: SceneSize, constants: Constants, motion: Motion) -> Points:
    """Section 5 for all pairs, without the filters."""
    polygons = size.polygons
    placed = place_polygons(constants.outlines, motion.place[:polygons])
    centre, found = motion.place[polygons:], []
    if size.polygon_pairs:
        first, second = np.array(size.polygon_pairs).T
        found += polygon_contacts(constants.outlines, placed, first, second)
    if size.circle_polygon_pairs:
        circle, polygon = np.array(size.circle_polygon_pairs).T
        found.append(
            circle_polygon_contacts(
                constants.outlines, placed, centre, constants.radius, circle - polygons, polygon
            )
        )
    if size.circle_pairs:
        first, second = np.array(size.circle_pairs).T - polygons
        found.append(circle_contacts(centre, constants.radius, first, second))
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *found)


def find_contacts(
    size: SceneSize, tables: Tables, config: Jax2DConfig, constants: Constants, motion: Motion
) -> Contacts:
    """Contacts of the bodies as they are; restitution looks at their present velocities.

    Rows that exchange no impulse hold zeros, whatever their bodies do: they are multiplied by
    impulses of zero.
    """
    points = computed(find_points(size, constants, motion))
    a, b, pair = tables.first, tables.second, tables.pair_of_row
    touching = points.touching & rows(constants.filters.touch, pair)
    material = constants.restitution, constants.friction
    (bounce_a, friction_a), (bounce_b, friction_b) = (
        tuple(rows(field, body) for field in material) for body in (a, b)
    )
    approach, spread = _approach(points, motion, constants, a, b)
    push_out = config.baumgarte_coefficient_collision / config.dt
    bias = -push_out * jnp.minimum(0.0, config.slop - points.depth)
    mass_a, mass_b = rows(constants.inverse_mass, a), rows(constants.inverse_mass, b)
    base = config.base_friction
    live = touching & rows(constants.filters.solve, pair)

    def where_live(field: jax.Array) -> jax.Array:
        return jnp.where(live, field, 0.0)

    return computed(
        Contacts(
            normal_x=where_live(points.normal_x),
            normal_y=where_live(points.normal_y),
            x=where_live(points.x),
            y=where_live(points.y),
            touching=touching,
            live=live,
            target=where_live(bias - approach * jnp.minimum(bounce_a, bounce_b)),
            friction=where_live(length(friction_a * base, friction_b * base)),
            mass=where_live(mass_a[:, 0] + mass_b[:, 0] + spread),
            inertia_a=where_live(mass_a[:, 2]),
            inertia_b=where_live(mass_b[:, 2]),
            batch=_batches(tables, touching),
        )
    )


def _approach(
    points: Points, motion: Motion, constants: Constants, a: np.ndarray, b: np.ndarray
) -> tuple[jax.Array, jax.Array]:
    """Normal velocity, and what a contact without a direction adds to its inverse mass.

    Where two centres coincide the normal is zero, and the full squared arms count in 6.6b.
    """
    speeds, spread = [], []
    for body in (a, b):
        place, velocity = rows(motion.place, body), rows(motion.velocity, body)
        arm_x, arm_y = points.x - place[:, 0], points.y - place[:, 1]
        speed_x = velocity[:, 0] - velocity[:, 2] * arm_y
        speed_y = velocity[:, 1] + velocity[:, 2] * arm_x
        speeds.append(speed_x * points.normal_x + speed_y * points.normal_y)
        inertia = rows(constants.inverse_mass[:, 2], body)
        spread.append(inertia * (arm_x * arm_x + arm_y * arm_y))
    nowhere = (points.normal_x == 0) & (points.normal_y == 0)
    return speeds[1] - speeds[0], jnp.where(nowhere, spread[0] + spread[1], 0.0)


def _batches(tables: Tables, touching: jax.Array) -> jax.Array:
    """6.6b: the batch of each row that touches. Others are in none that matters: they come first
    in the order, so that the r-th touching row is the (number of others + r)-th of all."""
    k, parts = tables.polygon_pairs, []
    for stage in tables.stages:
        if stage.batches == 1:
            parts.append(jnp.zeros((len(stage.first), touching.shape[1]), jnp.int32))
        elif stage.start == k:  # slot 1 is solved in the order of slot 0
            parts.append(parts[0])
        else:
            flags = touching[stage.start : stage.stop].astype(jnp.int32)
            others = len(stage.first) - jnp.sum(flags, axis=0, keepdims=True)
            before = jnp.cumsum(flags, axis=0) - flags
            parts.append((others + before) % stage.batches)
    return jnp.concatenate(parts)


class Levers(NamedTuple):
    """What depends on the arms of contacts, which joints move during the solve."""

    normal_a: Float[Array, "rows lanes"]  # cross(arm, normal)
    normal_b: Float[Array, "rows lanes"]
    tangent_a: Float[Array, "rows lanes"]
    tangent_b: Float[Array, "rows lanes"]
    inverse_mass_normal: Float[Array, "rows lanes"]
    inverse_mass_tangent: Float[Array, "rows lanes"]
    coupling: Float[Array, "rows lanes"]  # tangential velocity per normal impulse


def levers(tables: Tables, contacts: Contacts, position: Float[Array, "bodies 2 lanes"]) -> Levers:
    """For unit normals |arm|^2 - dot(arm, axis)^2 of 6.6b is cross(arm, axis)^2."""
    n_x, n_y = contacts.normal_x, contacts.normal_y
    at_a, at_b = rows(position, tables.first), rows(position, tables.second)
    arms = [(contacts.x - at[:, 0], contacts.y - at[:, 1]) for at in (at_a, at_b)]
    (normal_a, tangent_a), (normal_b, tangent_b) = (
        (cross(x, y, n_x, n_y), -(x * n_x + y * n_y)) for x, y in arms
    )
    i_a, i_b = contacts.inertia_a, contacts.inertia_b
    return Levers(
        normal_a,
        normal_b,
        tangent_a,
        tangent_b,
        contacts.mass + i_a * normal_a * normal_a + i_b * normal_b * normal_b,
        contacts.mass + i_a * tangent_a * tangent_a + i_b * tangent_b * tangent_b,
        i_a * normal_a * tangent_a + i_b * normal_b * tangent_b,
    )
