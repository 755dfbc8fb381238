"""What mutations see of a scene, and how they write to it."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Bool, Int, PRNGKeyArray

from kinetix_core.scene import BOUNDARY, Array, Bodies, Scene

from ._lanes import Shapes
from ._mass import circle_inverses, polygon_inverses


def shapes_of(scene: Scene) -> Shapes:
    """Every body, in the order of the body index."""
    bodies, size = scene.bodies, scene.size
    circle = jnp.arange(size.bodies) >= size.polygons
    quad = circle | (bodies.n_vertices == 4)
    v = jnp.moveaxis(jnp.asarray(bodies.vertices), 1, 0)
    v = v.at[3].set(jnp.where(quad[:, None], v[3], (v[2] + v[0]) / 2))
    mass = 1.0 / jnp.concatenate([_polygon(scene.polygons)[0], _circle(scene.circles)[0]])
    return Shapes(
        vx=v[..., 0],
        vy=v[..., 1],
        x=bodies.position[:, 0],
        y=bodies.position[:, 1],
        rotation=jnp.asarray(bodies.rotation),
        radius=jnp.asarray(bodies.radius),
        mass=mass,
        role=jnp.asarray(bodies.role),
        quad=quad,
        circle=circle,
        active=jnp.asarray(bodies.active),
        fixated=bodies.inverse_mass == 0,
    )


def _polygon(p: Bodies) -> tuple[Array, Array]:
    v = jnp.moveaxis(jnp.asarray(p.vertices), 1, 0)
    return polygon_inverses(v[..., 0], v[..., 1], p.n_vertices == 4, p.density)


def _circle(c: Bodies) -> tuple[jax.Array, jax.Array]:
    return circle_inverses(jnp.asarray(c.radius), c.density)


def weighed(scene: Scene, which: Bool[Array, " bodies"]) -> Scene:
    """With mass and inertia of these bodies from their shapes. Fixated ones stay fixated."""

    def made(bodies: Bodies, own: Array, inverses: tuple[Array, Array]) -> Bodies:
        mass, inertia = inverses
        free = own & (bodies.inverse_mass != 0)
        return replace(
            bodies,
            inverse_mass=jnp.where(free, mass, bodies.inverse_mass),
            inverse_inertia=jnp.where(free, inertia, bodies.inverse_inertia),
        )

    p = scene.size.polygons
    polygons = made(scene.polygons, which[:p], _polygon(scene.polygons))
    circles = made(scene.circles, which[p:], _circle(scene.circles))
    return replace(scene, polygons=polygons, circles=circles)


def with_bodies(scene: Scene, **fields: Array) -> Scene:
    """With fields of all bodies replaced, each (bodies, ...)."""
    p = scene.size.polygons
    return replace(
        scene,
        polygons=replace(scene.polygons, **{k: v[:p] for k, v in fields.items()}),
        circles=replace(scene.circles, **{k: v[p:] for k, v in fields.items()}),
    )


def free_bodies(scene: Scene) -> Bool[Array, " bodies"]:
    """Active bodies besides the boundary."""
    return scene.bodies.active & (jnp.arange(scene.size.bodies) >= BOUNDARY)


def draw(key: PRNGKeyArray, which: Bool[Array, " n"]) -> Bool[Array, " n"]:
    """One of these, each as likely, one-hot; none where there is none."""
    if not which.shape[0]:
        return which
    noise = jnp.where(which, jax.random.uniform(key, which.shape), -1.0)
    return which & (jnp.arange(which.shape[0]) == jnp.argmax(noise))


def first(which: Bool[Array, " n"]) -> Bool[Array, " n"]:
    """The first of these, one-hot; none where there is none."""
    if not which.shape[0]:
        return which
    return which & (jnp.arange(which.shape[0]) == jnp.argmax(which))


def ends(scene: Scene) -> tuple[Array, Array]:
    """Which body is end a, and b, of each active joint: one-hot (joints, bodies)."""
    j, number = scene.joints, jnp.arange(scene.size.bodies)[None]
    a, b = (jnp.asarray(index)[:, None] == number for index in (j.a_index, j.b_index))
    return a & j.active[:, None], b & j.active[:, None]


def connected(scene: Scene) -> Scene:
    """With the collision matrix that follows from the joints."""
    bodies = scene.size.bodies
    a, b = ends(scene)
    links = jnp.any((a[:, :, None] & b[:, None]) | (b[:, :, None] & a[:, None]), axis=0)
    group = links | jnp.eye(bodies, dtype=bool)
    for _ in range(max(1, bodies.bit_length())):  # paths of twice the length each time
        group = jnp.any(group[:, :, None] & group[None], axis=1)
    return replace(scene, collision_matrix=~group)


def index(onehot: Bool[Array, " n"]) -> Int[Array, ""]:
    """Of the chosen one, or 0."""
    return jnp.argmax(onehot).astype(jnp.int32)
