"""Commands that make a run again, or evaluate it, from what it left behind."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kinetix_core.compose import leaves
from kinetix_core.errors import KinetixError
from kinetix_core.registry import COMPOSED_KINDS
from kinetix_core.scene import parse_size

_OWN = ("train.directory", "train.name")
"""Where a run is kept: another one's is its own."""
_PLAIN = re.compile(r"(?!(true|false|null|nan|inf)$)[a-z_/][\w./*?%@+|-]*", re.I | re.A)
"""Texts that a setting takes without quotes, and as nothing else."""
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
    size = parse_size(config["size"])
    return [size.part_of("handmade"), size.part_of("random")]


def changed_settings(config: Mapping[str, Any]) -> list[str]:
    """Choices of components, then the settings that differ from their defaults."""
    from omegaconf import OmegaConf

    from kinetix_core.compose import compose_config

    choices = list(_choices(config))
    try:
        plain: Any = OmegaConf.to_container(compose_config(choices), enum_to_str=True)
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
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """In quotes unless it is plain; backslashes count where a quote follows."""
    if _PLAIN.fullmatch(text):
        return text
    inside = re.sub(r'(\\*)("|$)', lambda m: m[1] * 2 + ('\\"' if m[2] else ""), text)
    return f'"{inside}"'
