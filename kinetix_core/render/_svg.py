"""Levels and recorded attempts as vector pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.scene import Scene

from . import _shapes
from ._drawing import Drawing, drawing
from ._look import look
from ._recording import Recording
from ._replay import Replay, as_replay

GAP, LINE, STRIP, CHARACTER = 12, 18, 34, 6.8
"""Pixels between panels, of a line of text, of the strip below it, and of one character."""
FONT = "ui-sans-serif,system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"


class Panel(NamedTuple):
    """One picture of a sheet: what is in the room, lines of text below, and a strip below those.

    strip: elements in pixels, from the strip's upper left corner; "" for none.
    """

    content: str
    captions: tuple[str, ...] = ()
    strip: str = ""


def scene_svg(scene: Scene, *, width: int = 400, theme: str = "light", title: str = "") -> str:
    """One picture of a level: the room and everything active in it, `width` pixels wide.

    `scene` is one scene (no leading axis) on the host or device; `theme` is light or dark;
    `title` becomes the picture's accessible name. Raises `SettingError` for an unknown theme.
    """
    pose = _shapes.Pose(np.asarray(scene.bodies.position), np.asarray(scene.bodies.rotation), None)
    return sheet([Panel(room(drawing(scene), pose, theme))], 1, width, theme, title)


def contact_sheet_svg(
    levels: Sequence[tuple[str, Scene]],
    *,
    columns: int = 5,
    width: int = 1000,
    theme: str = "light",
    title: str = "",
) -> str:
    """Pictures of many (name, level) pairs in rows of `columns`, names below.

    A name that is too long for its place is shortened in the middle.
    """
    panels = []
    for name, scene in levels:
        bodies = scene.bodies
        pose = _shapes.Pose(np.asarray(bodies.position), np.asarray(bodies.rotation), None)
        panels.append(Panel(room(drawing(scene), pose, theme), (name,)))
    return sheet(panels, columns, width, theme, title)


def filmstrip_svg(
    recording: Recording | Replay,
    *,
    frames: int = 5,
    width: int = 1000,
    theme: str = "light",
    title: str = "",
) -> str:
    """`frames` pictures (at least 2) from the start to the end of an attempt, with their times."""
    panels = _moments(as_replay(recording), max(frames, 2), theme)
    return sheet(panels, len(panels), width, theme, title)


def filmstrips_svg(
    recordings: Sequence[Recording | Replay],
    *,
    frames: int = 5,
    width: int = 1000,
    theme: str = "light",
    title: str = "",
) -> str:
    """A row as of `filmstrip_svg` for each attempt; its name stands below the first picture."""
    panels = []
    for replay in map(as_replay, recordings):
        first, *rest = _moments(replay, max(frames, 2), theme)
        named = first._replace(captions=(*first.captions, replay.title))
        panels += [named, *rest]
    return sheet(panels, max(frames, 2), width, theme, title)


def _moments(replay: Replay, frames: int, theme: str) -> list[Panel]:
    panels = []
    for i in np.linspace(0, replay.steps, frames).round().astype(int).tolist():
        last = f", {replay.outcome}" if i == replay.steps else ""
        caption = f"{i * replay.seconds:.1f} s{last}"
        panels.append(Panel(moment(replay, i, theme), (caption,)))
    return panels


def moment(replay: Replay, step: int, theme: str) -> str:
    """The inside of a panel: an attempt before step `step`, with what drives it then."""
    # Once the attempt is over, nothing drives it any more.
    controls = replay.controls[step] if step < replay.steps else None
    pose = _shapes.Pose(replay.position[step], replay.rotation[step], controls)
    return room(replay.drawing, pose, theme, _trail(replay, step, theme))


def _colours(theme: str) -> dict:
    themes = ("light", "dark")
    if theme not in themes:
        raise SettingError(f"theme={theme}: unknown{did_you_mean(theme, themes)}")
    return look()[theme]


def room(drawn: Drawing, pose: _shapes.Pose, theme: str, behind: str = "") -> str:
    """The room in metres, y up, as the inside of a nested `svg` element."""
    colours = _colours(theme)
    content = _shapes.scene(drawn, pose, colours, "k")
    walls = f'<path d="M-1 -1H6V6H-1Z" fill="{colours["wall"]}"/>'
    walls += f'<path d="M0 0H5V5H0Z" fill="{colours["room"]}"/>'
    lines = "".join(f"M{k} 0V5M0 {k}H5" for k in range(1, 5))
    grid = f'<path d="{lines}" stroke="{colours["grid"]}" stroke-width="0.012"/>'
    return f'<g transform="scale(1 -1)">{walls}{grid}{behind}{content}</g>'


def _trail(replay: Replay, until: int, theme: str) -> str:
    """Where the green bodies have been up to a frame."""
    out = ""
    for part in replay.drawing["bodies"]:
        if part["role"] == 1 and not part["wall"] and until > 0:
            path = replay.position[: until + 1, part["index"]]
            points = " ".join(f"{_shapes.num(x)},{_shapes.num(y)}" for x, y in path)
            out += (
                f'<polyline points="{points}" fill="none" stroke="{_colours(theme)["trail"]}"'
                ' stroke-width="0.03" stroke-opacity="0.45" stroke-dasharray="0.02 0.07"'
                ' stroke-linecap="round"/>'
            )
    return out


def sheet(panels: Sequence[Panel], columns: int, width: int, theme: str, title: str = "") -> str:
    """Panels in a grid, as one picture of `width` pixels."""
    colours, view = _colours(theme), look()["view"]
    wide, high = view["right"] - view["left"], view["top"] - view["bottom"]
    columns = max(min(columns, len(panels)), 1)
    cell = cell_width(len(panels), columns, width)
    tall = cell * high / wide
    gap = GAP if len(panels) > 1 else 0
    lines = max(sum(map(bool, panel.captions)) for panel in panels)
    strip = STRIP if any(panel.strip for panel in panels) else 0
    below = lines * LINE + (4 if lines else 0) + strip
    rows = -(-len(panels) // columns)
    height = rows * (tall + below) + (rows - 1) * gap
    box = f"{view['left']} {-view['top']} {wide:g} {high:g}"
    parts = []
    for i, panel in enumerate(panels):
        x, y = (i % columns) * (cell + gap), (i // columns) * (tall + below + gap)
        parts.append(
            f'<svg x="{x:.1f}" y="{y:.1f}" width="{cell:.1f}" height="{tall:.1f}"'
            f' viewBox="{box}">{panel.content}</svg>'
        )
        parts += [
            f'<text x="{x + cell / 2:.1f}" y="{y + tall + LINE * k + 16:.1f}" text-anchor="middle"'
            f' font-family="{FONT}" font-size="13" fill="{look()["caption"]}">'
            f"{escape(fitted(caption, cell))}</text>"
            for k, caption in enumerate(panel.captions)
        ]
        if panel.strip:
            parts.append(
                f'<svg x="{x:.1f}" y="{y + tall + below - strip:.1f}" width="{cell:.1f}"'
                f' height="{strip}" viewBox="0 0 {cell:.1f} {strip}">{panel.strip}</svg>'
            )
    name = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}"'
        f' viewBox="0 0 {width} {height:.1f}" role="img">{name}'
        f"<defs>{_shapes.hatches(colours, 'k')}</defs>{''.join(parts)}</svg>\n"
    )


def cell_width(count: int, columns: int, width: int) -> float:
    """How wide (pixels) each of `count` panels is in a sheet of `width`."""
    columns = max(min(columns, count), 1)
    return (width - (GAP if count > 1 else 0) * (columns - 1)) / columns


def fitted(text: str, width: float) -> str:
    """`text` with its middle left out where it is wider than `width` pixels, by a usual font."""
    room = max(int(width / CHARACTER), 5)
    if len(text) <= room:
        return text
    return f"{text[: room // 3]}…{text[len(text) - room + room // 3 + 1 :]}"
