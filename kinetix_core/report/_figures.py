"""Figures by name: which there are, which are usual, and drawing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kinetix_core.errors import KinetixError
from kinetix_core.interfaces import Drawing, Figure, Missing, Task
from kinetix_core.registry import registry
from kinetix_core.scene import SceneSize

from ._data import AGENTS, FINETUNE, SEQUENCE, ReportData

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

    Raises `PluginError` for an unknown name before anything is drawn; what a figure says with a
    `KinetixError` is missing.
    """
    chosen = dict.fromkeys(usual_figures(data) if names is None else names)
    figures = {name: figure_named(name) for name in chosen}
    drawn = {name: _drawn(figure, data) for name, figure in figures.items()}
    if names is not None:
        return drawn
    return {n: d for n, d in drawn.items() if isinstance(d, Drawing) or d.fault}


def _drawn(figure: Figure, data: ReportData) -> Drawing | Missing:
    if not data.methods:
        return Missing("no agent is finished")
    try:
        return figure.draw(data)
    except KinetixError as error:
        return Missing(str(error), fault=True)
