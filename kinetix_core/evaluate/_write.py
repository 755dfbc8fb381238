"""The files that an evaluation leaves behind."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError
from kinetix_core.record import EVALUATION
from kinetix_core.render import OUTCOMES, Recording, write_replay_page

from ._results import SOLVED, Evaluation
from ._set_table import set_level_rows, set_rows
from ._sets import SetResult
from ._table import group_numbers

TABLE, GROUPS, NUMBERS = "evaluation.csv", "evaluation_groups.csv", EVALUATION
PAGE = "replay.html"


def write_results(
    folder: str | Path,
    results: Sequence[SetResult],
    *,
    title: str,
    about: Mapping[str, Any],
    watch: int = 0,
) -> Path:
    """Write evaluation.json, evaluation.csv, evaluation_groups.csv and replay.html; returns the
    path of the page.

    `about`: what was evaluated and how, put at the top of the JSON file and under the page's
    title. `watch`: how many levels of each set the page plays, solved ones first; 0: all that
    were recorded. Raises `RunError` where the folder cannot be written.
    """
    folder = Path(folder)
    seeds = range(len(results[0].evaluations))
    rows = [{"seed": seed, **row} for seed in seeds for row in set_level_rows(results, seed)]
    files = {
        TABLE: _csv(rows),
        GROUPS: _csv(_group_rows(results)),
        NUMBERS: _json(results, about),  # last: where it is there, so are the others
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder}: cannot be written ({error.strerror})") from error
    page = _write_page(folder, results, title, about, watch)
    for name, text in files.items():
        _replace(folder / name, text)
    return page


def _replace(path: Path, text: str) -> None:
    """Under a temporary name first, so that a file of that name is whole."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(text, "utf-8", "backslashreplace")
        temporary.replace(path)
    except OSError as error:
        raise RunError(f"{path.parent}: cannot be written ({error.strerror})") from error


def _write_page(
    folder: Path,
    results: Sequence[SetResult],
    title: str,
    about: Mapping[str, Any],
    watch: int,
) -> Path:
    shown = [r for result in results for r in chosen_recordings(result.together, watch)]
    names = {recording.name for recording in shown}
    hidden = {f"untrained_{key}" for key in ("attempts", "solved", "low", "high")}
    summary = [
        {key: value for key, value in row.items() if key not in hidden}
        for row in set_level_rows(results)
        if row["level"] in names or not (watch and names)
    ]
    return write_replay_page(
        folder / PAGE,
        title,
        shown,
        summary_rows=[_finite(row) for row in summary],
        sets=set_rows(results),
        subtitle=" · ".join(f"{key} {value}" for key, value in about.items()),
    )


def write_evaluation(
    folder: str | Path,
    evaluations: Sequence[Evaluation],
    *,
    title: str,
    about: Mapping[str, Any],
) -> Path:
    """`write_results` for one set of levels; `evaluations`: one for each seed."""
    result = SetResult(str(about.get("levels", title)), "", tuple(evaluations))
    return write_results(folder, [result], title=title, about=about)


def chosen_recordings(evaluation: Evaluation, levels: int) -> list[Recording]:
    """The recorded attempts at `levels` levels (0: all): first levels of which a solved attempt
    was recorded, then others, each in the order of the set."""
    solved = {r.name for r in evaluation.recordings if r.outcome == SOLVED}
    names = dict.fromkeys(r.name for r in evaluation.recordings)
    order = sorted(names, key=lambda name: name not in solved)  # a stable order
    chosen = set(order[:levels] if levels else order)
    return [r for name in order if name in chosen for r in evaluation.recordings if r.name == name]


def _json(results: Sequence[SetResult], about: Mapping[str, Any]) -> str:
    rates = [
        [level.solve_rate for result in results for level in result.evaluations[seed].levels]
        for seed in range(len(results[0].evaluations))
    ]
    every = [rate for of_seed in rates for rate in of_seed]
    sets = set_rows(results)
    tree = {
        **about,
        "mean_solve_rate": sum(every) / len(every),
        "solved_at_least_once": sum(row["solved_at_least_once"] for row in sets),
        "seeds": [sum(of_seed) / len(of_seed) for of_seed in rates],
        "sets": sets,
        "levels": [
            {**row, **attempts}
            for row, attempts in zip(set_level_rows(results), _attempts(results), strict=True)
        ],
    }
    if len(results) == 1:  # the mean over levels is that of the set, and so is its interval
        tree |= {key: sets[0][key] for key in ("low", "high", "groups")}
    return json.dumps(_finite(tree), indent=1, allow_nan=False) + "\n"


def _attempts(results: Sequence[SetResult]) -> list[dict[str, Any]]:
    """Every attempt at each level, a list per seed."""
    return [
        {
            "outcomes": [[OUTCOMES[i] for i in e.levels[n].outcome] for e in result.evaluations],
            "returns": [e.levels[n].returns.tolist() for e in result.evaluations],
            "lengths": [e.levels[n].length.tolist() for e in result.evaluations],
        }
        for result in results
        for n in range(len(result.together.levels))
    ]


def _group_rows(results: Sequence[SetResult]) -> list[dict[str, Any]]:
    rows = []
    for result in results:
        groups = [("", result.together.total), *result.groups.items()]
        rows += [
            {"set": result.name, "group": name, "levels": len(g.levels), **group_numbers(g)}
            for name, g in groups
        ]
        if result.baseline:
            total = result.baseline.total
            row = {"set": result.name, "group": "untrained", "levels": len(total.levels)}
            rows.append({**row, **group_numbers(total)})
    return rows


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _finite(value: Any) -> Any:
    """The same tree with numbers that JSON cannot hold as null."""
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
