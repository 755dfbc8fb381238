"""Commands that make a run again, or evaluate it, from what it left behind."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kinetix_core.errors import KinetixError
from kinetix_core.registry import COMPOSED_KINDS

_OWN = ("train.directory", "train.name")
"""Where a run is kept: another one's is its own."""
_ATTEMPTS = 20
"""The default of `kinetix evaluate`."""


def train_command(config: Mapping[str, Any]) -> str:
    """`kinetix train` with the settings of a run that are not the defaults, for a shell."""
    return " ".join(["kinetix train", *(shlex.quote(text) for text in changed_settings(config))])


def evaluate_command(path: Path, sets: Sequence[str], about: Mapping[str, Any]) -> str:
    """`kinetix evaluate` of a run on these sets, played as `about` (an evaluation) says."""
    words = [f"run={path}", f"levels={','.join(sets)}"]
    if about.get("attempts", _ATTEMPTS) != _ATTEMPTS:
        words.append(f"attempts={about['attempts']}")
    if about.get("actions") == "greedy":
        words.append("greedy=true")
    words += [f"{key}={about[key]}" for key in ("temperature", "size") if key in about]
    words.append("baseline=untrained")
    return " ".join(["kinetix evaluate", *map(shlex.quote, words)])


def usual_sets(config: Mapping[str, Any]) -> list[str]:
    """What a run is evaluated on where nothing else is known."""
    size = config["size"] if isinstance(config["size"], str) else "s"
    return [f"handmade/{size}", f"random/{size}"]


def changed_settings(config: Mapping[str, Any]) -> list[str]:
    """Choices of components, then the settings that differ from their defaults."""
    from omegaconf import OmegaConf

    from kinetix_core.compose import compose_config

    choices = list(_choices(config))
    try:
        plain = OmegaConf.to_container(compose_config(choices), enum_to_str=True)
        defaults = dict(leaves(plain))
    except KinetixError:  # a component that is not installed here: everything is said
        defaults = {}
    return choices + [
        f"{key}={written(value)}"
        for key, value in leaves(config)
        if key not in _OWN and (key not in defaults or defaults[key] != value)
    ]


def _choices(config: Mapping[str, Any]) -> Iterator[str]:
    for name, kind in COMPOSED_KINDS.items():
        section = config.get(name, {})
        chosen = tuple(section) if kind.several else (section.get("name"),)
        if chosen != kind.default:
            yield f"{name}={written(list(chosen) if kind.several else chosen[0])}"


def leaves(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Full name and value of every setting; names of components left out."""
    for name, value in config.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key != "size":
            yield from leaves(value, f"{key}.")
        elif not (name == "name" and prefix.split(".")[0] in COMPOSED_KINDS):
            yield key, value


def written(value: Any) -> str:
    """As a setting takes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(written(v) for v in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{k}: {written(v)}' for k, v in value.items())}}}"
    if isinstance(value, str) and (not value or any(c in " ,=:'\"[]{}()$#" for c in value)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
