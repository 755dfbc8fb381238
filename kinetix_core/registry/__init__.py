"""The registry of components. A plugin needs `Component` and `hookimpl` from here."""

from ._component import Component
from ._hooks import ENTRY_POINTS, HOOKS, Hooks, hookimpl, hookspec
from ._kinds import COMPOSED_KINDS, KINDS, TASK_KINDS, Kind
from ._load import Plugin, load_object, load_plugin, load_plugins, one_line, package_folder
from ._registry import Registry, registry, setting_message

__all__ = [
    "COMPOSED_KINDS",
    "ENTRY_POINTS",
    "HOOKS",
    "KINDS",
    "TASK_KINDS",
    "Component",
    "Hooks",
    "Kind",
    "Plugin",
    "Registry",
    "hookimpl",
    "hookspec",
    "load_object",
    "load_plugin",
    "load_plugins",
    "one_line",
    "package_folder",
    "registry",
    "setting_message",
]
