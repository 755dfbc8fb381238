"""Bodies, joints and thrusters of a drawing as SVG elements, in metres with y up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._drawing import Drawing
from ._look import look

Theme = dict[str, Any]


class Pose:
    """Where the bodies of one frame are. `position` (bodies, 2) m, `rotation` (bodies,) rad."""

    def __init__(self, position: np.ndarray, rotation: np.ndarray, controls: np.ndarray | None):
        self.position = position
        self.rotation = rotation
        self.controls = controls

    def control(self, slot: int) -> float:
        """What drives the joint or thruster with this slot now; 0 where nothing was recorded."""
        return 0.0 if self.controls is None else float(self.controls[slot])

    def point(self, body: int, anchor: Any) -> tuple[float, float]:
        """World coordinates (m) of a point in the frame of a body."""
        (x, y), a = self.position[body], self.rotation[body]
        c, s = math.cos(a), math.sin(a)
        return x + c * anchor[0] - s * anchor[1], y + s * anchor[0] + c * anchor[1]


def num(value: float) -> str:
    """A coordinate with at most millimetres, as short as it can be written."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _place(x: float, y: float, angle: float = 0.0) -> str:
    turn = f" rotate({num(math.degrees(angle))})" if angle else ""
    return f'transform="translate({num(x)} {num(y)}){turn}"'


def body(part: dict[str, Any], pose: Pose, theme: Theme, ids: str) -> str:
    """One body: filled in its role's colour, hatched if fixated, circles with a rotation mark."""
    index, role, width = part["index"], part["role"], num(look()["outline"])
    x, y = pose.position[index]
    place = _place(x, y, float(pose.rotation[index]))
    if part["wall"] and not role:
        fill, line = theme["wall"], theme["wall"]
    else:
        fill = theme["fixated" if part["fixated"] else "roles"][role]
        line = theme["roleLines"][role]
    mark = ""
    if "radius" in part:
        radius = num(max(part["radius"] - look()["outline"] / 2, 0.005))
        tag = f'circle r="{radius}"'
        mark = f'<path d="M0 0V{radius}" fill="none"/>'
    else:
        points = " ".join(f"{num(x)},{num(y)}" for x, y in part["vertices"])
        tag = f'polygon points="{points}"'
    hatch = ""
    if part["fixated"] and not part["wall"]:
        hatch = f'<{tag} fill="url(#{ids}-hatch{role})"/>'
    return (
        f'<g {place} stroke="{line}" stroke-width="{width}" stroke-linejoin="round"'
        f' stroke-linecap="round"><{tag} fill="{fill}"/>{hatch}{mark}</g>'
    )


def hatches(theme: Theme, ids: str) -> str:
    """The patterns that fixated bodies are filled with, one for each role."""
    step, width = look()["hatchStep"], look()["hatchWidth"]
    return "".join(
        f'<pattern id="{ids}-hatch{role}" width="{step}" height="{step}"'
        f' patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path d="M0 0V{step}" stroke="{colour}" stroke-width="{2 * width}"/></pattern>'
        for role, colour in enumerate(theme["hatch"])
    )


def _tone(part: dict[str, Any], theme: Theme) -> str:
    return theme["inputs"][part["input"] % len(theme["inputs"])]


def joint(part: dict[str, Any], pose: Pose, theme: Theme) -> str:
    """A square for a fixed joint; a pin for a revolute one, with limits and motor direction."""
    x, y = pose.point(part["a"], part["anchorA"])
    r = look()["joint"]
    line = f'stroke="{theme["line"]}" stroke-width="0.018"'
    if part["welded"]:
        h = 0.75 * r
        cross = f"M{num(-h)} {num(-h)}L{num(h)} {num(h)}M{num(-h)} {num(h)}L{num(h)} {num(-h)}"
        return (
            f'<g {_place(x, y)} {line}><rect x="{num(-h)}" y="{num(-h)}" width="{num(2 * h)}"'
            f' height="{num(2 * h)}" fill="{theme["pin"]}"/><path d="{cross}"/></g>'
        )
    inner = _limits(part, pose, theme) if part["limits"] else ""
    inner += _arrow(part, pose, theme) if part["motor"] else ""
    fill = _tone(part, theme) if part["motor"] else theme["pin"]
    dot = f'<circle r="{num(0.3 * r)}" fill="{theme["line"]}"/>'
    return f'<g {_place(x, y)}>{inner}<circle r="{num(r)}" fill="{fill}" {line}/>{dot}</g>'


