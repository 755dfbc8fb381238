"""A self-contained page in which recorded attempts can be watched: one file, no network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from kinetix_core.errors import RunError

from ._look import asset, look
from ._pack import SCALE, pack_replay
from ._recording import Recording
from ._replay import Replay, as_replay

SCRIPTS = ("decode.js", "draw.js", "player.js", "levels.js", "main.js")
ROW_KEYS = ("level", "attempts", "solved", "solve_rate", "low", "high", "mean_return")
SET_KEYS = ("set", "levels", "solve_rate", "solved_at_least_once")


def write_replay_page(
    path: str | Path,
    title: str,
    recordings: Sequence[Recording | Replay],
    *,
    summary_rows: Sequence[Mapping[str, Any]] = (),
    sets: Sequence[Mapping[str, Any]] = (),
    subtitle: str = "",
) -> Path:
    """Write `replay_page(...)` to `path` (UTF-8) and return it.

    Raises `RunError` where the file cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        page = replay_page(title, recordings, summary_rows, subtitle, sets)
        path.write_text(page, "utf-8", "backslashreplace")
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror})") from error
    return path


def replay_page(
    title: str,
    recordings: Sequence[Recording | Replay],
    summary_rows: Sequence[Mapping[str, Any]] = (),
    subtitle: str = "",
    sets: Sequence[Mapping[str, Any]] = (),
) -> str:
    """An HTML page that plays the recordings; those of one name are attempts at one level.

    `summary_rows`: one mapping per level with at least `level` (a recording's name), `attempts`,
    `solved`, `solve_rate`, `low`, `high` (interval of the rate) and `mean_return`; what else it
    holds becomes a column of the table. `sets`: one mapping per set that was played, with `set`
    (its name), `levels`, `solve_rate` and `solved_at_least_once` over all its levels, which the
    head of the page says where the recordings are of some levels only; without them it says the
    means over `summary_rows`. Raises `ValueError` where one of these is missing.
    """
    _check("summary row", summary_rows, ROW_KEYS)
    _check("set", sets, SET_KEYS)
    data = {
        "look": look(),
        "scale": SCALE,
        "levels": _levels(recordings),
        "summary": [dict(row) for row in summary_rows],
        "sets": [{key: row[key] for key in SET_KEYS} for row in sets],
    }
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    script = "\n".join(asset(name) for name in SCRIPTS)
    filled = {
        "TITLE": escape(title),
        "SUBTITLE": escape(subtitle),
        "STYLE": asset("replay.css"),
        "DATA": text,
        "SCRIPT": f'(() => {{\n"use strict";\n{script}}})();',
    }
    page = asset("replay.html")
    # Split before filling, so that nothing put in is looked through again.
    head, *rest = page.split("{{")
    return head + "".join(
        filled[key] + tail for key, tail in (part.split("}}", 1) for part in rest)
    )


def _check(what: str, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> None:
    for row in rows:
        if missing := [key for key in keys if key not in row]:
            raise ValueError(f"{what} {dict(row)!r}: {', '.join(missing)} missing")


def _levels(recordings: Sequence[Recording | Replay]) -> list[dict[str, Any]]:
    """One entry per name, in the order of the first recording, with its attempts."""
    levels: dict[str, dict[str, Any]] = {}
    for replay in map(as_replay, recordings):
        entry = levels.setdefault(
            replay.name, {"name": replay.name, "drawing": replay.drawing, "attempts": []}
        )
        entry["attempts"].append(pack_replay(replay))
    return list(levels.values())
