"""Sweeps that are described once, in `sweep/NAME.yaml` of a plugin's config folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kinetix_core.errors import KinetixError, SettingError

from ._compose import compose_run
from ._group_file import group_names, group_summary, group_text, settings_list, yaml_tree
from ._overrides import first_comment, parse
from ._run import ComposedRun
from ._sweep_check import (
    check_early_terminate,
    check_metric,
    check_metric_of_seeds,
    check_parameter,
    check_run_cap,
)

SWEEPS = "sweep"
"""The group of sweeps: YAML files that say which runs to make."""
METHODS = ("grid", "random", "bayes")
"""How W&B chooses values. Source: its documentation of sweep configurations."""
_KEYS = ("method", "settings", "parameters", "metric", "early_terminate", "run_cap")


@dataclass(frozen=True)
class Sweep:
    """A sweep as its file describes it, checked.

    settings: of every run. parameters: what W&B calls so, by the setting that each is for:
    `{"value": ...}`, `{"values": [...]}` or `{"distribution": ..., "min": ..., ...}`.
    run: the composed run in which each parameter has the first of its values.
    """

    name: str
    summary: str
    method: str
    settings: tuple[str, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    metric: Mapping[str, Any] | None
    early_terminate: Mapping[str, Any] | None
    run_cap: int | None
    run: ComposedRun

    def for_wandb(self) -> dict[str, Any]:
        """The configuration that W&B makes a sweep of.

        Each run logs to W&B, whatever loggers it has besides.
        """
        loggers = [chosen.name for chosen in self.run.loggers]
        settings = list(self.settings)
        if "wandb" not in loggers:
            settings.append(f"logger=[{','.join([*loggers, 'wandb'])}]")
        found = {
            "name": self.name,
            "description": self.summary,
            "program": "kinetix",
            "command": ["${env}", "kinetix", "train", *settings, "${args}"],
            "method": self.method,
            "metric": self.metric,
            "parameters": {name: dict(values) for name, values in self.parameters.items()},
            "early_terminate": self.early_terminate,
            "run_cap": self.run_cap,
        }
        return {key: value for key, value in found.items() if value not in (None, "")}

    def combinations(self) -> list[str]:
        """The settings of `run_sweep` for the same runs, without W&B.

        Raises `SettingError` where the method is not `grid`: W&B chooses the values then.
        """
        if self.method != "grid":
            raise SettingError(
                f"sweep {self.name}: its method is {self.method}, for which W&B chooses the"
                " values; without W&B only a grid can be run"
            )
        swept = [
            f"{name}={','.join(map(str, values_of(parameter)))}"
            for name, parameter in self.parameters.items()
        ]
        return [*self.settings, *swept]


def sweeps() -> dict[str, str]:
    """Every sweep by name, with the file that it stands in as `pkg://package/sweep/x.yaml`."""
    return group_names(SWEEPS)


def sweep_summary(name: str) -> str:
    """The first comment of a sweep's file; empty: there is none."""
    return group_summary(SWEEPS, name)


def load_sweep(name: str, settings: Sequence[str] = ()) -> Sweep:
    """The sweep of that name with `settings` for every run on top of its own.

    Every value, and both ends of every range, is composed, so that a mistake is found before the
    sweep begins. Raises `SettingError` or `PluginError`.
    """
    where, text = group_text(SWEEPS, name)
    try:
        tree = yaml_tree(text, _KEYS)
        own = settings_list(tree.get("settings", []))
        if settings:
            compose_run(own)
    except KinetixError as error:
        raise type(error)(f"{where}: {error}") from error
    if settings:
        compose_run([*own, *settings])  # a mistake in these is not one of the file
    try:
        return _checked(name, first_comment(text), tree, (*own, *settings))
    except KinetixError as error:
        raise type(error)(f"{where}: {error}") from error


def values_of(parameter: Mapping[str, Any]) -> list[Any]:
    """The values that a parameter lists; of a range its ends; nothing of other distributions."""
    if "value" in parameter:
        return [parameter["value"]]
    return list(parameter.get("values", ())) or [
        parameter[k] for k in ("min", "max") if k in parameter
    ]


def _checked(name: str, summary: str, tree: Mapping[str, Any], settings: tuple[str, ...]) -> Sweep:
    method = tree.get("method", "")
    if method not in METHODS:
        raise SettingError(f"method={method}: one of {', '.join(METHODS)} is expected")
    parameters = tree.get("parameters")
    if not isinstance(parameters, dict) or not parameters:
        raise SettingError("parameters: names of settings with their values are expected")
    plain = {key: check_parameter(key, value, method) for key, value in parameters.items()}
    for text in (*settings, *(override.text for override in parse(settings))):
        if text.lstrip("-").partition("=")[0] in plain:
            raise SettingError(f"{text}: the sweep chooses its value; leave it out")
    cap = check_run_cap(tree.get("run_cap"))
    metric = check_metric(tree.get("metric"), method)
    early = check_early_terminate(tree.get("early_terminate"), metric)
    run = _composed(settings, plain)
    check_metric_of_seeds(metric, run.num_seeds)
    return Sweep(
        name,
        summary,
        method,
        settings,
        plain,
        metric,
        early,
        cap,
        run,
    )


def _composed(settings: Sequence[str], parameters: Mapping[str, Mapping[str, Any]]) -> ComposedRun:
    """The run with the first value of each parameter; each other value is tried beside these."""
    values = {key: [f"{key}={v}" for v in values_of(p)] for key, p in parameters.items()}
    first = {key: texts[:1] for key, texts in values.items()}

    def compose(choices: Mapping[str, Iterable[str]]) -> ComposedRun:
        return compose_run([*settings, *(text for texts in choices.values() for text in texts)])

    run = compose(first)
    for key, texts in values.items():
        for text in texts[1:]:
            compose({**first, key: [text]})
    return run
