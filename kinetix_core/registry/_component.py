"""Component: what a plugin hands to the registry."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kinetix_core.errors import PluginError

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@dataclass(frozen=True)
class Component:
    """One choice of one kind, described without importing it.

    kind: one of `kinetix_core.registry.KINDS`, such as `curriculum`.
    name: what is written in `curriculum=name`; lower case, digits and underscores.
    config: dotted path `package.module:Class` of a frozen dataclass: the settings.
    factory: dotted path of what is called as `factory(config, task)`.
    summary: one line for `kinetix plugins`.
    check: dotted path of a function without arguments that `kinetix doctor` calls; it returns
        lines to show, and raises where something is wrong.

    Raises `PluginError` where a name or dotted path does not look like one.
    """

    kind: str
    name: str
    config: str
    factory: str
    summary: str
    check: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PluginError(
                f"component {self.kind}/{self.name}: a name is lower case letters, digits and"
                " underscores"
            )
        for field in ("config", "factory", "check"):
            path = getattr(self, field)
            if path is not None and not _PATH.fullmatch(path):
                raise PluginError(
                    f"component {self}: {field}={path!r}: a dotted path as package.module:Name"
                    " is expected"
                )

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"
