"""Settings of every run that are given on the command line: what they must leave alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kinetix_core.compose import compose_run, leaves, parse
from kinetix_core.errors import SettingError
from kinetix_core.registry import COMPOSED_KINDS

from ._definition import Study
from ._graph import agent_job


def check_overrides(study: Study, settings: Sequence[str]) -> None:
    """Raises `SettingError` for a setting that would make methods alike.

    That is one that a method chooses, or in which methods differ by their presets.
    """
    differing = _differing(study)
    chosen = {o.key: method for method, own in study.methods.items() for o in parse(own)}
    for override in parse(settings):
        key = override.key
        if key in chosen:
            raise SettingError(
                f"{override.text}: the study's method {chosen[key]} chooses its value; leave it out"
            )
        if any(f"{name}.".startswith(f"{key}.") for name in differing):
            raise SettingError(
                f"{override.text}: the study's methods differ in it, so it is what is compared;"
                " leave it out"
            )


def _differing(study: Study) -> set[str]:
    """The settings, and kinds of components, that not all methods have alike."""
    first = study.seeds[0]
    found = [
        _flat(compose_run(agent_job(study, method, first).settings).config)
        for method in study.methods
    ]
    names = {name for one in found for name in one}
    return {name for name in names if any(one.get(name) != found[0].get(name) for one in found)}


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {
        name: config[name]["name"] for name, kind in COMPOSED_KINDS.items() if not kind.several
    }
    return {**dict(leaves(config)), **kinds}
