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
from kinetix_core.render import OUTCOMES, write_replay_page

from ._results import Evaluation, pooled
from ._table import group_rows, level_rows

TABLE, NUMBERS, PAGE = "evaluation.csv", "evaluation.json", "replay.html"


def write_evaluation(
    folder: str | Path,
    evaluations: Sequence[Evaluation],
    *,
    title: str,
    about: Mapping[str, Any],
) -> Path:
    """Write evaluation.json, evaluation.csv and replay.html; returns the path of the page.

    `evaluations`: one for each seed. `about`: what was evaluated and how, put at the top of the
    JSON file and under the page's title. Raises `RunError` where the folder cannot be written.
    """
    folder, together = Path(folder), pooled(evaluations)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NUMBERS).write_text(_json(evaluations, together, about), "utf-8")
        (folder / TABLE).write_text(_csv(evaluations), "utf-8", "backslashreplace")
    except OSError as error:
        raise RunError(f"{folder}: cannot be written ({error.strerror})") from error
    return write_replay_page(
        folder / PAGE,
        title,
        together.recordings,
        summary_rows=[_finite(row) for row in level_rows(together)],
        subtitle=" · ".join(f"{key} {value}" for key, value in about.items()),
    )


def _json(evaluations: Sequence[Evaluation], together: Evaluation, about: Mapping[str, Any]) -> str:
    low, high = together.total.interval
    tree = {
        **about,
        "mean_solve_rate": together.solve_rate,
        "low": low,
        "high": high,
        "solved_at_least_once": together.total.best_of_k,
        "seeds": [evaluation.solve_rate for evaluation in evaluations],
        "groups": group_rows(together),
        "levels": [
            {
                **row,
                "outcomes": [[OUTCOMES[i] for i in e.levels[n].outcome] for e in evaluations],
                "returns": [e.levels[n].returns.tolist() for e in evaluations],
                "lengths": [e.levels[n].length.tolist() for e in evaluations],
            }
            for n, row in enumerate(level_rows(together))
        ],
    }
    return json.dumps(_finite(tree), indent=1, allow_nan=False) + "\n"


def _csv(evaluations: Sequence[Evaluation]) -> str:
    rows = [
        {"seed": seed, **row}
        for seed, evaluation in enumerate(evaluations)
        for row in level_rows(evaluation)
    ]
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
