"""What `kinetix evaluate` is told, checked before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from typing import Any

from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.scene import SIZES

UNTRAINED = "untrained"


@dataclass(frozen=True)
class Settings:
    """What `kinetix evaluate` is told."""

    run: str = ""
    """The folder of a training run, of which the newest parameters play."""
    checkpoint: str = ""
    """In place of run, a checkpoint of one, as runs/NAME/checkpoints/update_00000042."""
    levels: tuple[str, ...] = ()
    """Folder, files, pattern or set, several with commas, each a set of its own; none: those it
    was trained on."""
    size: str = ""
    """Size to play in, s, m or l; empty: that of the training."""
    attempts: int = 20
    """Episodes for each level; 1 where greedy."""
    greedy: bool = False
    """The most likely action at each step, in place of one drawn from the policy."""
    temperature: float = 1.0
    """Below 1 makes likely actions likelier, above 1 the other way; 1 is how it was trained."""
    baseline: str = ""
    """untrained: also the same network with fresh parameters; empty: nothing besides."""
    seed: int = 0
    """Decides the random actions."""
    record: int = 1
    """How many of the last attempts at each level can be watched."""
    watch: int = 48
    """Levels of each set that can be watched, solved ones first; 0: all."""
    out: str = ""
    """Folder for what is written; empty: the run folder, of a checkpoint evaluations/UPDATE in
    it."""


def parse(texts: Sequence[str]) -> Settings:
    """Settings from `name=value` texts. Raises `SettingError` for each mistake."""
    values = read_settings(Settings, _READ, texts)
    if "run" in values and "checkpoint" in values:
        raise SettingError(
            f"checkpoint={values['checkpoint']}: belongs to a run already; leave out"
            f" run={values['run']}"
        )
    if values.get("greedy"):
        if values.get("attempts", 1) > 1:
            raise SettingError(
                f"attempts={values['attempts']}: greedy attempts at a level are all the same; "
                "leave attempts out, or greedy=true"
            )
        if "temperature" in values:
            raise SettingError(
                f"temperature={values['temperature']}: greedy=true takes the most likely action"
                " at any temperature; leave one of them out"
            )
        values["attempts"] = 1
    return Settings(**values)


def read_settings(
    settings: type, readers: Mapping[str, Callable[[str, str], Any]], texts: Sequence[str]
) -> dict[str, Any]:
    """Values by name, of a dataclass of settings of which one is `run`, which a checkpoint implies.

    readers: of those that are not any text. Raises `SettingError` for each mistake.
    """
    known = {field.name: field for field in fields(settings)}
    values: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.lstrip("-").partition("=")
        if name not in known:
            raise SettingError(f"{text}: unknown setting{did_you_mean(name, known)}")
        if name in values:
            raise SettingError(f"{text}: {name} is given twice")
        values[name] = readers.get(name, _text)(name, value)
    if "run" not in values and "checkpoint" not in values:
        raise SettingError("run=: the folder of a training run is expected, as run=runs/NAME")
    return values


def _text(name: str, value: str) -> str:
    if not value:
        raise SettingError(f"{name}=: a value is expected")
    return value


def _names(name: str, value: str) -> tuple[str, ...]:
    inside = value[1:-1] if _is_list(value) else value
    names = tuple(part.strip() for part in inside.split(",") if part.strip())
    if not names:
        raise SettingError(f"{name}=: a folder, files or a set's name is expected")
    return names


def _is_list(value: str) -> bool:
    """Whether one pair of brackets is around everything; it is not in a pattern as `[ab]_[0-9]`."""
    depths = list(accumulate((c == "[") - (c == "]") for c in value))
    return value.startswith("[") and depths[-1] == 0 and all(depths[:-1])


def whole(least: int, most: int = 2**31 - 1) -> Any:
    """Reads whole numbers of this range."""

    def read(name: str, value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            number = least - 1
        if number < least:
            raise SettingError(f"{name}={value}: a whole number of at least {least} is expected")
        if number > most:
            raise SettingError(f"{name}={value}: a whole number of at most {most} is expected")
        return number

    return read


def _truth(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise SettingError(f"{name}={value}: true or false is expected")
    return value.lower() == "true"


def named_size(name: str, value: str) -> str:
    """One of s, m and l."""
    if value not in SIZES:
        raise SettingError(f"{name}={value}: one of {', '.join(SIZES)} is expected")
    return value


def _temperature(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1000:
        raise SettingError(f"{name}={value}: a number above 0, up to 1000, is expected")
    return number


def _baseline(name: str, value: str) -> str:
    if value != UNTRAINED:
        raise SettingError(f"{name}={value}: {UNTRAINED} is expected")
    return value


_READ = {
    "levels": _names,
    "attempts": whole(1),
    "greedy": _truth,
    "seed": whole(0),
    "record": whole(0),
    "watch": whole(0),
    "size": named_size,
    "temperature": _temperature,
    "baseline": _baseline,
}
