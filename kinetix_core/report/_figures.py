"""Figures by name: which there are, which are usual, and drawing them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

from kinetix_core.errors import KinetixError
from kinetix_core.interfaces import Drawing, Figure, Missing, Task
from kinetix_core.registry import one_line, registry
from kinetix_core.scene import SceneSize
from kinetix_core.study import AGENTS, FINETUNE, SEQUENCE

from ._data import ReportData
from ._files import csv_text, figure_svg
from ._html import figure_section

_log = logging.getLogger(__name__)

_OF_SEVERAL = ("comparison", "improvement", "heat_map", "profile", "iqm_curves")
"""What is usual where there are several seeds."""
_OF_PARTS = {FINETUNE: ("finetune",), SEQUENCE: ("lifelong",)}
_OF_AGENTS = (
    *("learning", "solve_rates", "replays", "failures", "galleries", "learnability", "health"),
)

Drawn = Mapping[str, Drawing | Missing]


def figure_named(name: str) -> Figure:
    """A figure with the defaults of its settings. Raises `PluginError` for an unknown name."""
    config = registry().config_class("figure", name)()
    return registry().build("figure", name, config, Task(size=SceneSize(4, 0, 0, 0)))


def usual_figures(data: ReportData) -> list[str]:
    """The names that a report has where none are chosen, in their order on the page."""
    names = [name for part, found in _OF_PARTS.items() if data.part(part) for name in found]
    if data.part(AGENTS):
        names += _OF_SEVERAL if data.seeds > 1 else ()
        names += _OF_AGENTS
    return names


def draw_figures(data: ReportData, names: Sequence[str] | None = None) -> Drawn:
    """Each figure drawn, in this order. Of the usual ones (None) those that have nothing to show
    are left out.

    Raises `PluginError` for an unknown name before anything is drawn. What else goes wrong with a
    figure is `Missing` with a fault and logged, and takes no other figure with it.
    """
    chosen = dict.fromkeys(usual_figures(data) if names is None else names)
    for name in chosen:
        registry().get("figure", name)
    drawn = {name: _drawn(name, data) for name in chosen}
    for name, found in drawn.items():
        if isinstance(found, Missing) and found.fault:
            _log.warning("%s: %s", name, found.why)
    if names is not None:
        return drawn
    return {n: d for n, d in drawn.items() if isinstance(d, Drawing) or d.fault}


def _drawn(name: str, data: ReportData) -> Drawing | Missing:
    if not data.methods:
        return Missing("no agent is finished")
    try:
        return _rehearsed(name, figure_named(name).draw(data))
    except KinetixError as error:
        return Missing(" ".join(str(error).split()), fault=True)
    except Exception as error:
        return Missing(f"{_whose(name)} raised {one_line(error)}", fault=True)


def _whose(name: str) -> str:
    component = registry().get("figure", name)
    return f"{component} from {registry().distribution(component)}"


def _rehearsed(name: str, found: object) -> Drawing | Missing:
    """The same, after everything that a page and its files ask of it was done once: a chart that
    cannot be drawn raises here. Pictures are kept, so that none is drawn twice."""
    if isinstance(found, Drawing):
        charts = [replace(chart, draw=cache(chart.draw)) for chart in found.charts]
        found = replace(found, charts=charts)
        if charts:
            ElementTree.fromstring(figure_svg(found).encode("utf-8", "backslashreplace"))
        if found.table:
            csv_text(found.table)
    elif not isinstance(found, Missing):
        returned = f"{_whose(name)} returned {type(found).__qualname__}"
        return Missing(f"{returned}, which is neither Drawing nor Missing", fault=True)
    figure_section(name, found)
    return found
