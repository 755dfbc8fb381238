"""What is painted on a picture, from the floor to the thrusters. Source: spec/rendering.md 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from kinetix_core.scene import BOUNDARY, Array, Bodies, Joints, Scene

from ._palette import BLACK, FIXATED, NOZZLE, body_colours, joint_colours, thruster_colours
from ._spans import FAR, Spans, disc_spans, polygon_spans, radius_spans
from ._view import View, thruster_icon


@dataclass(frozen=True)
class Layers:
    """Rows of the canvas in each column of the picture, and one colour each; last on top."""

    spans: Spans
    colours: Int[Array, " layers"]


def layers(scene: Scene, view: View) -> list[Layers]:
    """Everything that is drawn of a scene, kind by kind."""
    return [draw(scene, view) for draw in (_floor, _polygons, _circles, _joints, _thrusters)]


def _floor(scene: Scene, view: View) -> Layers:
    """Always drawn, never turned, always as fixated; not cut off."""
    floor = jax.tree.map(lambda x: x[:1], scene.polygons)
    corners = view.canvas(floor.position[:, None, :] + floor.vertices)
    colour = FIXATED + jnp.clip(floor.role, 0, 3)
    return _outlined(corners, _where(jnp.ones(1, bool)), colour, view)


def _polygons(scene: Scene, view: View) -> Layers:
    bodies = jax.tree.map(lambda x: x[BOUNDARY:], scene.polygons)
    vertices, shown = _vertices(bodies, view)
    corners = view.canvas(bodies.position[:, None, :] + _turned(vertices, bodies.rotation))
    return _outlined(corners, _patches(bodies, shown, view), body_colours(bodies), view)


def _vertices(
    bodies: Bodies, view: View
) -> tuple[Float[Array, "bodies 4 2"], Bool[Array, " bodies"]]:
    """Four corners each, and whether it is drawn. Quirk of spec/rendering.md 3.2 if asked for."""
    vertices = jnp.asarray(bodies.vertices)
    if view.config.padding_corner:  # an edge without length makes a shape vanish
        repeated = jnp.all(vertices == jnp.roll(vertices, -1, axis=1), axis=2)
        return vertices, bodies.active & ~jnp.any(repeated, axis=1)
    # the middle of a triangle's last edge serves as its fourth corner
    fourth = jnp.where(
        (bodies.n_vertices <= 3)[:, None], (vertices[:, 2] + vertices[:, 0]) / 2, vertices[:, 3]
    )
    return vertices.at[:, 3].set(fourth), jnp.asarray(bodies.active)


def _outlined(corners: Array, patches: Spans, colours: Array, view: View) -> Layers:
    shape = polygon_spans(corners, view.columns).within(patches)
    if not view.outline:
        return Layers(shape, colours)
    inner = polygon_spans(corners, view.columns, view.outline).within(shape)
    return _interleaved((shape, BLACK), (inner, colours))


def _circles(scene: Scene, view: View) -> Layers:
    bodies, columns = scene.circles, view.columns
    centre, radius = view.canvas(bodies.position), bodies.radius * view.scale
    disc = disc_spans(centre, radius, columns).within(_patches(bodies, bodies.active, view))
    line = radius_spans(centre, bodies.rotation, columns).within(disc)
    colours = body_colours(bodies)
    if not view.outline:
        return _interleaved((disc, colours), (line, BLACK))
    inner = disc_spans(centre, radius - view.outline, columns).within(disc)
    return _interleaved((disc, BLACK), (inner, colours), (line, BLACK))


def _joints(scene: Scene, view: View) -> Layers:
    joints, icon = scene.joints, view.joint
    corner = jnp.round(view.canvas(joints.global_position) - icon.size // 2)
    shape, colours = _stamped(icon.shape, corner, joints, view), joint_colours(joints)
    if icon.core is None:
        return Layers(shape, colours)
    core = _stamped(icon.core, corner, joints, view)
    return _interleaved((shape, BLACK), (core, colours))


def _stamped(icon: np.ndarray, corner: Array, joints: Joints, view: View) -> Spans:
    """An icon's spans (of hinges, of fixed joints) with their lower left corners at `corner`."""
    fixed = jnp.asarray(joints.is_fixed_joint)[:, None, None]
    rows = jnp.where(fixed, icon[None, 1], icon[None, 0]) + corner[:, None, 1:]
    across = corner[:, :1] + np.arange(icon.shape[1], dtype=np.float32)[None, :]
    here = across[:, :, None] == view.columns[None, None, :]
    first = jnp.min(jnp.where(here, rows[:, :, :1], FAR), axis=1)
    last = jnp.max(jnp.where(here, rows[:, :, 1:], -FAR), axis=1)
    return Spans(first, last).within(_where(joints.active))


def _thrusters(scene: Scene, view: View) -> Layers:
    thrusters = scene.thrusters
    angles = jnp.concatenate([scene.polygons.rotation, scene.circles.rotation])
    carrier = jnp.clip(thrusters.object_index, 0, scene.size.bodies - 1)
    heading = thrusters.rotation + angles[carrier]
    centre = jnp.round(view.canvas(thrusters.global_position))
    flame, nozzle = (
        polygon_spans(
            centre[:, None, :] + _turned(jnp.broadcast_to(part, (*heading.shape, 4, 2)), heading),
            view.columns,
        ).within(_where(thrusters.active))
        for part in thruster_icon(view.thruster)
    )
    return _interleaved((flame, thruster_colours(thrusters)), (nozzle, NOZZLE))


def _turned(
    points: Float[Array, "shapes points 2"], angle: Float[Array, " shapes"]
) -> Float[jax.Array, "shapes points 2"]:
    """Counter-clockwise about the origin."""
    c, s = jnp.cos(angle)[:, None], jnp.sin(angle)[:, None]
    x, y = points[..., 0], points[..., 1]
    return jnp.stack([c * x - s * y, s * x + c * y], axis=-1)


def _where(shown: Bool[Array, " shapes"]) -> Spans:
    """Every row or none."""
    far = jnp.where(jnp.asarray(shown)[:, None], FAR, -FAR)
    return Spans(-far, far)


def _patches(bodies: Bodies, shown: Bool[Array, " shapes"], view: View) -> Spans:
    """The square around each body's centre beyond which it is cut off; none if not shown."""
    side = view.margin
    corner = view.canvas(bodies.position - view.config.max_shape_size / 2)
    limit = np.array([[view.width + side, view.height + side]], np.float32)
    corner = jnp.clip(jnp.trunc(corner), 0, limit)
    columns = view.columns[None, :]
    inside = (columns >= corner[:, :1]) & (columns < corner[:, :1] + side)
    inside &= jnp.asarray(shown)[:, None]
    first = jnp.where(inside, corner[:, 1:], FAR)
    return Spans(first, jnp.where(inside, corner[:, 1:] + side - 1, -FAR))


def _interleaved(*parts: tuple[Spans, Array | int]) -> Layers:
    """The parts of the first shape, then those of the second, ..."""
    count = parts[0][0].first.shape[0]

    def mixed(arrays: Sequence[Array]) -> jax.Array:
        return jnp.stack(arrays, axis=1).reshape(-1, *arrays[0].shape[1:])

    first, last = (mixed([spans[i] for spans, _ in parts]) for i in range(2))
    colours = [jnp.broadcast_to(jnp.asarray(colour), (count,)) for _, colour in parts]
    return Layers(Spans(first, last), mixed(colours))
