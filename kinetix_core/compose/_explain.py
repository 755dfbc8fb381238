"""One line for each way in which a setting can be wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kinetix_core.errors import PluginError, SettingError, did_you_mean
from kinetix_core.registry import COMPOSED_KINDS, registry

from ._overrides import LEVELS
from ._schema import PRESETS, SECTIONS, section_class
from ._settings import MISSING, Setting, expected, settings_of, value_text

if TYPE_CHECKING:
    from omegaconf import DictConfig


def settings_by_owner() -> dict[str, list[Setting]]:
    """All settings there are: of the core's sections and of every component that can be chosen.

    The owner is `""`, `env`, ..., or as `curriculum=sfl`.
    """
    owners = {name: settings_of(section_class(name), name) for name in SECTIONS}
    for kind in COMPOSED_KINDS.values():
        for component in registry().components(kind.name):
            prefix = f"{kind.name}.{component.name}" if kind.several else kind.name
            try:
                config = registry().config_class(kind.name, component.name)
                owners[f"{kind.name}={component.name}"] = settings_of(config, prefix)
            except (PluginError, NameError, TypeError):
                continue  # it is broken, which is said when it is asked for
    return owners


def setting_names() -> list[str]:
    """What may stand before `=`: settings, kinds of component, `experiment`, `levels`."""
    keys = {s.key for settings in settings_by_owner().values() for s in settings}
    return sorted(keys | {*COMPOSED_KINDS, PRESETS, LEVELS})


def unknown_setting(key: str, where: str = "") -> SettingError:
    """The error for a key that the chosen parts do not have."""
    owners = settings_by_owner()
    text = f"{where}{key}: unknown setting"
    holders = [o for o, settings in owners.items() if "=" in o and key in {s.key for s in settings}]
    if holders:
        return SettingError(f"{text} here; it belongs to {', '.join(holders)}")
    known = [s.key for settings in owners.values() for s in settings]
    if below := [k for k in known if k.startswith(f"{key}.")]:
        return SettingError(f"{where}{key}: has settings of its own, as {below[0]}")
    if key.startswith("size."):
        return SettingError(
            f"{text}; slots are given all at once, as"
            " size={polygons: 8, circles: 3, joints: 4, thrusters: 2}"
        )
    if close := _nearest_keys(key, [*known, *COMPOSED_KINDS, PRESETS, LEVELS]):
        return SettingError(f"{text}; did you mean {', '.join(close)}?")
    section = key.split(".")[0]
    if "." in key and section in SECTIONS:
        own = ", ".join(s.key.removeprefix(f"{section}.") for s in owners[section])
        return SettingError(f"{text}; {section} has {own}")
    return SettingError(f"{text}; `kinetix train --help` lists them all")


def wrong_value(text: str, value: Any, key: str, reason: str) -> SettingError:
    """The error for a value of the wrong type (`MISSING`: not known).

    text: the key with where it was found.
    """
    found = text if value is MISSING else f"{text}={value_text(value)}"
    for settings in settings_by_owner().values():
        for setting in settings:
            if setting.key == key:
                return SettingError(f"{found}: {expected(setting.hint)} is expected")
    return SettingError(f"{found}: {reason.splitlines()[0]}")


def check_parts(config: DictConfig, chosen: Mapping[str, Any], where: str) -> None:
    """Refuse what a preset or another YAML file has done to the top level and the components.

    chosen: what Hydra has chosen, by kind. where: the preset, to begin the message with.
    """
    from omegaconf import OmegaConf

    top = {s.key for s in settings_of(section_class(""), "")}
    for key in map(str, config):
        if key == PRESETS:
            raise SettingError(f"{where}the first line `# @package _global_` is missing")
        if key not in {*top, *SECTIONS, *COMPOSED_KINDS}:
            raise unknown_setting(key, where)
    for kind in COMPOSED_KINDS.values():
        node = config.get(kind.name, {})
        parts = (
            {kind.name: node} if not kind.several else {f"{kind.name}.{n}": node[n] for n in node}
        )
        for key, part in parts.items():
            name = key.rsplit(".", 1)[-1] if kind.several else str(chosen[kind.name])
            if kind.several and (not OmegaConf.is_dict(part) or "name" not in part):
                raise _not_chosen(kind.name, name, where)
            if part["name"] != name:
                raise SettingError(
                    f"{where}{key}.name: a component is chosen in `defaults`, as"
                    f" `override /{kind.name}: {part['name']}`"
                )


def _not_chosen(kind: str, name: str, where: str) -> SettingError:
    """The error for settings of one of several components that is not there."""
    known = registry().names(kind)
    if name not in known:
        return SettingError(f"{where}{kind}.{name}: unknown setting{did_you_mean(name, known)}")
    return SettingError(
        f"{where}{kind}.{name}: {kind}={name} is not chosen here; choose all of them in `defaults`,"
        f" as `override /{kind}: [{name}]`"
    )


def _nearest_keys(key: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The full names most like `key`, or whose last part is most like its last part."""

    def likeness(candidate: str) -> float:
        whole = difflib.SequenceMatcher(None, key.lower(), candidate.lower()).ratio()
        last, own = candidate.rsplit(".", 1)[-1], key.rsplit(".", 1)[-1]
        end = difflib.SequenceMatcher(None, own.lower(), last.lower()).ratio()
        if own.lower() == "".join(word[:1] for word in last.split("_")):  # `lr`
            end = 1.0
        # sections are shared by many names, so they say less than the last part
        return max((whole + end) / 2, 0.95 * end)

    scores = {candidate: likeness(candidate) for candidate in known}
    best = sorted(scores, key=lambda c: (-scores[c], c))[:count]
    return [c for c in best if scores[c] > max(0.7, scores[best[0]] - 0.05)]
