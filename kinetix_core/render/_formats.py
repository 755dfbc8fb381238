"""What files can be written, and the optional packages that some of them need."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from kinetix_core.errors import SettingError

STILLS, FILMS, PAGES = (".svg", ".png"), (".gif", ".mp4"), (".html",)
FORMATS = STILLS + FILMS + PAGES
FRAMES_PER_SECOND = {".gif": (15, 50), ".mp4": (30, 240)}
"""Usual and most; browsers slow down a GIF that has more."""
_INSTALL = "pip install 'open-kinetix[render]'"


def require_packages(suffix: str) -> None:
    """Raises `SettingError` naming the extra where this format cannot be written here."""
    if suffix in (".png", ".gif", ".mp4"):
        pillow()
    if suffix == ".mp4":
        ffmpeg()


def usual_still() -> str:
    """The suffix of a picture that can be written here: .png with Pillow, .svg without it."""
    try:
        pillow()
    except SettingError:
        return ".svg"
    return ".png"


def check_fps(suffix: str, fps: int) -> None:
    """Raises `SettingError` for a number of frames per second that this format cannot have."""
    most = FRAMES_PER_SECOND[suffix][1]
    if not 1 <= fps <= most:
        raise SettingError(f"fps={fps}: 1 to {most} is expected for a {suffix}")


def pillow() -> ModuleType:
    """`PIL`. Raises `SettingError` naming the extra where it is not installed."""
    try:
        import PIL.Image
        import PIL.ImageChops
        import PIL.ImageDraw
        import PIL.ImageFont
    except ImportError as error:
        raise SettingError(
            f"a .png, .gif or .mp4 needs Pillow: {_INSTALL}; or write an .svg or .html"
        ) from error
    return PIL


def ffmpeg() -> Any:
    """`imageio_ffmpeg`. Raises `SettingError` naming the extra where it is not installed."""
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise SettingError(
            f"an .mp4 needs imageio-ffmpeg: {_INSTALL}; or write a .gif or .html"
        ) from error
    return imageio_ffmpeg
