"""observation/pixels: a picture of the room. Source: spec/rendering.md, spec/observations.md 6."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from kinetix_core.interfaces import Box, ObservationEncoder, Record, Task
from kinetix_core.scene import Scene, SceneSize

from ._config import PixelsConfig
from ._features import gravity_feature
from ._layers import Layers, layers
from ._palette import COLOURS, WHITE
from ._view import View


@dataclass(frozen=True)
class Pixels(ObservationEncoder):
    """`image`: floats in [0, 1], axes (x, y, colour), y up; `global_info`: gravity.

    Drawn without anti-aliasing: floor, polygons, circles with a radius line, joints, thrusters,
    later ones over earlier ones. Walls, ceiling and inactive slots are not drawn. Colours say
    role, fixation and input, as in spec/rendering.md 2. One frame: velocities do not show.
    Gradients through the image are zero.
    """

    config: PixelsConfig
    task: Task

    @cached_property
    def view(self) -> View:
        """Sizes of the picture in pixels."""
        return View(self.config)

    def space(self, size: SceneSize) -> Record:
        image = Box(0, 1, (self.view.width, self.view.height, 3))
        return Record((("image", image), ("global_info", Box(-np.inf, np.inf, (1,)))))

    def encode(self, scene: Scene) -> dict[str, jax.Array]:
        still = jax.lax.stop_gradient(jax.tree.map(jnp.asarray, scene))
        image = painted(layers(still, self.view), self.view)
        return {"image": image, "global_info": gravity_feature(scene)[None]}


def painted(groups: list[Layers], view: View) -> Float[jax.Array, "width height 3"]:
    """The picture of all layers, the last one on top.

    Layer by layer over all pixels, in bytes: the compiler makes one loop of it, some thirty
    pixels at a time. Colours are looked up at the end.
    """
    kind = np.uint8 if view.height < 256 else np.uint16
    parts = [_visible(group, view, kind) for group in groups]
    first, count, colours = (jnp.concatenate(part) for part in zip(*parts, strict=True))
    rows = np.arange(view.height, dtype=kind)[None, :]
    picture = jnp.full((view.width, view.height), WHITE, jnp.int8)
    for k in range(colours.shape[0]):
        # rows before the first wrap around and are far beyond the count
        covered = (rows - first[k, :, None]) < count[k, :, None]
        picture = jnp.where(covered, colours[k], picture)
    return jnp.asarray(COLOURS / 255)[picture]


def _visible(group: Layers, view: View, kind: type) -> tuple[jax.Array, jax.Array, jax.Array]:
    """First row in the picture and number of rows, (layers, columns); colours.

    As small integers from here on: joined as floats, the groups would not be vectorised.
    """
    first = jnp.maximum(group.spans.first - view.margin, 0)
    last = jnp.minimum(group.spans.last - view.margin, view.height - 1)
    seen = first <= last  # false for NaN, too
    first = jnp.where(seen, first, 0)
    count = jnp.where(seen, last - first + 1, 0)
    return first.astype(kind), count.astype(kind), jnp.asarray(group.colours, jnp.int8)
