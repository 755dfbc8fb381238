"""What a sweep's file may say: the part of W&B's sweep configuration that is used here.

Source: W&B's documentation of sweep configurations. W&B itself checks on its server only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from kinetix_core.errors import SettingError, did_you_mean

_RANGE = ("min", "max")
_STEPS = ("min", "max", "q")
DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "uniform": _RANGE,
    "int_uniform": _RANGE,
    "log_uniform_values": _RANGE,
    "inv_log_uniform_values": _RANGE,
    "q_uniform": _STEPS,
    "q_log_uniform_values": _STEPS,
    "normal": ("mu", "sigma"),
    "log_normal": ("mu", "sigma"),
    "q_normal": ("mu", "sigma", "q"),
    "q_log_normal": ("mu", "sigma", "q"),
}
"""Each with the numbers that it needs."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_GOALS = ("minimize", "maximize")
_HYPERBAND = {"min_iter": int, "max_iter": int, "s": int, "eta": (int, float), "strict": bool}


def check_parameter(key: Any, given: Any, method: str) -> dict[str, Any]:
    """A parameter as W&B takes it; a list is short for `values`, a plain value for `value`."""
    where = f"parameters.{key}"
    if not isinstance(key, str) or not _NAME.fullmatch(key):
        raise SettingError(f"{where}: the name of a setting is expected")
    if not isinstance(given, dict):
        given = {"values": given} if isinstance(given, list) else {"value": given}
    if "value" in given or "values" in given:
        _check_values(where, given)
        return given
    if method == "grid":
        raise SettingError(f"{where}: a grid needs the values, as [1, 2, 3]")
    return _check_distribution(where, given)


def _check_values(where: str, given: Mapping[str, Any]) -> None:
    (kind, *others) = given  # more than one word is refused below
    allowed = ("values", "probabilities") if kind in ("values", "probabilities") else ("value",)
    _check_keys(where, [kind, *others], allowed)
    values = given["values"] if "values" in given else [given["value"]]
    if not isinstance(values, list) or not values:
        raise SettingError(f"{where}.values: a list of values is expected, as [1, 2, 3]")
    for value in values:
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, bool | int | float | str) for part in parts):
            raise SettingError(
                f"{where}: {value}: W&B's agents pass numbers, texts, true, false and lists of"
                " these; write anything else as a text in quotes"
            )
    weights = given.get("probabilities", [1] * len(values))
    if (
        not isinstance(weights, list)
        or len(weights) != len(values)
        or not all(map(_number, weights))
    ):
        raise SettingError(f"{where}.probabilities={weights}: one number per value is expected")


def _check_distribution(where: str, given: dict[str, Any]) -> dict[str, Any]:
    ends = [given.get(end) for end in _RANGE]
    whole = all(isinstance(end, int) and not isinstance(end, bool) for end in ends)
    name = given.get("distribution", "int_uniform" if whole else "uniform")
    if name not in DISTRIBUTIONS:
        raise SettingError(
            f"{where}.distribution={name}: unknown{did_you_mean(str(name), DISTRIBUTIONS)}"
        )
    needed = DISTRIBUTIONS[name]
    _check_keys(where, given, ("distribution", *needed))
    for key in needed:
        if not _number(given.get(key)):
            raise SettingError(f"{where}.{key}={given.get(key)}: {name} needs a number")
    if "min" in needed and not given["min"] < given["max"]:
        raise SettingError(f"{where}: min={given['min']} is not below max={given['max']}")
    if "log_uniform" in name and not given["min"] > 0:
        raise SettingError(f"{where}.min={given['min']}: {name} needs a number above 0")
    if name == "int_uniform" and not whole:
        raise SettingError(f"{where}: int_uniform needs whole numbers; uniform takes others")
    return {**given, "distribution": name}


def check_metric(given: Any, method: str) -> dict[str, Any] | None:
    """What the sweep is after."""
    if given is None:
        if method == "bayes":
            raise SettingError("metric: bayes needs one, as {name: episode/solved, goal: maximize}")
        return None
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise SettingError("metric: expected as {name: episode/solved, goal: maximize}")
    _check_keys("metric", given, ("name", "goal", "target"))
    goal = given.get("goal", "minimize")
    if goal not in _GOALS:
        raise SettingError(f"metric.goal={goal}: one of {', '.join(_GOALS)} is expected")
    if "target" in given and not _number(given["target"]):
        raise SettingError(f"metric.target={given['target']}: a number is expected")
    return given


def check_metric_of_seeds(metric: Mapping[str, Any] | None, num_seeds: int) -> None:
    """Several seeds in one program have a series each, of which one must be named."""
    if metric is None:
        return
    name = metric["name"]
    seed = re.search(r"/seed_(\d+)$", name)
    if num_seeds > 1 and not (seed and int(seed[1]) < num_seeds):
        raise SettingError(
            f"metric.name={name}: with num_seeds={num_seeds} each seed has a series of its own;"
            f" name one, as {name.split('/seed_')[0]}/seed_0, or make seed a parameter"
        )
    if num_seeds == 1 and seed:
        raise SettingError(
            f"metric.name={name}: with one seed it is called {name.split('/seed_')[0]}"
        )


def check_early_terminate(given: Any, metric: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """When W&B ends runs that do not do well. Iterations are updates."""
    if given is None:
        return None
    if not isinstance(given, dict) or given.get("type") != "hyperband":
        raise SettingError("early_terminate: expected as {type: hyperband, min_iter: 50}")
    _check_keys("early_terminate", given, ("type", *_HYPERBAND))
    for key, value in given.items():
        kind = _HYPERBAND.get(key, str)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise SettingError(f"early_terminate.{key}={value}: not of the expected type")
    if "min_iter" not in given and not {"max_iter", "s"} <= set(given):
        raise SettingError("early_terminate: min_iter is needed, or max_iter and s")
    if metric is None:
        raise SettingError("early_terminate: needs a metric to judge runs by")
    return given


def check_run_cap(given: Any) -> int | None:
    """How many runs the sweep has at most."""
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise SettingError(f"run_cap={given}: a whole number, 1 or more, is expected")
    return given


def _number(value: Any) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and math.isfinite(value)


def _check_keys(where: str, given: Any, allowed: tuple[str, ...]) -> None:
    for key in given:
        if key not in allowed:
            raise SettingError(f"{where}.{key}: unknown{did_you_mean(str(key), allowed)}")
