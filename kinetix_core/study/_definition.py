"""A study as its file describes it: `study/NAME.yaml` of a plugin's config folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kinetix_core.compose import (
    check_keys,
    first_comment,
    group_names,
    group_summary,
    group_text,
    parse,
    settings_list,
    yaml_tree,
)
from kinetix_core.errors import KinetixError, SettingError
from kinetix_core.registry import registry

STUDIES = "study"
"""The group of studies."""
_KEYS = ("settings", "seeds", "methods", "evaluate", "finetune", "sequence", "figures")
_OURS = ("seed", "num_seeds", "train.directory", "train.name", "resume")
"""What a study chooses for each of its runs."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]*")


@dataclass(frozen=True)
class Examination:
    """What every finished agent plays: `attempts` at each level, with sampled actions."""

    levels: tuple[str, ...]
    attempts: int


@dataclass(frozen=True)
class Finetune:
    """Each agent goes on on each level of a set alone; `scratch`: beside a new network."""

    levels: tuple[str, ...]
    settings: tuple[str, ...]
    scratch: bool


@dataclass(frozen=True)
class Stages:
    """Each agent learns sets of levels one after the other; `fresh`: beside a new network on each.

    stages: the names of each set.
    """

    stages: tuple[tuple[str, ...], ...]
    settings: tuple[str, ...]
    fresh: bool


@dataclass(frozen=True)
class Study:
    """A question with what answers it, checked.

    methods: what is compared, each with its own settings. overrides: settings of every run that
    were given when the study was begun, on top of all others.
    """

    name: str
    summary: str
    settings: tuple[str, ...]
    seeds: tuple[int, ...]
    methods: Mapping[str, tuple[str, ...]] = field(hash=False)
    evaluate: Examination | None = None
    finetune: Finetune | None = None
    sequence: Stages | None = None
    figures: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()


def studies() -> dict[str, str]:
    """Every study by name, with the file that it stands in as `pkg://package/study/x.yaml`."""
    return group_names(STUDIES)


def study_summary(name: str) -> str:
    """The first comment of a study's file; empty: there is none."""
    return group_summary(STUDIES, name)


def study_text(name: str) -> tuple[str, str]:
    """Where the file of a study stands, and its text. Raises `SettingError`."""
    if "/" in name or name.endswith((".yaml", ".yml")):
        raise SettingError(
            f"study {name}: a name is expected, not a file; a study is found by its name in the"
            " folder study/ of a plugin's config folder; `kinetix study list` shows those there are"
        )
    return group_text(STUDIES, name)


def load_study(
    name: str, settings: Sequence[str] = (), seeds: Sequence[int] | None = None
) -> Study:
    """The study of that name, with `settings` on top in every run, and these seeds if given.

    Every composition is tried, so that a mistake is found before anything is run. Raises a
    `KinetixError` of one line, which names the file where the mistake is one of it.
    """
    from ._graph import check_compositions

    where, text = study_text(name)
    try:
        study = _read(name, text)
        check_compositions(study)
    except KinetixError as error:
        raise type(error)(f"{where}: {error}") from error
    return _with(study, settings, seeds)


def _with(study: Study, settings: Sequence[str], seeds: Sequence[int] | None) -> Study:
    from ._graph import check_compositions
    from ._overrides import check_overrides

    if seeds is not None:
        study = replace(study, seeds=_seeds(list(seeds), "--seeds"))
    if settings:
        _check_settings(settings, "")
        check_overrides(study, settings)
        study = replace(study, overrides=tuple(settings))
        check_compositions(study)
    return study


def _read(name: str, text: str) -> Study:
    tree = yaml_tree(text, _KEYS)
    methods = _methods(tree.get("methods"))
    evaluate = _evaluate(tree.get("evaluate"))
    sequence = _sequence(tree.get("sequence"))
    if sequence and not evaluate:
        raise SettingError(
            "sequence: what is kept of each set is measured by `evaluate`; add it, as"
            " evaluate: {levels: [handmade/s]}"
        )
    return Study(
        name=name,
        summary=first_comment(text),
        settings=_settings(tree.get("settings", []), "settings"),
        seeds=_seeds(tree.get("seeds", [0, 1, 2]), "seeds"),
        methods=methods,
        evaluate=evaluate,
        finetune=_finetune(tree.get("finetune")),
        sequence=sequence,
        figures=_figures(tree.get("figures", [])),
    )


