"""Make the picture of what the encoder `pixels` sees, in three resolutions.

python docs/images/make_pixels.py
"""

from pathlib import Path

import jax
import numpy as np
from kinetix_observations import Pixels, PixelsConfig
from PIL import Image

from kinetix_core.interfaces import Task
from kinetix_core.scene import read_level

HERE = Path(__file__).parent
LEVEL = "handmade/m/sling_load"
SETTINGS = ({}, {"downscale": 2}, {"downscale": 1})
SIDE = 500  # a multiple of every picture, so that no pixel is lost


def panel(**settings) -> np.ndarray:
    """(SIDE, SIDE, 3) bytes, the picture with its y axis upwards."""
    scene = read_level(LEVEL).scene
    encoder = Pixels(PixelsConfig(**settings), Task(size=scene.size))
    image = np.asarray(jax.jit(encoder.encode)(scene)["image"])
    picture = Image.fromarray(np.round(image.swapaxes(0, 1)[::-1] * 255).astype(np.uint8))
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.NEAREST))


def main() -> None:
    gap = np.full((SIDE, 8, 3), 128, np.uint8)
    first, *others = (panel(**settings) for settings in SETTINGS)
    parts = [first]
    for other in others:
        parts += [gap, other]
    Image.fromarray(np.concatenate(parts, axis=1)).save(HERE / "pixels.png", optimize=True)


if __name__ == "__main__":
    main()
