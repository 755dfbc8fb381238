"""Settings as they are written on a command line: `ppo.epochs=4`, `--curriculum=sfl`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.registry import COMPOSED_KINDS, package_folder, registry

from ._schema import PRESETS

LEVELS = "levels"
"""Short for `generator=files generator.levels`."""


@dataclass(frozen=True)
class Override:
    """One `key=value`. `text` is what Hydra is given; `sweep`: it stands for several values."""

    key: str
    value: Any
    text: str
    sweep: bool = False

    @property
    def is_choice(self) -> bool:
        """Whether it chooses a component or preset, not the value of a setting."""
        return self.key in COMPOSED_KINDS or self.key == PRESETS

    @property
    def is_hydra(self) -> bool:
        """Whether it is a setting of the multirun machinery, such as its launcher."""
        return self.key == "hydra" or self.key.startswith(("hydra.", "hydra/"))


def normalised(settings: Iterable[str]) -> list[str]:
    """Without leading dashes, and with `levels=X` written out in full.

    Raises `SettingError` where `levels` and another generator are both asked for.
    """
    texts = [re.sub(r"^--(?=[\w/.]+=)", "", text) for text in settings]
    if not any(text.startswith(f"{LEVELS}=") for text in texts):
        return texts
    others = [t for t in texts if t.startswith("generator=") and t != "generator=files"]
    if others:
        raise SettingError(
            f"levels=: short for generator=files generator.levels=, so it cannot be given with"
            f" {others[0]}; leave one of them out"
        )
    written = []
    for text in texts:
        if text.startswith(f"{LEVELS}="):
            written += ["generator=files", f"generator.{text}"]
        else:
            written.append(text)
    return written


def parse(settings: Sequence[str], *, multirun: bool = False) -> list[Override]:
    """Normalised settings in order. Raises `SettingError` for what is no `key=value`."""
    return [_parse_one(text, multirun) for text in normalised(settings)]


def _parse_one(text: str, multirun: bool) -> Override:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import OverrideType
    from hydra.errors import HydraException

    if "=" not in text or text.startswith("="):
        raise SettingError(f"{text}: a setting is written name=value")
    if text[0] in "+~":
        raise SettingError(f"{text}: a setting is written name=value, without {text[0]}")
    if not re.match(r"\w+([./@]\w+)*=", text):
        raise SettingError(f"{text}: a setting is written name=value; this is no name")
    try:
        parsed = OverridesParser.create().parse_override(text)
    except HydraException as error:
        key, _, value = text.partition("=")
        raise SettingError(
            f"{text}: the value cannot be read; put quotes around it, as"
            f""" "{key}='{value}'" """.rstrip()
        ) from error
    if parsed.type != OverrideType.CHANGE or parsed.package is not None:
        raise SettingError(f"{text}: a setting is written name=value")
    override = Override(
        parsed.key_or_group,
        None if parsed.is_sweep_override() else _plain(parsed.value()),
        text,
        sweep=parsed.is_sweep_override(),
    )
    _check_mode(override, multirun)
    return override


def _check_mode(override: Override, multirun: bool) -> None:
    if multirun:
        return
    if override.sweep:
        key, _, value = override.text.partition("=")
        kind = COMPOSED_KINDS.get(key)
        many = f", or write {key}=[{value}] for a list" if not kind or kind.several else ""
        raise SettingError(f"{override.text}: several values are a sweep: add -m to run each{many}")
    if override.is_hydra:
        raise SettingError(f"{override.text}: hydra settings belong to sweeps; add -m")


def _plain(value: Any) -> Any:
    """Hydra's quoted strings as plain ones."""
    from hydra.core.override_parser.types import QuotedString

    if isinstance(value, QuotedString):
        return value.text
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {_plain(k): _plain(v) for k, v in value.items()}
    return value


def check_choice(override: Override) -> None:
    """Raises `PluginError` or `SettingError` where a component or preset cannot be chosen."""
    if override.key == PRESETS:
        known = presets()
        if isinstance(override.value, list):
            raise SettingError(f"{override.text}: one preset is expected")
        if override.value is not None and override.value not in known:
            close = did_you_mean(str(override.value), known) or "; no plugin brings a preset"
            raise SettingError(f"{override.text}: unknown{close}{registry().broken_text()}")
        return
    kind = COMPOSED_KINDS[override.key]
    names = override.value if isinstance(override.value, list) else [override.value]
    if not kind.several and isinstance(override.value, list):
        raise SettingError(f"{override.text}: one {kind.name} is expected")
    if None in names:
        many = f"; {kind.name}=[] for none" if kind.several else ""
        raise SettingError(f"{override.text}: the name of a component is expected{many}")
    for name in names:
        registry().get(kind.name, str(name))


def presets() -> dict[str, str]:
    """Every preset by name, with the file that it stands in as `pkg://package/experiment/x.yaml`."""
    return {name: where for name, (where, _) in config_files(PRESETS).items()}


def preset_summary(name: str) -> str:
    """The first comment of a preset's file, its `# @package` line aside; empty: there is none."""
    return first_comment(config_files(PRESETS)[name][1].read_text(encoding="utf-8"))


def first_comment(text: str) -> str:
    """The first comment of a YAML file in one line, its `# @package` line aside."""
    words: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if comment := line.lstrip("# ").strip():
            words += [] if comment.startswith("@package") else [comment]
        elif words:
            break
    return " ".join(words)


def config_files(group: str) -> dict[str, tuple[str, Traversable]]:
    """The YAML files of one group in every plugin's config folders, by name, with where each is."""
    found: dict[str, tuple[str, Traversable]] = {}
    for folder in registry().config_folders:
        place = package_folder(folder).joinpath(group)
        if place.is_dir():
            for file in sorted(place.iterdir(), key=lambda f: f.name):
                if file.name.endswith(".yaml"):
                    where = f"{folder}/{group}/{file.name}"
                    found.setdefault(file.name.removesuffix(".yaml"), (where, file))
    return found
