"""Files of rows, a line of JSON for each update, that a run goes on with. Standard library only."""

from __future__ import annotations

import json
import math
from pathlib import Path


def drop_after(path: Path, update: int) -> None:
    """Keep the rows up to `update` of a file that an earlier start may have left.

    Raises `OSError`; the file is then as it was.
    """
    if not path.exists():
        return
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if _update_of(line) <= update]
    if len(kept) < len(lines):
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_bytes(b"".join(kept))
        temporary.replace(path)


def _update_of(line: bytes) -> float:
    """Of a row; a line that a crash cut off is after everything."""
    try:
        return float(json.loads(line)["update"])
    except (ValueError, TypeError, KeyError):
        return math.inf
