"""Composition: choices and presets through Hydra, then each setting, with errors that say which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kinetix_core.errors import KinetixError, SettingError
from kinetix_core.registry import COMPOSED_KINDS, registry

from ._explain import check_parts, unknown_setting, wrong_value
from ._overrides import Override, check_choice, parse, presets
from ._run import ComposedRun, typed_run
from ._schema import PRESETS, ROOT, component_node, store_schema
from ._settings import MISSING

if TYPE_CHECKING:
    from omegaconf import DictConfig


def compose_run(settings: Sequence[str] = ()) -> ComposedRun:
    """The run that the defaults, a preset and these settings describe.

    settings: as on the command line: `["curriculum=sfl", "ppo.epochs=4", "levels=folder"]`.
    Raises `SettingError` or `PluginError`, one line each, naming the setting, the value and what
    is allowed.
    """
    return typed_run(compose_config(settings))


def compose_config(settings: Sequence[str] = ()) -> DictConfig:
    """The same as a config tree, in which required values may still be missing (`???`)."""
    overrides = parse(settings)
    config = _compose_on_preset([o for o in overrides if o.is_choice])
    _apply_settings(config, overrides)
    return config


def compose_saved(config: Mapping[str, Any], settings: Sequence[str] = ()) -> ComposedRun:
    """A run from what `ComposedRun.config` held when it was saved, with `settings` on top.

    Where `settings` choose another component, the saved settings of the one before are left out.
    Raises as `compose_run`, also for saved settings that this version does not know.
    """
    overrides = parse(settings)
    choices = [o for o in overrides if o.is_choice]
    if any(o.key == PRESETS for o in choices):
        raise SettingError(f"{PRESETS}=: a preset cannot be put on top of a saved run")
    tree = _compose_on_config(config, choices, where="saved run: ")
    _apply_settings(tree, overrides)
    return typed_run(tree)


def _compose_on_preset(choices: Sequence[Override]) -> DictConfig:
    """Without what the preset sets of a component that is not the one chosen."""
    from omegaconf import OmegaConf

    choices = list({c.key: c for c in choices if (c.key, c.value) != (PRESETS, None)}.values())
    preset = next((c for c in choices if c.key == PRESETS), None)
    own = [c for c in choices if c.key != PRESETS]
    if preset is None or not own:
        return _compose_choices(choices)
    try:
        tree = _compose_choices([preset])
    except KinetixError:  # what is wrong there may go with these choices, else it is said now
        return _compose_choices(choices)
    plain: Any = OmegaConf.to_container(tree, enum_to_str=True)
    if all(_same(c.value, _saved_choice(c.key, plain)) for c in own):
        return tree  # it has chosen the same
    return _compose_on_config(plain, own, where=f"{presets()[preset.value]}: ")


def _compose_on_config(
    config: Mapping[str, Any], choices: Sequence[Override], where: str
) -> DictConfig:
    """These components, and of all other kinds what `config` has chosen.

    What `config` sets of components that are still chosen stays.
    """
    chosen = {k: _saved_choice(k, config) for k in COMPOSED_KINDS}
    own = {c.key: c for c in choices}
    others = [Override(k, v, f"{k}={_written(v)}") for k, v in chosen.items() if k not in own]
    tree = _compose_choices([*others, *own.values()])
    for key, value in leaves(config):
        kind, name = key.split(".")[0], key.split(".")[1:2]
        if kind in own and COMPOSED_KINDS[kind].several:
            stays = name[0] in _names(own[kind].value)
        else:
            stays = kind not in own or _same(own[kind].value, chosen[kind])
        if stays and value != "???":
            _apply(tree, key, value, where=where)
    return tree


def _apply_settings(config: DictConfig, overrides: Sequence[Override]) -> None:
    for override in overrides:
        if not override.is_choice:
            _apply(config, override.key, override.value)


def _names(value: Any) -> list[str]:
    return [str(v) for v in (value if isinstance(value, list) else [value])]


def _same(value: Any, other: Any) -> bool:
    return _names(value) == _names(other)


def _saved_choice(kind: str, config: Mapping[str, Any]) -> Any:
    section = config.get(kind, {})
    if COMPOSED_KINDS[kind].several:
        return list(section)
    try:
        return section["name"]
    except (KeyError, TypeError):
        raise SettingError(f"saved run: {kind}.name: missing, so its {kind} is unknown") from None


def _written(value: Any) -> str:
    return f"[{','.join(value)}]" if isinstance(value, list) else str(value)


def leaves(config: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Full name and value of every setting (component names left out: they are choices)."""
    for name, value in config.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key != "size":
            yield from leaves(value, f"{key}.")
        elif not (name == "name" and _is_component(prefix)):
            yield key, value


