"""The page of a report: one file, no network, the same bytes for the same runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError

from ._curves import health, learning
from ._gallery import KeptLevel, gallery
from ._html import place, section
from ._provenance import cost, differences, facts, provenance
from ._read import REPLAYS, RunRecord
from ._results import results

_MOST_REPLAYS = 24
"""Levels of each set that can be watched."""


def write_report(
    path: Path,
    runs: Sequence[RunRecord],
    kept: Mapping[str, Sequence[KeptLevel]] | None = None,
) -> Path:
    """Write `report_page(...)` to `path` and return it. Raises `RunError` where it cannot be."""
    page = report_page(runs, kept)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, "utf-8", "backslashreplace")
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror})") from error
    return path


def report_page(
    runs: Sequence[RunRecord], kept: Mapping[str, Sequence[KeptLevel]] | None = None
) -> str:
    """The whole page. kept: levels of the curriculum of each run, by the run's name."""
    parts = [learning(runs)]
    parts += [results(run) for run in runs]
    parts += [replays(run) for run in runs]
    parts += [gallery(run.name, list((kept or {}).get(run.name, ()))) for run in runs]
    parts += [health(runs), cost(runs)]
    parts += [differences(runs)] if len(runs) > 1 else []
    parts.append(provenance(runs))
    title = ", ".join(run.name for run in runs)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
        "frame-src 'self' about:\">\n"
        f"<title>{escape(title)}</title>\n<style>\n{_asset('report.css')}</style></head>\n"
        f'<body><header><h1>{escape(title)}</h1><p class="muted">{_subtitle(runs)}</p>'
        f"{_facts(runs)}</header>\n<main>\n{''.join(parts)}</main></body></html>\n"
    )


def _asset(name: str) -> str:
    place = resources.files("kinetix_core.report").joinpath("assets", name)
    return place.read_text("utf-8")


def _subtitle(runs: Sequence[RunRecord]) -> str:
    def words(run: RunRecord) -> str:
        config = run.config
        kinds = ("curriculum", "generator", "observation", "network")
        chosen = [f"{kind} {config[kind]['name']}" for kind in kinds]
        return " · ".join([f"size {config['size']}", *chosen])

    return escape(words(runs[0]) if len(runs) == 1 else f"{len(runs)} runs")


def _facts(runs: Sequence[RunRecord]) -> str:
    if len(runs) > 1:
        return ""
    pairs = "".join(
        f"<div><dt>{escape(word)}</dt><dd>{number}</dd></div>" for word, number in facts(runs[0])
    )
    return f'<dl class="facts">{pairs}</dl>'


def replays(run: RunRecord) -> str:
    """The attempts that `kinetix evaluate` has kept, solved ones first, in the player."""
    file = run.path / REPLAYS
    if run.evaluation is None or not file.is_file():
        return ""
    from kinetix_core.render import OUTCOMES, read_replays, replay_page

    attempts = read_replays(file)
    solved = {attempt.name for attempt in attempts if attempt.outcome == OUTCOMES[0]}
    order = sorted(dict.fromkeys(a.name for a in attempts), key=lambda name: name not in solved)
    rows = {row["level"]: row for row in run.evaluation["levels"]}
    of_set: dict[str, list[str]] = {}
    for name in order:
        of_set.setdefault(rows[name]["set"] if name in rows else "", []).append(name)
    names = [name for found in of_set.values() for name in found[:_MOST_REPLAYS]]
    shown = [a for name in names for a in attempts if a.name == name]
    summary = [_summary(rows[name]) for name in names if name in rows]
    page = replay_page("Replays", shown, summary, run.name)
    frame = f'<iframe title="Replays of {escape(run.name, quote=True)}" srcdoc="'
    frame += f'{escape(page, quote=True)}"></iframe>'
    words = f"{len(names)} levels, those with a solved attempt first"
    rest = f" (of {len(order)})" if len(order) > len(names) else ""
    return section(
        place("replays", run.name), f"Replays of {run.name}", frame, note=f"{words}{rest}."
    )


def _summary(row: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("level", "attempts", "solved", "solve_rate", "low", "high", "mean_return")
    more = ("untrained_solve_rate", "touched_red", "time_limit", "nan")
    return {key: row[key] for key in (*keys, *more) if key in row}