def _limits(part: dict[str, Any], pose: Pose, theme: Theme) -> str:
    """An arc over the angles that body b may take, and a needle at its present angle."""
    r = look()["limit"]
    anchor = part["anchorB"]
    ahead = math.atan2(-anchor[1], -anchor[0]) if math.hypot(*anchor) > 0.02 else math.pi / 2
    base = float(pose.rotation[part["a"]]) + part["rest"] + ahead
    low, high = part["limits"]
    needle = float(pose.rotation[part["b"]]) + ahead
    ends = [
        f"M{num(0.8 * r * math.cos(a))} {num(0.8 * r * math.sin(a))}"
        f"L{num(1.2 * r * math.cos(a))} {num(1.2 * r * math.sin(a))}"
        for a in (base + low, base + high)
    ]
    path = arc(r, base + low, base + high) + "".join(ends)
    path += f"M0 0L{num(r * math.cos(needle))} {num(r * math.sin(needle))}"
    return (
        f'<path d="{path}" fill="none" stroke="{theme["sketch"]}" stroke-width="0.016"'
        f' stroke-opacity="0.75"/>'
    )


def arc(radius: float, start: float, end: float) -> str:
    """An SVG path along a circle around the origin, counter-clockwise from `start` to `end`."""
    span = min(max(end - start, -2 * math.pi + 1e-3), 2 * math.pi - 1e-3)
    end = start + span
    large, sweep = int(abs(span) > math.pi), int(span > 0)
    return (
        f"M{num(radius * math.cos(start))} {num(radius * math.sin(start))}"
        f"A{num(radius)} {num(radius)} 0 {large} {sweep}"
        f" {num(radius * math.cos(end))} {num(radius * math.sin(end))}"
    )


def _arrow(part: dict[str, Any], pose: Pose, theme: Theme) -> str:
    """Which way the motor turns body b against body a; pale while it rests (both ways)."""
    drive = pose.control(part["slot"])
    if part["auto"] and pose.controls is None:
        drive = 1.0
    r, tip = look()["arrow"], 0.055
    turn = (1 if drive > 0 else -1) * (-1 if part["backwards"] else 1)
    tone = _tone(part, theme) if drive else theme["idle"]
    start, end = 0.5 * math.pi - turn * 1.9, 0.5 * math.pi + turn * 1.9
    heads = [_head(r, end, turn, tip, tone)]
    if not drive:
        heads.append(_head(r, start, -turn, tip, tone))
    width = num(0.028 if drive else 0.02)
    return (
        f'<path d="{arc(r, start, end)}" fill="none" stroke="{theme["line"]}" stroke-width="0.05"'
        f' stroke-opacity="0.35"/><path d="{arc(r, start, end)}" fill="none" stroke="{tone}"'
        f' stroke-width="{width}"/>{"".join(heads)}'
    )


def _head(r: float, angle: float, turn: int, tip: float, tone: str) -> str:
    """An arrow head at `angle` on the circle of radius `r`, pointing along the turn."""
    ahead = angle + turn * 1.3 * tip / r
    points = [
        (r * math.cos(ahead), r * math.sin(ahead)),
        ((r + tip) * math.cos(angle), (r + tip) * math.sin(angle)),
        ((r - tip) * math.cos(angle), (r - tip) * math.sin(angle)),
    ]
    return f'<polygon points="{" ".join(f"{num(x)},{num(y)}" for x, y in points)}" fill="{tone}"/>'


def thruster(part: dict[str, Any], pose: Pose, theme: Theme) -> str:
    """A nozzle that leads, and a flame behind it as long as the present push."""
    x, y = pose.point(part["body"], part["anchor"])
    angle = part["angle"] + float(pose.rotation[part["body"]])
    n, push = look()["nozzle"], pose.control(part["slot"])
    flame = ""
    if push > 0:
        length = look()["flame"] * push * min(max(part["power"], 0.5), 2.0)
        for scale, tone in ((1.0, theme["inputs"][3]), (0.6, "#fff3c4")):
            w = num(0.8 * n * scale)
            back = num(-n * 0.5 - length * scale)
            flame += (
                f'<path d="M{num(-0.5 * n)} {w}Q{num(-n * 0.5 - length * scale * 0.4)} {w}'
                f' {back} 0Q{num(-n * 0.5 - length * scale * 0.4)} -{w} {num(-0.5 * n)} -{w}Z"'
                f' fill="{tone}"/>'
            )
    w, v = num(0.85 * n), num(0.4 * n)
    nozzle = f"M{num(-0.6 * n)} {w}L{num(n)} {v}V-{v}L{num(-0.6 * n)} -{w}Z"
    return (
        f'<g {_place(x, y, angle)}>{flame}<path d="{nozzle}" fill="{_tone(part, theme)}"'
        f' stroke="{theme["line"]}" stroke-width="0.018" stroke-linejoin="round"/></g>'
    )


def scene(drawn: Drawing, pose: Pose, theme: Theme, ids: str) -> str:
    """Everything of one frame, in drawing order: bodies, joints, thrusters."""
    parts = [body(part, pose, theme, ids) for part in drawn["bodies"]]
    parts += [thruster(part, pose, theme) for part in drawn["thrusters"]]
    parts += [joint(part, pose, theme) for part in drawn["joints"]]
    return "".join(parts)
