"""What is described once, in `GROUP/NAME.yaml` of a plugin's config folder: sweeps and studies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.registry import registry

from ._overrides import config_files, first_comment


def group_names(group: str) -> dict[str, str]:
    """Every file of a group by name, as `pkg://package/sweep/x.yaml`."""
    return {name: where for name, (where, _) in config_files(group).items()}


def group_summary(group: str, name: str) -> str:
    """The first comment of a file of a group; empty: there is none."""
    return first_comment(config_files(group)[name][1].read_text(encoding="utf-8"))


def group_text(group: str, name: str) -> tuple[str, str]:
    """Where the file of that name stands, and its text. Raises `SettingError`."""
    files = config_files(group)
    if name not in files:
        close = did_you_mean(name, files) or f"; no plugin brings a {group}"
        raise SettingError(f"{group} {name}: unknown{close}{registry().broken_text()}")
    where, file = files[name]
    return where, file.read_text(encoding="utf-8")


def yaml_tree(text: str, keys: Sequence[str]) -> dict[str, Any]:
    """What YAML says, with none but these keys. Raises `SettingError`."""
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        # OmegaConf's loader, by which 1e-4 is a number
        tree = OmegaConf.to_container(OmegaConf.create(text))
    except (YAMLError, OmegaConfBaseException) as error:
        raise SettingError(f"cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(tree, dict):
        raise SettingError(f"settings as name: value are expected: {', '.join(keys)}")
    found: dict[str, Any] = {str(key): value for key, value in tree.items()}
    check_keys(found, keys)
    return found


def check_keys(tree: Mapping[str, Any], keys: Iterable[str], prefix: str = "") -> None:
    """Raises `SettingError` for a key that is none of `keys`."""
    known = tuple(keys)
    for key in tree:
        if key not in known:
            raise SettingError(f"{prefix}{key}: unknown{did_you_mean(str(key), known)}")


def settings_list(given: Any, name: str = "settings") -> tuple[str, ...]:
    """A list of settings as on the command line. Raises `SettingError`."""
    if not isinstance(given, list) or not all(isinstance(s, str) for s in given):
        raise SettingError(f"{name}: a list is expected, as [experiment=laptop, ppo.epochs=2]")
    return tuple(given)
