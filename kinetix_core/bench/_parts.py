"""The engines and encoders that are measured, by their registered names."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from kinetix_core.compose import build_task, compose_run
from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.interfaces import Engine, Task
from kinetix_core.registry import registry
from kinetix_core.scene import SIZES, SceneSize


def build_engine(
    name: str, size: SceneSize, threads: int | None = None, settings: Sequence[str] = ()
) -> Engine:
    """The registered engine `name` with default settings, but for `threads` where given.

    settings: more of them, as on the command line (`engine.kernel=jax`), for one of the sizes
    s, m and l. Raises `SettingError` for a setting that the engine does not have.
    """
    config = registry().config_class("engine", name)
    known = {field.name for field in dataclasses.fields(config)}
    if threads is not None and "threads" not in known:
        raise SettingError(
            f"engine={name}: it has no setting threads{did_you_mean('threads', known)}"
        )
    if settings:
        engine = _composed([f"engine={name}", f"size={size.name}", *settings], threads, ["engine"])
        assert engine.engine is not None
        return engine.engine
    given = {} if threads is None else {"threads": threads}
    return _build("engine", name, config(**given), size)


def build_env_task(
    size: str, observation: str, threads: int | None = None, settings: Sequence[str] = ()
) -> Task:
    """Engine, multi-discrete actions and encoder of a run with these settings.

    `threads`: only for an engine that has such a setting. Raises `SettingError`.
    """
    chosen = [f"size={size}", f"observation={observation}", *settings]
    return _composed(chosen, threads, ["engine", "action", "observation"])


def _composed(settings: Sequence[str], threads: int | None, kinds: Sequence[str]) -> Task:
    run = compose_run(settings)
    fields = {field.name for field in dataclasses.fields(run.components["engine"].config)}
    if threads is not None and "threads" in fields:
        run = compose_run([*settings, f"engine.threads={threads}"])
    return build_task(run, kinds)


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
