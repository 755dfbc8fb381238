"""The registry: every component that is installed, by kind and name."""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from kinetix_core.errors import KinetixError, PluginError, SettingError, did_you_mean

from ._component import Component
from ._kinds import KINDS, TASK_KINDS
from ._load import Plugin, load_object, load_plugins, one_line


class Registry:
    """Components by kind and name, with the plugins that they come from.

    Whatever is wrong with a plugin or component is kept as a line of text and raised as a
    `PluginError`, in the same words, when the component is asked for.
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self.plugins = tuple(plugins)
        offers: dict[tuple[str, str], list[tuple[Component, Plugin]]] = defaultdict(list)
        sets: dict[str, list[tuple[Path, Plugin]]] = defaultdict(list)
        for plugin in self.plugins:
            for component in plugin.components:
                offers[component.kind, component.name].append((component, plugin))
            for name, folder in plugin.level_sets:
                sets[name].append((folder, plugin))
        both = {name for name in sets if ("level_set", name) in offers}
        self._offers = {
            (kind, name): found[0]
            for (kind, name), found in offers.items()
            if len(found) == 1 and not (kind == "level_set" and name in both)
        }
        self._level_sets = {
            n: found[0][0] for n, found in sorted(sets.items()) if len(found) == 1 and n not in both
        }
        self.disabled: dict[tuple[str, str], str] = {}
        """Why a name cannot be used, by kind (or `level_set`) and name."""
        for (kind, name), found in tuple(offers.items()):
            self._disable(kind, name, [f"{c.factory} from {p.distribution}" for c, p in found])
        for name, places in sets.items():
            made = [f"{c.factory} from {p.distribution}" for c, p in offers["level_set", name]]
            folders = [f"{f} from {p.distribution}" for f, p in places]
            self._disable("level_set", name, [*folders, *made])

    def _disable(self, kind: str, name: str, offers: list[str]) -> None:
        if len(offers) > 1:
            self.disabled[kind, name] = (
                f"{kind}/{name} is offered more than once, so nobody's is used: "
                + " and ".join(offers)
            )

    @property
    def broken(self) -> tuple[Plugin, ...]:
        """The plugins that cannot be used; `problem` says why."""
        return tuple(p for p in self.plugins if p.problem is not None)

    @property
    def config_folders(self) -> tuple[str, ...]:
        """Where YAML is looked for, in the order of the plugins."""
        folders = (folder for plugin in self.plugins for folder in plugin.config_folders)
        return tuple(dict.fromkeys(folders))

    def level_sets(self) -> dict[str, Path]:
        """Named folders of level files, sorted by name."""
        return dict(self._level_sets)

    def names(self, kind: str) -> tuple[str, ...]:
        """The names that can be chosen, sorted."""
        _check_kind(kind)
        return tuple(sorted(name for k, name in self._offers if k == kind))

    def components(self, kind: str) -> tuple[Component, ...]:
        """The components that can be chosen, sorted by name."""
        return tuple(self._offers[kind, name][0] for name in self.names(kind))

    def get(self, kind: str, name: str) -> Component:
        """One component. Raises `PluginError` with the reason where it cannot be used."""
        _check_kind(kind)
        if found := self._offers.get((kind, name)):
            return found[0]
        if reason := self.disabled.get((kind, name)):
            raise PluginError(reason)
        close = did_you_mean(name, self.names(kind))
        raise PluginError(f"{kind}={name}: unknown{close}{self.broken_text()}")

    def broken_text(self) -> str:
        """What follows an unknown name: a plugin that could not be read may offer it."""
        return "".join(f"; {plugin} is broken: {plugin.problem}" for plugin in self.broken)

    def distribution(self, component: Component) -> str:
        """Name and version of the package that offers a component."""
        return self._offers[component.kind, component.name][1].distribution

    def config_class(self, kind: str, name: str) -> type:
        """The dataclass of a component's settings. Raises `PluginError`."""
        component = self.get(kind, name)
        config = self._load(component, "config")
        parameters = getattr(config, "__dataclass_params__", None)
        if not isinstance(config, type) or parameters is None or not parameters.frozen:
            raise self._error(component, f"config {component.config} is no frozen dataclass")
        if "name" in {f.name for f in dataclasses.fields(config)}:
            reserved = "has a setting `name`, but that word says which component is chosen"
            raise self._error(component, f"config {component.config} {reserved}")
        return config

    def build(self, kind: str, name: str, config: Any, task: Any) -> Any:
        """`factory(config, task)`, checked against the interface of the kind.

        Raises `PluginError` that names the component, its distribution and what went wrong.
        """
        component = self.get(kind, name)
        factory = self.factory(component)
        try:
            built = factory(config, task)
        except SettingError as error:
            raise SettingError(setting_message(kind, config, str(error))) from error
        except KinetixError:
            raise
        except Exception as error:
            problem = f"its factory {component.factory} raised {one_line(error)}"
            raise self._error(component, problem) from error
        interface = load_object(KINDS[kind].interface)
        if not isinstance(built, interface):
            raise self._error(
                component,
                f"its factory {component.factory} returned {type(built).__qualname__}, which is"
                f" no {KINDS[kind].interface.replace(':', '.')}",
            )
        if kind in TASK_KINDS:
            self._check_hashable(component, built)
        return built

    def _check_hashable(self, component: Component, built: Any) -> None:
        """A Task says which compiled program belongs to it, so its parts have a hash."""
        try:
            hash(built)
        except Exception as error:
            raise self._error(
                component,
                f"{type(built).__qualname__} is not hashable ({one_line(error)}), but what is"
                " compiled is kept by component; a frozen dataclass is expected, with eq=False if"
                " it holds arrays",
            ) from error

    def factory(self, component: Component) -> Callable[[Any, Any], Any]:
        """What builds a component, imported. Raises `PluginError`."""
        factory = self._load(component, "factory")
        if not callable(factory):
            raise self._error(component, f"factory {component.factory} cannot be called")
        return factory

    def check(self, component: Component) -> list[str]:
        """The lines of a component's own check, for `kinetix doctor`. Raises `KinetixError`."""
        if component.check is None:
            return []
        try:
            return [str(line) for line in self._load(component, "check")()]
        except KinetixError:
            raise
        except Exception as error:
            problem = f"its check {component.check} raised {one_line(error)}"
            raise self._error(component, problem) from error

    def _load(self, component: Component, field: str) -> Any:
        path = getattr(component, field)
        try:
            return load_object(path)
        except (Exception, SystemExit) as error:
            problem = f"{field} {path} cannot be imported: {one_line(error)}"
            raise self._error(component, problem) from error

    def _error(self, component: Component, problem: str) -> PluginError:
        return PluginError(f"{component} from {self.distribution(component)}: {problem}")


def setting_message(prefix: str, config: Any, message: str) -> str:
    """A message about a field of `config` with the setting's full name: `ppo.epochs=0: ...`."""
    names = [f.name for f in dataclasses.fields(config)] if dataclasses.is_dataclass(config) else []
    if not prefix or message.startswith((f"{prefix}.", f"{prefix}=", f"{prefix}:")):
        return message
    if message.startswith(tuple(f"{n}{end}" for n in names for end in "=: .")):
        return f"{prefix}.{message}"
    return f"{prefix}: {message}"


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise PluginError(f"{kind}: no kind of component{did_you_mean(kind, KINDS)}")


@functools.cache
def registry() -> Registry:
    """The registry of everything that is installed, loaded once. Imports no JAX."""
    return Registry(load_plugins())
