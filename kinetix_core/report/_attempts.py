"""What an evaluation has kept of levels and attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._read import REPLAYS, RunRecord

if TYPE_CHECKING:
    from kinetix_core.render import Replay

NOTHING_KEPT = "no attempt was kept; `kinetix evaluate` keeps some unless record=0"
"""Why a figure that shows them is missing."""


def kept_attempts(run: RunRecord) -> tuple[Replay, ...]:
    """The attempts that can be watched; none where it was not evaluated, or with record=0."""
    file = run.path / REPLAYS
    if run.evaluation is None or not file.is_file():
        return ()
    from kinetix_core.render import read_replays

    return read_replays(file, may_be_empty=True)


def level_name(name: str, of_set: str) -> str:
    """The name of a level where its set is known."""
    return name.removeprefix(f"{of_set}/")
