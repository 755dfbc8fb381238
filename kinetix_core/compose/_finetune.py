"""Fine-tuning: the agent of a run goes on on other levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kinetix_core.errors import SettingError

from ._compose import compose_run, compose_saved
from ._overrides import parse
from ._run import ComposedRun

_OF_THE_RUN = ("size", "num_seeds", "engine", "action", "observation", "network", "env", "ppo")
"""Settings that a run which is fine-tuned hands on."""


def compose_finetune(
    run: str, config: Mapping[str, Any], settings: Sequence[str] = ()
) -> ComposedRun:
    """The run that goes on with the agent of the run folder `run`, whose configuration is `config`.

    Size, engine, action space, observation, network, environment and learner are that run's, its
    parameters the start (`init_from`) and the curriculum `fixed`. `settings` come on top; `levels`
    or a generator must be among them. Nothing is read from the folder.

    Raises `SettingError` or `PluginError` as `compose_run` does.
    """
    keys = [override.key for override in parse(settings)]
    if "init_from" in keys:
        raise SettingError(f"init_from=: run={run} says already whose parameters the start is")
    if "generator" not in keys:
        raise SettingError(
            "levels=: levels to go on with are expected, as levels=handmade/s or levels=FOLDER;"
            " generator=NAME draws them from a generator"
        )
    fresh = compose_run(["curriculum=fixed"]).config
    kept = {name: config[name] for name in _OF_THE_RUN if name in config}
    if "init_seed" in keys:
        kept["num_seeds"] = 1
    return compose_saved({**fresh, **kept, "init_from": run}, settings)
