"""One line for each way in which a setting can be wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from kinetix_core.errors import PluginError, SettingError
from kinetix_core.registry import KINDS, registry

from ._schema import SECTIONS, section_class
from ._settings import Setting, expected, settings_of, value_text


def settings_by_owner() -> dict[str, list[Setting]]:
    """All settings there are: of the core's sections and of every component that can be chosen.

    The owner is `""`, `env`, ..., or as `curriculum=sfl`.
    """
    owners = {name: settings_of(section_class(name), name) for name in SECTIONS}
    for kind in KINDS.values():
        for component in registry().components(kind.name):
            prefix = f"{kind.name}.{component.name}" if kind.several else kind.name
            try:
                config = registry().config_class(kind.name, component.name)
                owners[f"{kind.name}={component.name}"] = settings_of(config, prefix)
            except (PluginError, NameError, TypeError):
                continue  # it is broken, which is said when it is asked for
    return owners


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
    close = _nearest_keys(key, [*known, *KINDS])
    if close:
        return SettingError(f"{text}; did you mean {', '.join(close)}?")
    return SettingError(f"{text}; `kinetix train --help` lists them all")


def wrong_value(key: str, value: Any, setting: Setting | None, reason: str) -> SettingError:
    """The error for a value of the wrong type."""
    text = f"{key}={value_text(value)}"
    if setting is None:
        return SettingError(f"{text}: {reason}")
    return SettingError(f"{text}: {expected(setting.hint)} is expected")


def _nearest_keys(key: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The full names most like `key`, or whose last part is most like its last part."""

    def likeness(candidate: str) -> float:
        whole = difflib.SequenceMatcher(None, key.lower(), candidate.lower()).ratio()
        last, own = candidate.rsplit(".", 1)[-1], key.rsplit(".", 1)[-1]
        end = difflib.SequenceMatcher(None, own.lower(), last.lower()).ratio()
        # the same word in another section is worth as much as a slip in a whole name
        return max(whole, 0.95 * end)

    scores = {candidate: likeness(candidate) for candidate in known}
    best = sorted(scores, key=lambda c: (-scores[c], c))[:count]
    return [c for c in best if scores[c] > max(0.7, scores[best[0]] - 0.1)]
