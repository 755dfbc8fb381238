"""The hooks that a plugin may implement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pluggy

from ._component import Component

PROJECT = "kinetix"
ENTRY_POINTS = "kinetix.plugins"
"""The entry-point group in which a distribution names its plugin module."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """Hook specifications. A plugin implements those that it wants, marked with `@hookimpl`."""

    @staticmethod
    @hookspec
    def kinetix_components() -> Iterable[Component]:  # pyright: ignore[reportReturnType]
        """The components that the plugin offers."""

    @staticmethod
    @hookspec
    def kinetix_config_folders() -> Iterable[str]:  # pyright: ignore[reportReturnType]
        """Folders of YAML (presets, sweeps, studies) to search, as `pkg://my_package.configs`."""

    @staticmethod
    @hookspec
    def kinetix_level_sets() -> Mapping[str, str]:  # pyright: ignore[reportReturnType]
        """Named folders of level files, as `{"handmade": "pkg://my_package/levels"}`.

        `cache://folder` is a folder in the user's cache, which may be missing until it is filled.
        """


HOOKS = tuple(name for name in vars(Hooks) if name.startswith(f"{PROJECT}_"))
