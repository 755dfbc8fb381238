"""Vector pictures as pixels: what `_svg` writes, drawn with Pillow, edges anti-aliased.

One description serves both, so a PNG shows what the SVG shows. Only what `_svg` and `_shapes` write
is understood: nested `svg`, `g`, plain outlines, hatch patterns, and text outside panels.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from ._formats import pillow
from ._outline import Line, dashes, outline

if TYPE_CHECKING:
    from PIL.Image import Image

SUPERSAMPLING = 4
"""Pixels are drawn this many times finer along each axis, and averaged."""
_LARGEST_FINE = 6000
"""Panels with more fine pixels than this along an axis are drawn at half of that."""
_INHERITED = ("fill", "stroke", "stroke-width", "stroke-linejoin", "stroke-linecap")
_FLAT = 0.25
"""How far arcs may be off, in fine pixels."""
_BEND = math.cos(math.radians(40))
"""Of the largest angle at which two pieces of a line share their corners."""


class _Hatch(NamedTuple):
    step: float
    width: float
    tone: str


def rasterise(svg: str, background: str) -> Image:
    """An RGB image of the size that the picture says. `background` is a colour as #rrggbb.

    Raises `SettingError` naming the extra where Pillow is not installed.
    """
    PIL = pillow()
    root = ElementTree.fromstring(svg)
    size = round(float(root.get("width", "0"))), round(float(root.get("height", "0")))
    image = PIL.Image.new("RGB", size, background)
    hatches = {f"url(#{p.get('id')})": _hatch(p) for p in root.iter() if p.tag.endswith("}pattern")}
    for element in root:
        tag = element.tag.rpartition("}")[2]
        if tag == "svg":
            _panel(image, element, hatches, background)
        elif tag == "text":
            _text(image, element)
    return image


def _hatch(pattern: Element) -> _Hatch:
    line = pattern[0]
    # The stroke stands on the tile's edge, so that half of it is seen.
    width = float(line.get("stroke-width", "0")) / 2
    return _Hatch(float(pattern.get("width", "1")), width, line.get("stroke", "#000000"))


def _panel(image: Image, element: Element, hatches: dict[str, _Hatch], background: str) -> None:
    """A nested picture, clipped to its place."""
    PIL = pillow()
    x, y, w, h = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
    left, top, wide, _ = (float(n) for n in element.get("viewBox", "").split())
    place = (round(x), round(y))
    size = round(x + w) - place[0], round(y + h) - place[1]
    fine = SUPERSAMPLING if SUPERSAMPLING * max(size) <= _LARGEST_FINE else SUPERSAMPLING // 2
    canvas = PIL.Image.new("RGB", (size[0] * fine, size[1] * fine), background)
    unit = w / wide * fine
    # For Pillow, whole numbers are the middles of pixels.
    matrix = np.array([[unit, 0, -left * unit - 0.5], [0, unit, -top * unit - 0.5]])
    painter = _Painter(canvas, hatches)
    for child in element:
        painter.draw(child, matrix, {})
    image.paste(canvas.reduce(fine), place)


def _text(image: Image, element: Element) -> None:
    PIL = pillow()
    size = float(element.get("font-size", "13"))
    font = PIL.ImageFont.load_default(size)
    anchor = {"middle": "ms", "end": "rs"}.get(element.get("text-anchor", ""), "ls")
    place = float(element.get("x", "0")), float(element.get("y", "0"))
    draw = PIL.ImageDraw.Draw(image)
    draw.text(place, element.text or "", element.get("fill"), font, anchor=anchor)


class _Painter:
    """Draws elements on a fine canvas. Matrices (2, 3) map their coordinates to its pixels."""

    def __init__(self, canvas: Image, hatches: dict[str, _Hatch]):
        self.canvas = canvas
        self.hatches = hatches
        self.pen = pillow().ImageDraw.Draw(canvas)

    def draw(self, element: Element, matrix: np.ndarray, style: dict[str, str]) -> None:
        matrix = _moved(matrix, element.get("transform", ""))
        style = style | {name: v for name in _INHERITED if (v := element.get(name)) is not None}
        if element.tag.endswith("}g"):
            for child in element:
                self.draw(child, matrix, style)
            return
        shape = outline(element, _FLAT / math.sqrt(abs(np.linalg.det(matrix[:, :2]))))
        lines = [(p @ matrix[:, :2].T + matrix[:, 2], closed) for p, closed in shape]
        fill, stroke = style.get("fill", "#000000"), style.get("stroke", "none")
        if fill in self.hatches:
            self._fill_hatched(lines, matrix, self.hatches[fill])
        elif fill != "none":
            for points, _ in lines:
                self.pen.polygon(_pairs(points), fill=fill)
        if stroke != "none":
            self._stroke(element, lines, matrix, style, stroke)

    def _stroke(
        self, element: Element, lines: list[Line], matrix: np.ndarray, style: dict, tone: str
    ) -> None:
        unit = math.sqrt(abs(np.linalg.det(matrix[:, :2])))
        width = float(style.get("stroke-width", "1")) * unit
        if dash := element.get("stroke-dasharray"):
            on, off = (float(n) * unit for n in dash.split())
            lines = [(piece, False) for p, _ in lines for piece in dashes(p, on, off)]
        round_ends = style.get("stroke-linecap") == "round"
        opacity = float(element.get("stroke-opacity", "1"))
        if opacity >= 1:
            for points, closed in lines:
                _stroke(self.pen, points, closed, width, round_ends, tone)
            return
        mask, corner = self._mask([p for p, _ in lines], width)
        pen = pillow().ImageDraw.Draw(mask)
        for points, closed in lines:
            _stroke(pen, points - corner, closed, width, round_ends, round(255 * opacity))
        self.canvas.paste(tone, corner, mask)

    def _mask(self, lines: list[np.ndarray], margin: float) -> tuple[Any, tuple[int, int]]:
        """An empty mask over these points and the place of its corner; never beyond the canvas."""
        points = np.concatenate(lines)
        low = np.clip(np.floor(points.min(axis=0) - margin), 0, self.canvas.size).astype(int)
        high = np.clip(np.ceil(points.max(axis=0) + margin + 1), 0, self.canvas.size).astype(int)
        wide, high_ = np.maximum(high - low, 1).tolist()
        return pillow().Image.new("L", (wide, high_), 0), (int(low[0]), int(low[1]))

    def _fill_hatched(self, lines: list[Line], matrix: np.ndarray, hatch: _Hatch) -> None:
        """Stripes at 45 degrees, in the body's own frame so that they turn with it."""
        PIL = pillow()
        shape, corner = self._mask([p for p, _ in lines], 0)
        stripes = PIL.Image.new("L", shape.size, 0)
        pen = PIL.ImageDraw.Draw(shape)
        for points, _ in lines:
            pen.polygon(_pairs(points - corner), fill=255)
        inverse = np.linalg.inv(matrix[:, :2])
        inside = (np.concatenate([p for p, _ in lines]) - matrix[:, 2]) @ inverse.T
        reach = float(np.hypot(*inside.T).max())
        across, along = np.array([1, 1]) * math.sqrt(0.5), np.array([-1, 1]) * math.sqrt(0.5)
        pen = PIL.ImageDraw.Draw(stripes)
        for k in range(math.floor(-reach / hatch.step), math.ceil(reach / hatch.step)):
            low, high = k * hatch.step * across, (k * hatch.step + hatch.width) * across
            far = reach * along
            quad = np.array([low - far, low + far, high + far, high - far])
            pen.polygon(_pairs(quad @ matrix[:, :2].T + matrix[:, 2] - corner), fill=255)
        self.canvas.paste(hatch.tone, corner, PIL.ImageChops.multiply(shape, stripes))


