"""What a run begins with: fresh parameters, or those of an earlier run (`init_from`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ._ppo import adam_state, with_adam_state
from ._update import TrainState

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun
    from kinetix_core.record import Start

_ADAM = "opt_state/1/0"
"""Where a checkpoint has what `adam_state` gives."""


def start_of(composed: ComposedRun, shapes: TrainState) -> Start | None:
    """What `init_from` holds for a state of these shapes; None: nothing is asked for.

    Raises `RunError` or `SettingError` as `load_start` does.
    """
    from kinetix_core.record import load_start

    if not composed.init_from:
        return None
    like = {"params": shapes.params}
    if composed.init_optimiser:
        like[_ADAM] = adam_state(shapes.opt_state)
    return load_start(composed, like)


def started(state: TrainState, start: Start | None) -> TrainState:
    """`state` with what `start` brings in place of what it held."""
    if start is None:
        return state
    state = replace(state, params=start.parts["params"])
    if (adam := start.parts.get(_ADAM)) is not None:
        state = replace(state, opt_state=with_adam_state(state.opt_state, adam))
    return state
