"""Levels and recorded attempts as vector pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.scene import Scene

from . import _shapes
from ._drawing import Drawing, drawing
from ._look import look
from ._recording import Recording

FONT = "ui-sans-serif,system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"


def scene_svg(scene: Scene, *, width: int = 400, theme: str = "light", title: str = "") -> str:
    """One picture of a level: the room and everything active in it, `width` pixels wide.

    `scene` is one scene (no leading axis) on the host or device; `theme` is light or dark;
    `title` becomes the picture's accessible name. Raises `SettingError` for an unknown theme.
    """
    pose = _shapes.Pose(np.asarray(scene.bodies.position), np.asarray(scene.bodies.rotation), None)
    panel = _panel(drawing(scene), pose, theme, "k")
    return _sheet([(panel, "")], 1, width, theme, title)


def contact_sheet_svg(
    levels: Sequence[tuple[str, Scene]],
    *,
    columns: int = 5,
    width: int = 1000,
    theme: str = "light",
    title: str = "",
) -> str:
    """Pictures of many (name, level) pairs in rows of `columns`, names below."""
    panels = []
    for name, scene in levels:
        bodies = scene.bodies
        pose = _shapes.Pose(np.asarray(bodies.position), np.asarray(bodies.rotation), None)
        panels.append((_panel(drawing(scene), pose, theme, "k"), name))
    return _sheet(panels, columns, width, theme, title)


def filmstrip_svg(
    recording: Recording,
    *,
    frames: int = 5,
    width: int = 1000,
    theme: str = "light",
    title: str = "",
) -> str:
    """`frames` pictures (at least 2) from the start to the end of an attempt, with their times."""
    drawn, count = drawing(recording.level), len(recording.position)
    panels = []
    for i in np.linspace(0, count - 1, max(frames, 2)).round().astype(int).tolist():
        controls = recording.controls[min(i, recording.steps - 1)] if recording.steps else None
        if i == count - 1:
            controls = None  # the attempt is over: nothing drives it any more
        pose = _shapes.Pose(recording.position[i], recording.rotation[i], controls)
        trail = _trail(recording, drawn, i, theme)
        last = f", {recording.outcome}" if i == count - 1 else ""
        caption = f"{i * recording.seconds:.1f} s{last}"
        panels.append((_panel(drawn, pose, theme, "k", trail), caption))
    return _sheet(panels, len(panels), width, theme, title)


def _colours(theme: str) -> dict:
    themes = ("light", "dark")
    if theme not in themes:
        raise SettingError(f"theme={theme}: unknown{did_you_mean(theme, themes)}")
    return look()[theme]


def _panel(drawn: Drawing, pose: _shapes.Pose, theme: str, ids: str, behind: str = "") -> str:
    """The room in metres, y up, as the inside of a nested `svg` element."""
    colours = _colours(theme)
    content = _shapes.scene(drawn, pose, colours, ids)
    room = f'<path d="M-1 -1H6V6H-1Z" fill="{colours["wall"]}"/>'
    room += f'<path d="M0 0H5V5H0Z" fill="{colours["room"]}"/>'
    lines = "".join(f"M{k} 0V5M0 {k}H5" for k in range(1, 5))
    grid = f'<path d="{lines}" stroke="{colours["grid"]}" stroke-width="0.012"/>'
    return f'<g transform="scale(1 -1)">{room}{grid}{behind}{content}</g>'


def _trail(recording: Recording, drawn: Drawing, until: int, theme: str) -> str:
    """Where the green bodies have been up to a frame."""
    out = ""
    for part in drawn["bodies"]:
        if part["role"] == 1 and not part["wall"] and until > 0:
            path = recording.position[: until + 1, part["index"]]
            points = " ".join(f"{_shapes.num(x)},{_shapes.num(y)}" for x, y in path)
            out += (
                f'<polyline points="{points}" fill="none" stroke="{_colours(theme)["trail"]}"'
                ' stroke-width="0.03" stroke-opacity="0.45" stroke-dasharray="0.02 0.07"'
                ' stroke-linecap="round"/>'
            )
    return out


def _sheet(
    panels: Sequence[tuple[str, str]], columns: int, width: int, theme: str, title: str
) -> str:
    """Panels with captions in a grid, as one picture of `width` pixels."""
    colours, view = _colours(theme), look()["view"]
    wide, high = view["right"] - view["left"], view["top"] - view["bottom"]
    columns = max(min(columns, len(panels)), 1)
    gap = 0 if len(panels) == 1 else 12
    line = 22 if any(caption for _, caption in panels) else 0
    cell = (width - gap * (columns - 1)) / columns
    tall = cell * high / wide
    rows = -(-len(panels) // columns)
    height = rows * (tall + line) + (rows - 1) * gap
    box = f"{view['left']} {-view['top']} {wide:g} {high:g}"
    parts = []
    for i, (panel, caption) in enumerate(panels):
        x, y = (i % columns) * (cell + gap), (i // columns) * (tall + line + gap)
        parts.append(
            f'<svg x="{x:.1f}" y="{y:.1f}" width="{cell:.1f}" height="{tall:.1f}"'
            f' viewBox="{box}">{panel}</svg>'
        )
        if caption:
            parts.append(
                f'<text x="{x + cell / 2:.1f}" y="{y + tall + 16:.1f}" text-anchor="middle"'
                f' font-family="{FONT}" font-size="13" fill="{look()["caption"]}">'
                f"{escape(caption)}</text>"
            )
    name = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}"'
        f' viewBox="0 0 {width} {height:.1f}" role="img">{name}'
        f"<defs>{_shapes.hatches(colours, 'k')}</defs>{''.join(parts)}</svg>\n"
    )
