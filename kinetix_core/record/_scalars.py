"""What loggers have in common: metrics as single numbers, and packages that are not there."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any

from kinetix_core.errors import PluginError

STEPS = "time/env_steps"
"""The metric that curves are plotted against."""


def scalars(metrics: Mapping[str, Any]) -> dict[str, float]:
    """One number per name, sorted; of k seeds `ppo/loss` is `ppo/loss/seed_0`, `.../seed_1`, ..."""
    found: dict[str, float] = {}
    for name, value in sorted(metrics.items()):
        if isinstance(value, list):
            found |= {f"{name}/seed_{seed}": float(v) for seed, v in enumerate(value)}
        else:
            found[name] = float(value)
    return found


def package(name: str, logger: str) -> Any:
    """A package that an extra brings. Raises `PluginError` saying how to install it."""
    if importlib.util.find_spec(name) is None:
        raise PluginError(
            f"logger={logger} needs the package {name}: pip install 'open-kinetix[{logger}]', or"
            " choose other loggers, as logger=[console,jsonl]"
        )
    return importlib.import_module(name)


def state_of(name: str, extra: str) -> list[str]:
    """For `kinetix doctor`: the version of an optional package, or how to get it."""
    from importlib import metadata

    try:
        return [f"{name} {metadata.version(name)}"]
    except metadata.PackageNotFoundError:
        return [f"{name} is not installed: pip install 'open-kinetix[{extra}]'"]
