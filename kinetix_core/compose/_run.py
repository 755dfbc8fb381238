"""What a composed run holds, and how it is made from a config tree."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_type_hints

from kinetix_core.errors import PluginError, SettingError
from kinetix_core.registry import COMPOSED_KINDS, KINDS, registry, setting_message
from kinetix_core.scene import SceneSize, parse_size

from ._schema import SECTIONS, section_class

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from kinetix_core.env.filter_config import FilterConfig
    from kinetix_core.evaluate.config import EvaluationConfig
    from kinetix_core.interfaces import EnvConfig
    from kinetix_core.learn.config import CheckpointConfig, PPOConfig, TrainConfig


@dataclass(frozen=True)
class Chosen:
    """One chosen component: kind, registered name, and its settings as their own dataclass."""

    kind: str
    name: str
    config: Any


@dataclass(frozen=True)
class ComposedRun:
    """Everything that is decided before a run starts.

    config: the same as a plain tree that JSON and YAML can hold; `compose_saved` reads it back.
    components: of each kind of which a run has one, by kind. mutations, loggers: any number.
    """

    config: Mapping[str, Any] = field(hash=False, compare=False, repr=False)
    size: SceneSize
    seed: int
    num_seeds: int
    init_from: str
    init_seed: int | None
    init_optimiser: bool
    env: EnvConfig
    filter: FilterConfig
    ppo: PPOConfig
    train: TrainConfig
    checkpoint: CheckpointConfig
    evaluation: EvaluationConfig
    components: Mapping[str, Chosen] = field(hash=False)
    mutations: tuple[Chosen, ...]
    loggers: tuple[Chosen, ...]

    def __getitem__(self, kind: str) -> Chosen:
        """The chosen component of a kind, as `run["engine"]`."""
        return self.components[kind]


def typed_run(config: DictConfig) -> ComposedRun:
    """A composed config tree with every part as its own dataclass.

    Raises `SettingError` for a value that is missing or not allowed, `PluginError` for a
    component that cannot be used.
    """
    from omegaconf import OmegaConf

    tree = _resolved(config)
    _check_nothing_missing(config)
    top = to_dataclass(section_class(""), tree, "")
    sections = {
        name: to_dataclass(section_class(name), tree[name], name) for name in filter(None, SECTIONS)
    }
    components: dict[str, Chosen] = {}
    several: dict[str, tuple[Chosen, ...]] = {}
    for kind in COMPOSED_KINDS.values():
        if kind.several:
            several[kind.name] = tuple(
                _chosen(kind.name, s, f"{kind.name}.{n}")
                for n, s in tree.get(kind.name, {}).items()
            )
        else:
            components[kind.name] = _chosen(kind.name, tree[kind.name], kind.name)
    return ComposedRun(
        config=_plain(OmegaConf.to_container(config, resolve=True, enum_to_str=True)),
        size=parse_size(top.size),
        seed=top.seed,
        num_seeds=top.num_seeds,
        init_from=top.init_from,
        init_seed=top.init_seed,
        init_optimiser=top.init_optimiser,
        components=components,
        mutations=several["mutation"],
        loggers=several["logger"],
        **sections,
    )


def check_config(config: DictConfig) -> None:
    """Raises what `typed_run` raises, except that values may still be missing (`???`).

    A part of which a value is missing is not checked further.
    """
    from omegaconf import OmegaConf

    tree = _resolved(config)
    if not (missing := OmegaConf.missing_keys(config)):
        typed_run(config)
        return

    def complete(prefix: str) -> bool:
        return not any(key.startswith(f"{prefix}.") for key in missing)

    to_dataclass(section_class(""), tree, "")
    for name in filter(None, SECTIONS):
        if complete(name):
            to_dataclass(section_class(name), tree[name], name)
    for kind in COMPOSED_KINDS:
        parts = (
            {f"{kind}.{n}": s for n, s in tree.get(kind, {}).items()}
            if COMPOSED_KINDS[kind].several
            else {kind: tree[kind]}
        )
        for prefix, settings in parts.items():
            if complete(prefix):
                _chosen(kind, settings, prefix)
    parse_size(tree["size"])


def _resolved(config: DictConfig) -> Any:
    """The config as plain dicts and lists, with every `${...}` replaced."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        return OmegaConf.to_container(config, resolve=True)
    except OmegaConfBaseException as error:  # an interpolation that leads nowhere
        raise SettingError(f"{error.full_key}: {str(error).splitlines()[0]}") from error


def _chosen(kind: str, settings: Mapping[str, Any], prefix: str) -> Chosen:
    name = settings["name"]
    config = to_dataclass(registry().config_class(kind, name), settings, prefix)
    try:
        hash(config)
    except TypeError as error:
        raise PluginError(
            f"{kind}/{name}: its settings are not hashable ({error}); a frozen dataclass of"
            " numbers, texts, choices and tuples is expected"
        ) from error
    _check_named(config, prefix)
    return Chosen(kind, name, config)


def _check_named(config: Any, prefix: str) -> None:
    """Raises `PluginError` where a setting names a component that is not there.

    Such a setting has the name of a kind that the top level does not choose, as `score`.
    """
    for kind in KINDS.values():
        value = getattr(config, kind.name, None)
        if kind.composed or not isinstance(value, str):
            continue
        try:
            registry().config_class(kind.name, value)
        except PluginError as error:
            raise PluginError(f"{prefix}.{error}") from error


def to_dataclass(config: type, values: Mapping[str, Any], prefix: str) -> Any:
    """An instance of a config dataclass from plain values; lists become tuples.

    What its `__post_init__` refuses is raised as `SettingError` with the setting's full name.
    """
    hints = get_type_hints(config)
    arguments = {}
    for name in (f.name for f in dataclasses.fields(config)):
        hint, value = hints[name], values[name]
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            value = to_dataclass(hint, value, f"{prefix}.{name}" if prefix else name)
        arguments[name] = _frozen(value)
    try:
        return config(**arguments)
    except (SettingError, ValueError, TypeError) as error:
        raise SettingError(setting_message(prefix, config, str(error))) from error


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """The same tree with paths as text."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _check_nothing_missing(config: DictConfig) -> None:
    from omegaconf import OmegaConf

    for key in sorted(OmegaConf.missing_keys(config)):
        raise SettingError(f"{key}: a value must be given, as {key}=VALUE")
