"""The shape of a composed run: which parts there are, and their settings in Hydra's store."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kinetix_core.errors import PluginError, SettingError
from kinetix_core.registry import COMPOSED_KINDS, Component, load_object, registry

if TYPE_CHECKING:
    from omegaconf import DictConfig

ROOT = "kinetix"
"""Name of the primary config."""
PRESETS = "experiment"
"""The group of presets: YAML files that set anything."""
_STORED = "_kinetix_registry"
"""The store's own note of the registry whose components it holds."""


@dataclass(frozen=True)
class TopConfig:
    """The settings of a run that belong to no part."""

    size: Any = "s"
    """Slots of a scene: s, m, l, or as {polygons: 8, circles: 3, joints: 4, thrusters: 2}."""
    seed: int = 0
    """What all random numbers of the run come from."""
    num_seeds: int = 1
    """Independent agents that are trained side by side in one program."""
    init_from: str = ""
    """Folder of a run whose newest parameters this one begins with; empty: fresh ones."""
    init_seed: int | None = None
    """With init_from: which of several agents of that run, 0 being the first; null: its only one,
    or of as many agents as this run has each one's own."""
    init_optimiser: bool = False
    """With init_from: whether Adam's means are taken over too, from the newest checkpoint."""

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise SettingError(f"seed={self.seed}: 0 to {2**32 - 1} is expected")
        if self.num_seeds < 1:
            raise SettingError(f"num_seeds={self.num_seeds}: at least 1 is expected")
        if (self.init_seed or 0) < 0:
            raise SettingError(f"init_seed={self.init_seed}: 0 or more is expected")
        for name, given in (
            ("init_seed", self.init_seed is not None),
            ("init_optimiser", self.init_optimiser),
        ):
            if given and not self.init_from:
                value = str(getattr(self, name)).lower()
                raise SettingError(f"{name}={value}: means nothing without init_from=DIR")


SECTIONS = {
    "": "kinetix_core.compose._schema:TopConfig",
    "env": "kinetix_core.interfaces:EnvConfig",
    "filter": "kinetix_core.env.filter_config:FilterConfig",
    "ppo": "kinetix_core.learn.config:PPOConfig",
    "train": "kinetix_core.learn.config:TrainConfig",
    "checkpoint": "kinetix_core.learn.config:CheckpointConfig",
    "evaluation": "kinetix_core.evaluate.config:EvaluationConfig",
}
"""The core's own settings, by the name in front of theirs."""


def section_class(name: str) -> type:
    """The dataclass of one of the core's own sections."""
    return load_object(SECTIONS[name])


def store_schema() -> None:
    """Put the primary config and the settings of every component into Hydra's store.

    A component whose config class is broken is left out: it fails when it is chosen. Done once
    for each registry, which may change (tests, notebooks).
    """
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    if vars(store).get(_STORED) is registry():
        return
    store.store(ROOT, _root_node())
    for kind in COMPOSED_KINDS.values():
        store.repo.pop(kind.name, None)
        for component in registry().components(kind.name):
            package = f"{kind.name}.{component.name}" if kind.several else kind.name
            try:
                node = component_node(component)
            except PluginError:
                continue
            store.store(component.name, node, group=kind.name, package=package)
    setattr(store, _STORED, registry())


def component_node(component: Component) -> DictConfig:
    """The settings of a component with the `name` that says which one it is.

    Raises `PluginError` where a setting has a type that a config tree cannot hold.
    """
    from omegaconf import open_dict
    from omegaconf.errors import OmegaConfBaseException

    config = registry().config_class(component.kind, component.name)
    try:
        node = _typed_node(config)
    except OmegaConfBaseException as error:
        raise PluginError(
            f"{component} from {registry().distribution(component)}: config {component.config}"
            f" has a setting of a type that cannot be composed ({str(error).splitlines()[0]});"
            " numbers, texts, Enums, tuples and dataclasses of these can"
        ) from error
    with open_dict(node):
        node.name = component.name
    node._get_node("name")._set_flag("readonly", True)  # pyright: ignore
    attributes: dict[str, Any] = vars(node)
    content = attributes["_content"]
    attributes["_content"] = {"name": content.pop("name"), **content}  # where a reader looks first
    return node


def _root_node() -> DictConfig:
    from omegaconf import OmegaConf

    root = OmegaConf.create({})
    top = _typed_node(section_class(""))
    for name in top:
        root._set_item_impl(name, top._get_node(name))
    for name in SECTIONS:
        if name:
            root._set_item_impl(name, _typed_node(section_class(name)))
    choices = [
        {kind.name: list(kind.default) if kind.several else kind.default[0]}
        for kind in COMPOSED_KINDS.values()
    ]
    # presets come last, so that they may set anything and override choices
    root["defaults"] = ["_self_", *choices, {PRESETS: None}]
    return root


def _typed_node(config: type) -> DictConfig:
    """A config tree that checks keys and types, and may be changed (a frozen class's may not)."""
    from omegaconf import DictConfig, OmegaConf

    def clear(node: DictConfig) -> None:
        node._set_flag("readonly", None)
        for field in dataclasses.fields(node._metadata.object_type):  # pyright: ignore
            child = node._get_node(field.name)
            if isinstance(child, DictConfig) and dataclasses.is_dataclass(
                child._metadata.object_type
            ):
                clear(child)

    node = OmegaConf.structured(config)
    clear(node)
    return node
