"""Loading of plugins, one by one, so that a broken one takes nothing else down."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.resources
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from types import FunctionType
from typing import Any

import pluggy

from kinetix_core.cache import cache_folder
from kinetix_core.errors import PluginError, did_you_mean

from ._component import Component
from ._hooks import ENTRY_POINTS, HOOKS, PROJECT, Hooks
from ._kinds import KINDS


@dataclass(frozen=True)
class Plugin:
    """One entry point: what it offers, or why it cannot be used.

    name, module: of the entry point. distribution: name and version of the installed package.
    problem: one line, where the plugin is broken; it then offers nothing.
    """

    name: str
    module: str
    distribution: str
    components: tuple[Component, ...] = ()
    config_folders: tuple[str, ...] = ()
    level_sets: tuple[tuple[str, Path], ...] = ()
    problem: str | None = None
    exception: BaseException | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"plugin {self.name} ({self.module}, from {self.distribution})"


def one_line(error: BaseException) -> str:
    """`ModuleNotFoundError: No module named 'x'`, whatever line breaks the message has."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def load_object(path: str) -> Any:
    """What a dotted path `package.module:Name` names."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def load_plugins() -> tuple[Plugin, ...]:
    """Every installed plugin, sorted by distribution and entry point."""
    entries = importlib.metadata.entry_points(group=ENTRY_POINTS)
    plugins = [
        load_plugin(e.name, e.value, distribution_name(e.dist), e.load) for e in each_once(entries)
    ]
    return tuple(sorted(plugins, key=lambda p: (p.distribution, p.name)))


def each_once(
    entries: Iterable[importlib.metadata.EntryPoint],
) -> list[importlib.metadata.EntryPoint]:
    """Each entry point once (an editable install can be found by two routes)."""
    return list({(e.name, e.value, distribution_name(e.dist)): e for e in entries}.values())


def distribution_name(distribution: importlib.metadata.Distribution | None) -> str:
    """`name version` of an installed package."""
    if distribution is None:
        return "unknown distribution"
    return f"{distribution.metadata['Name']} {distribution.version}"


def load_plugin(name: str, module: str, distribution: str, load: Callable[[], Any]) -> Plugin:
    """One plugin. Nothing that its code does wrong leaves this function."""
    try:
        hooks = _verified_hooks(load())
        components = tuple(_flat(hooks.kinetix_components()))
        folders = tuple(_flat(hooks.kinetix_config_folders()))
        sets = [pair for found in hooks.kinetix_level_sets() for pair in found.items()]
        _check_components(components)
        _check_folders(folders)
        level_sets = tuple((str(name), _level_folder(name, folder)) for name, folder in sets)
    except (Exception, SystemExit) as error:
        problem = str(error) if isinstance(error, PluginError) else one_line(error)
        return Plugin(name, module, distribution, problem=problem, exception=error)
    return Plugin(name, module, distribution, components, folders, level_sets)


def _verified_hooks(module: Any) -> pluggy.HookRelay:
    """The hooks of one module, each of which is known and marked."""
    # one manager per plugin: a fault in one cannot be seen by another
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    for name, value in vars(module).items():
        if not isinstance(value, FunctionType) or not name.startswith(f"{PROJECT}_"):
            continue
        if name not in HOOKS:
            raise PluginError(f"{name} is no hook{did_you_mean(name, HOOKS)}")
        if not hasattr(value, f"{PROJECT}_impl"):
            raise PluginError(f"{name} is not marked with @hookimpl")
    manager.register(module)  # refuses arguments that the hook does not have
    manager.check_pending()  # refuses marked functions under any other name
    return manager.hook


def _flat(results: Iterable[Iterable[Any]]) -> Iterable[Any]:
    for result in results:
        yield from result


def _check_components(components: Iterable[Any]) -> None:
    for component in components:
        if not isinstance(component, Component):
            raise PluginError(f"kinetix_components gave {component!r}, which is no Component")
        if component.kind not in KINDS:
            kinds = did_you_mean(component.kind, KINDS)
            raise PluginError(f"component {component}: unknown kind {component.kind}{kinds}")


def _check_folders(folders: Iterable[Any]) -> None:
    for folder in folders:
        place = _checked_folder("kinetix_config_folders", folder)
        for kind in KINDS:
            if place.joinpath(kind).is_dir():
                raise PluginError(
                    f"kinetix_config_folders gave {folder}: its folder {kind} would hide the"
                    f" {kind} components; defaults belong in their config classes"
                )


def _level_folder(name: Any, folder: Any) -> Path:
    if not isinstance(name, str) or not name.isidentifier():
        raise PluginError(f"kinetix_level_sets gave the name {name!r}; an identifier is expected")
    if isinstance(folder, str) and folder.startswith("cache://"):
        # such a set is filled later, by a command: the folder may be missing
        return cache_folder().joinpath(*folder.removeprefix("cache://").split("/"))
    place = _checked_folder("kinetix_level_sets", folder)
    if not isinstance(place, Path):
        raise PluginError(
            f"kinetix_level_sets gave {folder}: a folder with an __init__.py is expected, or one"
            " below a package, as pkg://package/levels"
        )
    return place


def _checked_folder(hook: str, folder: Any) -> Traversable:
    """The place of `pkg://package/folder`. Raises `PluginError` where there is none."""
    if not isinstance(folder, str) or not folder.startswith("pkg://"):
        raise PluginError(f"{hook} gave {folder!r}; pkg://package.folder is expected")
    place = package_folder(folder)
    if not place.is_dir():
        raise PluginError(f"{hook} gave {folder}: there is no such folder")
    return place


def package_folder(folder: str) -> Traversable:
    """The place of `pkg://package/folder`, which needs no `__init__.py`."""
    package, *below = folder.removeprefix("pkg://").split("/")
    place = importlib.resources.files(package)
    for name in below:
        # the place of a namespace package takes one name, neither none nor several
        place = place.joinpath(name)
    return place
