"""Settings of the built-in generators. Standard library only."""

from dataclasses import dataclass, field
from typing import Any

from kinetix_core.errors import KinetixError, SettingError
from kinetix_core.scene import SIZES

from ._random_config import RandomConfig


@dataclass(frozen=True)
class FilesConfig:
    """Levels that exist already."""

    levels: Any = "handmade"
    """A file, folder, pattern or set (`handmade`, `handmade/s`), or several of them as a list.
    Of a whole set the levels that fit the run's size are taken; all else has to fit."""
    skip_broken: bool = False
    """Leave out files that are broken or do not fit, instead of stopping at the first."""
    permute: bool = False
    """Shuffle the slots of each level that is drawn, so that policies learn nothing from them."""

    def __post_init__(self) -> None:
        names = (self.levels,) if isinstance(self.levels, str) else self.levels
        if not isinstance(names, list | tuple) or not names or not all(map(_is_name, names)):
            raise SettingError(
                f"generator.levels={self.levels!r}: files, folders, patterns or set names are"
                " expected, such as handmade or [handmade/s,my_levels/*.json]"
            )


@dataclass(frozen=True)
class HandmadeConfig:
    """Our own levels; all sizes that fit the run's."""

    permute: bool = False
    """Shuffle the slots of each level that is drawn, so that policies learn nothing from them."""


@dataclass(frozen=True)
class EmptyConfig:
    """The empty room: for editing, and to see what a program costs without levels."""


@dataclass(frozen=True)
class RandomAllConfig:
    """Levels of `random` in several sizes, each as likely. Source: spec/generator.md 8."""

    sizes: tuple[str, ...] = ("s", "m", "l")
    """Of the levels; all have to fit the run's size, to which they are padded."""
    random: RandomConfig = field(default_factory=RandomConfig)
    """How they are made."""

    def __post_init__(self) -> None:
        for name in self.sizes:
            if name not in SIZES:
                raise SettingError(f"sizes={','.join(self.sizes)}: {name} is none of s, m, l")
        if not self.sizes:
            raise SettingError("sizes=[]: at least one of s, m, l is expected")


@dataclass(frozen=True)
class MixtureConfig:
    """Any generators, each level from one of them."""

    parts: tuple[str, ...] = ("0.5 random", "0.5 files")
    """One text each: a weight, a generator's name, and its settings, such as
    `0.2 files levels=handmade/s`."""

    def __post_init__(self) -> None:
        for text in self.parts:
            words = text.split()
            if len(words) < 2 or not _is_weight(words[0]):
                raise SettingError(
                    f"parts=[{text}]: a weight above 0, a generator and its settings are expected,"
                    " such as 0.2 files levels=handmade/s"
                )
            part_of(text)
        if not self.parts:
            raise SettingError("parts=[]: at least one generator with its weight is expected")


def part_of(text: str) -> tuple[float, Any]:
    """Weight, and name with settings, of a part. Raises `SettingError` for what is not there."""
    from kinetix_core.compose import compose_run

    weight, name, *settings = text.split()
    try:
        words = [f"generator={name}", *(f"generator.{setting}" for setting in settings)]
        return float(weight), compose_run(words)["generator"]
    except KinetixError as error:
        raise SettingError(f"parts=[{text}]: {error}") from error


def _is_weight(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and bool(name.strip())
