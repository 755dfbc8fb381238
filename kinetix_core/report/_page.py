"""The page of a report: one file, no network, the same bytes for the same runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError

from ._compare import Comparison, compare_runs, comparison_csv
from ._comparison import compared
from ._comparison_chart import comparison_chart
from ._curves import health, learning
from ._document import document
from ._gallery import KeptLevel, gallery
from ._html import place, section
from ._methods import Method
from ._provenance import cost, differences, facts, provenance
from ._read import REPLAYS, RunRecord
from ._results import results

_NAMED = 3
"""Most runs whose names make the title."""
_MOST_REPLAYS = 24
"""Levels of each set that can be watched."""


def write_report(
    path: Path,
    runs: Sequence[RunRecord],
    kept: Mapping[str, Sequence[KeptLevel]] | None = None,
    comparison: Comparison | None = None,
) -> list[Path]:
    """Write `report_page(...)` to `path`. Where several seeds were evaluated on the same levels,
    the numbers and the figure of the comparison go beside it, as `.csv` and `.svg`.

    Returns what was written, the page last. Raises `RunError` where it cannot be.
    """
    comparison = comparison or compare_runs(runs)
    files = {}
    if several_seeds(comparison) and comparison.sets:
        files[path.with_suffix(".csv")] = comparison_csv(comparison)
        files[path.with_suffix(".svg")] = comparison_chart(comparison, alone=True)
    files[path] = report_page(runs, kept, comparison)
    for file, text in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", "backslashreplace")
        except OSError as error:
            raise RunError(f"{file}: cannot be written ({error.strerror})") from error
    return list(files)


def several_seeds(comparison: Comparison) -> bool:
    """Whether there is anything to compare."""
    return sum(method.seeds for method in comparison.methods) > 1


def report_page(
    runs: Sequence[RunRecord],
    kept: Mapping[str, Sequence[KeptLevel]] | None = None,
    comparison: Comparison | None = None,
) -> str:
    """The whole page. kept: levels of the curriculum of each run, by the run's name. Levels and
    replays are those of one run for each method."""
    comparison = comparison or compare_runs(runs)
    methods = comparison.methods
    shown = [method.shown for method in methods]
    parts = [compared(comparison)] if several_seeds(comparison) else []
    parts.append(learning(methods))
    parts += [results(run) for run in shown if run.evaluation or len(runs) == 1]
    parts += [replays(run) for run in shown]
    parts += [gallery(run.name, list((kept or {}).get(run.name, ()))) for run in shown]
    parts += [health(methods), cost(runs)]
    parts += [differences(runs)] if len(runs) > 1 else []
    parts.append(provenance(runs))
    first = dict(facts(runs[0])) if len(runs) == 1 else {}
    return document(_title(comparison), _subtitle(runs, methods), first, parts)


def _title(comparison: Comparison) -> str:
    """The runs where they are few, or else the methods."""
    runs = [run.name for method in comparison.methods for run in method.runs]
    return ", ".join(runs if len(runs) <= _NAMED else [m.name for m in comparison.methods])


def _subtitle(runs: Sequence[RunRecord], methods: Sequence[Method]) -> str:
    def words(run: RunRecord) -> str:
        config = run.config
        kinds = ("curriculum", "generator", "observation", "network")
        chosen = [f"{kind} {config[kind]['name']}" for kind in kinds]
        return " · ".join([f"size {config['size']}", *chosen])

    if len(runs) == 1:
        return escape(words(runs[0]))
    if len(methods) == len(runs):
        return f"{len(runs)} runs"
    counts = f"{len(runs)} runs, {len(methods)} {'method' if len(methods) == 1 else 'methods'}"
    return f"{counts}; levels and replays are of one run for each: " + escape(
        ", ".join(method.shown.name for method in methods)
    )


def replays(run: RunRecord) -> str:
    """The attempts that `kinetix evaluate` has kept, solved ones first, in the player."""
    file = run.path / REPLAYS
    if run.evaluation is None or not file.is_file():
        return ""
    from kinetix_core.render import OUTCOMES, read_replays, replay_page

    attempts = read_replays(file, may_be_empty=True)
    if not attempts:  # evaluated with record=0
        return ""
    solved = {attempt.name for attempt in attempts if attempt.outcome == OUTCOMES[0]}
    order = sorted(dict.fromkeys(a.name for a in attempts), key=lambda name: name not in solved)
    rows = {row["level"]: row for row in run.evaluation["levels"]}
    of_set: dict[str, list[str]] = {}
    for name in order:
        of_set.setdefault(rows[name]["set"] if name in rows else "", []).append(name)
    names = [name for found in of_set.values() for name in found[:_MOST_REPLAYS]]
    shown = [a for name in names for a in attempts if a.name == name]
    summary = [_summary(rows[name]) for name in names if name in rows]
    page = replay_page("Replays", shown, summary, run.name, run.evaluation["sets"])
    frame = f'<iframe title="Replays of {escape(run.name, quote=True)}" srcdoc="'
    frame += f'{escape(page, quote=True)}"></iframe>'
    words = f"{len(names)} levels, those with a solved attempt first"
    every = len(run.evaluation["levels"])
    rest = f" (of {every:,}; the numbers of all are above)" if every > len(names) else ""
    return section(
        place("replays", run.name), f"Replays of {run.name}", frame, note=f"{words}{rest}."
    )


def _summary(row: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("level", "attempts", "solved", "solve_rate", "low", "high", "mean_return")
    more = ("untrained_solve_rate", "touched_red", "time_limit", "nan")
    return {key: row[key] for key in (*keys, *more) if key in row}