def _methods(given: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, dict) or not given:
        raise SettingError("methods: names with their settings are expected, as dr: []")
    for name in given:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise SettingError(f"methods.{name}: letters, digits, _ and . are expected in a name")
    return {name: _settings(own, f"methods.{name}") for name, own in given.items()}


def _settings(given: Any, name: str) -> tuple[str, ...]:
    found = settings_list(given, name)
    _check_settings(found, f"{name}: ")
    return found


def _check_settings(settings: Sequence[str], where: str) -> None:
    for text in settings:
        key = text.lstrip("-").partition("=")[0]
        if key in _OURS:
            more = "; --seeds and --directory change it" if key.startswith(("s", "train.d")) else ""
            raise SettingError(f"{where}{text}: a study chooses it for each run{more}")


def _seeds(given: Any, name: str) -> tuple[int, ...]:
    good = isinstance(given, list) and given and all(type(s) is int for s in given)
    if not good or len(set(given)) < len(given) or not all(0 <= s < 2**32 for s in given):
        raise SettingError(
            f"{name}={given}: whole numbers from 0 to {2**32 - 1} are expected, each once"
        )
    return tuple(given)


def _evaluate(given: Any) -> Examination | None:
    if given is None:
        return None
    tree = _mapping(given, "evaluate", ("levels", "attempts"))
    attempts = tree.get("attempts", 20)
    if type(attempts) is not int or attempts < 1:
        raise SettingError(f"evaluate.attempts={attempts}: a whole number from 1 on is expected")
    return Examination(_names(tree.get("levels"), "evaluate.levels"), attempts)


def _finetune(given: Any) -> Finetune | None:
    if given is None:
        return None
    tree = _mapping(given, "finetune", ("levels", "settings", "scratch"))
    levels = _names(tree.get("levels"), "finetune.levels")
    settings = _part_settings(tree, "finetune")
    return Finetune(levels, settings, _truth(tree, "finetune", "scratch"))


def _sequence(given: Any) -> Stages | None:
    if given is None:
        return None
    tree = _mapping(given, "sequence", ("stages", "settings", "fresh"))
    stages = tree.get("stages")
    if not isinstance(stages, list) or len(stages) < 2:
        raise SettingError("sequence.stages: a list of two sets of levels or more is expected")
    names = tuple(_names(s, f"sequence.stages[{i}]") for i, s in enumerate(stages))
    if len(set(names)) < len(names):
        raise SettingError("sequence.stages: each set of levels is expected once")
    settings = _part_settings(tree, "sequence")
    return Stages(names, settings, _truth(tree, "sequence", "fresh"))


def _part_settings(tree: Mapping[str, Any], part: str) -> tuple[str, ...]:
    settings = _settings(tree.get("settings", []), f"{part}.settings")
    for override in parse(settings):
        if override.key in ("curriculum", "generator", "generator.levels"):
            raise SettingError(f"{part}.settings: {override.text}: the study chooses the levels")
    return settings


def _mapping(given: Any, part: str, keys: Sequence[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise SettingError(f"{part}: name: value is expected, of {', '.join(keys)}")
    check_keys(given, keys, f"{part}.")
    return given


def _names(given: Any, name: str, least: int = 1) -> tuple[str, ...]:
    names = [given] if isinstance(given, str) else given
    good = isinstance(names, list) and all(isinstance(n, str) and n for n in names)
    if not good or len(names) < least:
        raise SettingError(f"{name}={given}: a name or a list of names is expected")
    return tuple(names)


def _figures(given: Any) -> tuple[str, ...]:
    names = _names(given, "figures", least=0)
    for name in names:
        registry().get("figure", name)  # raises for one that is unknown
    return names


def _truth(tree: Mapping[str, Any], part: str, key: str) -> bool:
    if not isinstance(value := tree.get(key, True), bool):
        raise SettingError(f"{part}.{key}={value}: true or false is expected")
    return value