def _is_component(prefix: str) -> bool:
    kind = COMPOSED_KINDS.get(prefix.split(".")[0])
    return kind is not None and prefix.count(".") == 1 + kind.several


def _compose_choices(choices: Sequence[Override]) -> DictConfig:
    """The defaults with these components and this preset, composed by Hydra."""
    from hydra import compose, initialize
    from hydra.errors import HydraException
    from omegaconf import OmegaConf, open_dict
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    for choice in choices:
        check_choice(choice)
    add_config_folders()
    store_schema()
    preset = next((c.value for c in reversed(choices) if c.key == PRESETS), None)
    where = f"{presets()[preset]}: " if preset else ""
    try:
        with initialize(config_path=None, version_base="1.3"):
            config = compose(ROOT, [c.text for c in choices], return_hydra_config=True)
        chosen = dict(config.hydra.runtime.choices)
    except (HydraException, OmegaConfBaseException, YAMLError) as error:
        raise _composition_error(error, where) from error
    with open_dict(config):
        del config["hydra"]
    OmegaConf.set_struct(config, True)
    check_parts(config, chosen, where)
    return config


def add_config_folders() -> None:
    """Make Hydra look for YAML in the folders of every plugin."""
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    from ._search_path import KinetixSearchPath

    plugins = Plugins.instance()
    if KinetixSearchPath not in plugins.discover(SearchPathPlugin):
        plugins.register(KinetixSearchPath)


def _apply(config: DictConfig, key: str, value: Any, where: str = "") -> None:
    """Set one setting. Raises `SettingError` where it does not exist or has another type."""
    from omegaconf import OmegaConf
    from omegaconf.errors import ConfigKeyError, OmegaConfBaseException, ReadonlyConfigError

    node = OmegaConf.select(config, key, throw_on_resolution_failure=False) if key else None
    if OmegaConf.is_dict(node) and key != "size":
        raise unknown_setting(key, where)  # a part, not a setting
    try:
        OmegaConf.update(config, key, value, merge=True)
    except ReadonlyConfigError:
        owner = key.rsplit(".", 1)[0]
        raise SettingError(
            f"{where}{key}={value}: a component is chosen with {owner.split('.')[0]}={value}"
        ) from None
    except (ConfigKeyError, AttributeError) as error:
        raise unknown_setting(key, where) from error
    except (OmegaConfBaseException, TypeError, ValueError) as error:
        raise wrong_value(f"{where}{key}", value, key, str(error)) from error


def _composition_error(error: Exception, where: str) -> SettingError:
    """What Hydra says about defaults, components and the preset, in one line.

    Raises the registry's own `PluginError` where a component is missing or broken.
    """
    from hydra.errors import MissingConfigException

    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        kind, _, name = str(error.missing_cfg_file).rpartition("/")
        if kind in COMPOSED_KINDS:
            component_node(registry().get(kind, name))
    cause = error.__cause__ or error.__context__ or error
    key = getattr(cause, "full_key", None)
    if not key:
        return SettingError(f"{where}{' '.join(str(error).split())}")
    if "not in" in str(cause):
        return unknown_setting(str(key), where)
    value = getattr(cause, "value", None)  # of a faulty null Hydra does not say so
    return wrong_value(f"{where}{key}", MISSING if value is None else value, str(key), str(cause))
