"""The conformance kit: which promises each kind of component makes, and `check`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.interfaces import Task

from . import (
    _action,
    _curriculum,
    _engine,
    _figure,
    _generator,
    _level_set,
    _logger,
    _mutation,
    _network,
    _observation,
    _score,
)


@dataclasses.dataclass(frozen=True)
class Suite:
    """The promises of one kind.

    case: a dataclass made as `case(component, task, **options)`; its other fields are the
        options of `check`. What several promises look at is computed in it once.
    promises: functions of a case. The first line of the docstring is the promise; broken
        promises raise.
    """

    case: type
    promises: tuple[Callable[[Any], None], ...]


CHECKS: dict[str, Suite] = {
    "engine": Suite(_engine.EngineCase, _engine.PROMISES),
    "action": Suite(_action.ActionCase, _action.PROMISES),
    "observation": Suite(_observation.ObservationCase, _observation.PROMISES),
    "generator": Suite(_generator.GeneratorCase, _generator.PROMISES),
    "mutation": Suite(_mutation.MutationCase, _mutation.PROMISES),
    "network": Suite(_network.NetworkCase, _network.PROMISES),
    "curriculum": Suite(_curriculum.CurriculumCase, _curriculum.PROMISES),
    "score": Suite(_score.ScoreCase, _score.PROMISES),
    "level_set": Suite(_level_set.LevelSetCase, _level_set.PROMISES),
    "figure": Suite(_figure.FigureCase, _figure.PROMISES),
    "logger": Suite(_logger.LoggerCase, _logger.PROMISES),
}
"""What is checked, by kind. A new kind is one entry here."""


def promises(kind: str) -> tuple[str, ...]:
    """The names of the promises that components of a kind make."""
    return tuple(promise.__name__ for promise in _suite(kind).promises)


def check(
    kind: str,
    component: Any,
    task: Task,
    *,
    promises: Iterable[str] | None = None,
    **options: Any,
) -> None:
    """Hold a component to every promise of its kind (or to those named in `promises`).

    component: built as `factory(config, task)`; for a logger a function that makes a new one.
    task: needs the parts that come before the component (`example_task` has all of them).
    options: fields of the kind's case, such as `levels` or `seed`; see `CHECKS[kind].case`.

    Raises `AssertionError` at the first broken promise, which says the promise, the component
    and what was found; `SettingError` for an unknown kind, promise or option.
    """
    suite = _suite(kind)
    known = {promise.__name__: promise for promise in suite.promises}
    allowed = [f.name for f in dataclasses.fields(suite.case)][2:]
    for name in options:
        if name not in allowed:
            raise SettingError(f"check({kind!r}): {name}: no option{did_you_mean(name, allowed)}")
    for name in chosen if (chosen := tuple(promises or known)) else ():
        if name not in known:
            raise SettingError(f"check({kind!r}): {name}: no promise{did_you_mean(name, known)}")
    case = suite.case(component, task, **options)
    for name in chosen:
        _hold(kind, component, known[name], case)


def _hold(kind: str, component: Any, promise: Callable[[Any], None], case: Any) -> None:
    words = (promise.__doc__ or promise.__name__).strip().splitlines()[0]
    try:
        promise(case)
    except Exception as error:
        found = " ".join(str(error).split()) or "nothing more is known"
        if not isinstance(error, AssertionError):
            found = f"{type(error).__name__}: {found}"
        raise AssertionError(
            f"{kind} {_name(component)} breaks its promise {promise.__name__} ({words}) {found}"
        ) from error


def _name(component: Any) -> str:
    """`MLP(depth=2)`: the settings that are not the default; a task is more than fits."""
    name = getattr(component, "__qualname__", type(component).__qualname__)
    config = getattr(component, "config", None)
    if not dataclasses.is_dataclass(config):
        return name
    chosen = {f.name: (getattr(config, f.name), f.default) for f in dataclasses.fields(config)}
    return f"{name}({', '.join(f'{k}={v!r}' for k, (v, usual) in chosen.items() if v != usual)})"


def _suite(kind: str) -> Suite:
    if kind not in CHECKS:
        raise SettingError(f"check({kind!r}): no kind of component{did_you_mean(kind, CHECKS)}")
    return CHECKS[kind]