def _pairs(points: np.ndarray) -> list[tuple[float, float]]:
    return [(x, y) for x, y in points.tolist()]


def _stroke(
    pen: Any, points: np.ndarray, closed: bool, width: float, round_ends: bool, tone: Any
) -> None:
    """A line of a width: a quadrilateral for each piece, discs at sharp bends and, if asked, ends.

    Where it bends a little, neighbours share their corners.
    """
    if closed:
        points = np.concatenate([points, points[:1]])
    along = np.diff(points, axis=0)
    length = np.hypot(along[:, 0], along[:, 1])
    keep = length > 1e-6
    starts, ends = points[:-1][keep], points[1:][keep]
    side = along[keep][:, ::-1] * (-1, 1) / length[keep, None]
    after = np.roll(side, -1, axis=0)
    straight = (side * after).sum(axis=1)
    smooth = straight > _BEND
    if not closed:
        smooth[-1:] = False
    shared = (side + after) / (1 + np.maximum(straight, 0))[:, None]
    at_end = np.where(smooth[:, None], shared, side) * (width / 2)
    at_start = np.roll(np.where(smooth[:, None], shared, after), 1, axis=0) * (width / 2)
    quads = [starts + at_start, ends + at_end, ends - at_end, starts - at_start]
    for corners in np.concatenate(quads, axis=1).tolist():
        pen.polygon(corners, fill=tone)
    discs = ends[~smooth] if closed else ends[:-1][~smooth[:-1]]
    if round_ends and not closed:
        discs = np.concatenate([discs, points[:1], points[-1:]])
    for x, y in discs.tolist():
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=tone)


def _moved(matrix: np.ndarray, transform: str) -> np.ndarray:
    """`matrix` after the translations, turns and scalings of a `transform` attribute."""
    for name, text in re.findall(r"(\w+)\(([^)]*)\)", transform):
        values = [float(n) for n in text.split()]
        if name == "translate":
            part = np.array([[1, 0, values[0]], [0, 1, values[1]]])
        elif name == "rotate":
            c, s = math.cos(math.radians(values[0])), math.sin(math.radians(values[0]))
            part = np.array([[c, -s, 0], [s, c, 0]])
        else:
            part = np.array([[values[0], 0, 0], [0, values[-1], 0]])
        matrix = np.concatenate(
            [matrix[:, :2] @ part[:, :2], (matrix[:, :2] @ part[:, 2] + matrix[:, 2])[:, None]],
            axis=1,
        )
    return matrix
