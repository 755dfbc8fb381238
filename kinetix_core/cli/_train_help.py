"""What `kinetix train --help` says about choices and settings, read from what is installed."""

from __future__ import annotations

from kinetix_core.compose import (
    PRESETS,
    SECTIONS,
    preset_summary,
    presets,
    section_class,
    settings_of,
)
from kinetix_core.registry import COMPOSED_KINDS, registry

from ._tables import settings_rows, settings_table, table

_INTRODUCTION = """\
A setting is written name=value or --name=value. levels=X is short for generator=files
generator.levels=X. resume=DIR takes up the run in that folder. Components and presets are chosen by
name; * is what is chosen otherwise."""


def train_help() -> str:
    """Presets, choices with summaries, and every setting with default, type and meaning."""
    parts = [_INTRODUCTION, f"{PRESETS}=NAME  a preset", _presets()]
    for kind in COMPOSED_KINDS.values():
        how = f"{kind.name}=[NAME,...]" if kind.several else f"{kind.name}=NAME"
        rows = [
            (c.name + ("*" if c.name in kind.default else ""), c.summary)
            for c in registry().components(kind.name)
        ]
        parts += [f"{how}  {kind.summary}", table(("", ""), rows, indent="  ")]
    parts.append("settings, with default, type and meaning:")
    parts += [settings_rows(settings_of(section_class(name), name)) for name in SECTIONS]
    for kind in COMPOSED_KINDS.values():
        for component in registry().components(kind.name):
            parts += [f"with {kind.name}={component.name}:", settings_table(component)]
    return "\n\n".join(_joined(parts))


def _presets() -> str:
    rows = [(name, preset_summary(name) or file) for name, file in sorted(presets().items())]
    return table(("", ""), rows, indent="  ")


def _joined(parts: list[str]) -> list[str]:
    """Each heading directly above what it is the heading of."""
    blocks: list[str] = []
    for part in parts:
        if blocks and part.startswith("  ") and not blocks[-1].startswith("  "):
            blocks[-1] += f"\n{part}"
        else:
            blocks.append(part)
    return blocks
