"""`kinetix finetune`: train the agent of a run on, on other levels."""

from __future__ import annotations

import argparse

from kinetix_core.errors import SettingError

from ._settings import guess_run, guess_setting
from .train import train_composed

HELP = "train an agent on, on other levels: kinetix finetune run=DIR levels=X"
TAKES_SETTINGS = True
USES_JAX = True
_RUN = "run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything is a setting."""


def setting_names() -> list[str]:
    """Those of a run, and `run`."""
    from kinetix_core.compose import setting_names as names

    return [*names(), _RUN]


def guess(argument: str) -> str | None:
    """A run folder, or else levels, or what else a setting of a run may be."""
    return guess_run(argument) or guess_setting(argument)


def more_help() -> str:
    """What is taken from the run and what is not."""
    return """\
  run=DIR             the run whose newest parameters are the start
  levels=X            a folder, files or a set's name; or generator=NAME
  init_seed=N         which of several agents of that run; otherwise each goes on
  init_optimiser=true Adam's means too, from the newest checkpoint

size, engine, action, observation, network, env, ppo and num_seeds are those of that run, the
curriculum is fixed, and all others have their defaults; any setting of `kinetix train` may be
given on top, as size=m ppo.learning_rate=1e-4 train.total_steps=300_000. The new run keeps the
settings and the hash of the parameters that it began with; `kinetix train resume=FOLDER` takes it
up again without DIR."""


def run(args: argparse.Namespace) -> int:
    """Train, and print the run folder. Mistakes raise a `KinetixError`."""
    from kinetix_core.compose import compose_finetune
    from kinetix_core.paths import user_path
    from kinetix_core.record import check_parameters, read_config

    folders = [s.partition("=")[2] for s in args.settings if _is_run(s)]
    if not folders or not folders[-1]:
        raise SettingError("run=: the folder of a training run is expected, as run=runs/NAME")
    if len(folders) > 1:
        raise SettingError(f"{_RUN}={folders[-1]}: {_RUN} is given twice")
    path = user_path(folders[-1], _RUN)
    check_parameters(path, _RUN)
    settings = [s for s in args.settings if not _is_run(s)]
    print(train_composed(compose_finetune(folders[-1], read_config(path), settings)))
    return 0


def _is_run(setting: str) -> bool:
    return setting.lstrip("-").startswith(f"{_RUN}=")
