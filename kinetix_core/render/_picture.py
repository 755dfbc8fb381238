"""Still pictures as files: SVG, or PNG with anti-aliased edges."""

from __future__ import annotations

from pathlib import Path

from kinetix_core.errors import RunError, SettingError

from ._formats import STILLS
from ._look import look
from ._raster import rasterise


def write_picture(path: str | Path, svg: str, *, theme: str = "light") -> Path:
    """Write what `scene_svg`, `contact_sheet_svg` or `filmstrip_svg` returned; returns the path.

    As it is to an .svg; to a .png in the size that it says, on the background of `theme`. Raises
    `SettingError` for another suffix and where a .png needs the extra `render`, `RunError` where
    `path` cannot be written.
    """
    path = Path(path)
    if path.suffix not in STILLS:
        raise SettingError(f"{path}: .svg or .png is expected")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".svg":
            path.write_text(svg, "utf-8", "backslashreplace")
        else:
            rasterise(svg, look()[theme]["page"]).save(path, "PNG", optimize=True)
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror or error})") from error
    return path
