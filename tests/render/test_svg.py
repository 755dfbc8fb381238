"""Vector pictures of levels: every part is there, where it belongs."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from kinetix_core.errors import SettingError
from kinetix_core.render import contact_sheet_svg, filmstrip_svg, scene_svg
from kinetix_core.render._look import look
from kinetix_core.scene import S, empty_scene
from tests.render.sample import sample_level, sample_recording

NS = "{http://www.w3.org/2000/svg}"
LIGHT = look()["light"]


def elements(svg: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter(NS + tag))


def test_bodies_have_the_colours_of_their_roles_and_fixated_ones_are_hatched():
    fills = [e.get("fill") for e in elements(scene_svg(sample_level()), "polygon")]
    assert fills.count(LIGHT["wall"]) == 4
    assert LIGHT["roles"][1] in fills
    circles = [e.get("fill") for e in elements(scene_svg(sample_level()), "circle")]
    assert LIGHT["roles"][2] in circles
    assert LIGHT["fixated"][3] in circles
    assert "url(#k-hatch3)" in circles
    assert not [f for f in fills + circles if f in ("url(#k-hatch1)", "url(#k-hatch2)")]


def test_a_body_stands_where_the_scene_says():
    groups = [g.get("transform", "") for g in elements(scene_svg(sample_level()), "g")]
    assert f"translate(2 2) rotate({math.degrees(0.5):.3f})" in groups
    bar = [
        e
        for e in elements(scene_svg(sample_level()), "polygon")
        if e.get("fill") == LIGHT["roles"][1]
    ]
    assert bar[0].get("points") == "-0.5,0.1 0.5,0.1 0.5,-0.1 -0.5,-0.1"


def test_a_joint_is_drawn_at_its_anchor_in_its_inputs_colour_with_limits():
    svg = scene_svg(sample_level())
    (pin,) = [
        g
        for g in elements(svg, "g")
        if g.get("transform") == "translate(2.5 2)"
        and any(c.get("fill") == LIGHT["inputs"][2] for c in g.iter(NS + "circle"))
    ]
    limits = next(p for p in pin.iter(NS + "path") if p.get("stroke") == LIGHT["sketch"])
    start = re.match(r"M(\S+) (\S+)A", limits.get("d", ""))
    assert start
    # The bar hangs from its right end, so it points to the left of the pin, at its rest angle.
    assert math.atan2(float(start[2]), float(start[1])) == pytest.approx(math.pi - 0.4, abs=0.01)


def test_a_welded_joint_is_a_square_without_motor():
    level = sample_level()
    level.joints.is_fixed_joint[:] = True
    svg = scene_svg(level)
    assert len(elements(svg, "rect")) == 1
    assert LIGHT["inputs"][2] not in svg


def test_inactive_slots_leave_no_mark():
    level = sample_level()
    for part in (level.circles, level.joints, level.thrusters):
        part.active[:] = False
    level.polygons.active[4] = False
    assert scene_svg(level) == scene_svg(empty_scene(S))


def test_a_triangle_has_three_corners():
    level = sample_level()
    level.polygons.n_vertices[4] = 3
    bar = [e for e in elements(scene_svg(level), "polygon") if e.get("fill") == LIGHT["roles"][1]]
    assert bar[0].get("points") == "-0.5,0.1 0.5,0.1 0.5,-0.1"


def test_the_flame_grows_with_the_push_and_points_away_from_it():
    def reach(push: float) -> float:
        recording = replace(sample_recording(), controls=np.full((10, 2), push))
        svg = filmstrip_svg(recording, frames=2)
        flames = [
            p.get("d", "") for p in elements(svg, "path") if p.get("fill") == LIGHT["inputs"][3]
        ]
        return float(re.findall(r"-?[\d.]+", flames[0])[4]) if flames else 0.0

    assert reach(0.0) == 0.0
    assert reach(1.0) < reach(0.5) < -look()["nozzle"] * 0.5


def test_a_motor_arrow_turns_with_the_control():
    def arrow(drive: float) -> str:
        recording = replace(sample_recording(), controls=np.full((10, 2), drive))
        paths = [
            p.get("d", "")
            for p in elements(filmstrip_svg(recording, frames=2), "path")
            if p.get("stroke") == LIGHT["inputs"][2]
        ]
        return paths[0] if paths else ""

    assert " 1 1 " in arrow(1.0)  # counter-clockwise, with y up
    assert " 1 0 " in arrow(-1.0)
    assert arrow(0.0) == ""


def test_sheets_and_strips_name_what_they_show():
    sheet = contact_sheet_svg([("a<b", sample_level())] * 7, columns=3, width=300)
    assert len(elements(sheet, "svg")) == 1 + 7
    assert [t.text for t in elements(sheet, "text")] == ["a<b"] * 7
    strip = filmstrip_svg(sample_recording(), frames=3)
    assert [t.text for t in elements(strip, "text")] == ["0.0 s", "0.2 s", "0.3 s, solved"]


def test_themes_differ_and_an_unknown_one_is_refused():
    assert look()["dark"]["room"] in scene_svg(sample_level(), theme="dark")
    with pytest.raises(SettingError, match="theme=drak: unknown; did you mean dark"):
        scene_svg(sample_level(), theme="drak")
    assert set(look()["dark"]) == set(look()["light"])
