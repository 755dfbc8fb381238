"""The engines and encoders that are measured, by their registered names."""

from __future__ import annotations

import dataclasses
from typing import Any

from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.interfaces import Engine, Task
from kinetix_core.registry import registry
from kinetix_core.scene import SIZES, SceneSize


def build_engine(name: str, size: SceneSize, threads: int | None = None) -> Engine:
    """The registered engine `name` with default settings, but for `threads` where given.

    Raises `SettingError` for an engine that has no such setting.
    """
    config = registry().config_class("engine", name)
    settings = {} if threads is None else {"threads": threads}
    known = {field.name for field in dataclasses.fields(config)}
    for key in settings.keys() - known:
        raise SettingError(f"engine={name}: it has no setting {key}{did_you_mean(key, known)}")
    return _build("engine", name, config(**settings), size)


def build_encoder(name: str, size: SceneSize) -> Any:
    """The registered observation encoder `name` with default settings."""
    return _build("observation", name, registry().config_class("observation", name)(), size)


def _build(kind: str, name: str, config: Any, size: SceneSize) -> Any:
    return registry().build(kind, name, config, Task(size=size))


def parse_sizes(text: str) -> dict[str, SceneSize]:
    """`s,m,l` as sizes by name. Raises `SettingError`."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in SIZES:
            raise SettingError(f"sizes={text}: {name} is none{did_you_mean(name, SIZES)}")
    if not names:
        raise SettingError("sizes: none given; s, m, l or several of them are expected")
    return {name: SIZES[name] for name in names}
