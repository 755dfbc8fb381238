"""Settings of the evaluation during training. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kinetix_core.errors import SettingError
from kinetix_core.scene import SIZES


@dataclass(frozen=True)
class EvaluationConfig:
    """Levels that are played every so many updates, and that nothing is learnt from."""

    every_updates: int = 0
    """Updates between two evaluations; there is one at the end of the run, too. 0: none at all."""
    levels: Any = ()
    """Sets to play, each with its own result, such as `[handmade/s,random/s]`."""
    attempts: int = 4
    """Episodes for each level."""
    sizes: tuple[str, ...] = ()
    """Sizes to play in, of s, m and l, each set in those that it fits; empty: that of the run."""

    def __post_init__(self) -> None:
        if self.every_updates < 0:
            raise SettingError(f"every_updates={self.every_updates}: 0 or more is expected")
        if self.attempts < 1:
            raise SettingError(f"attempts={self.attempts}: at least 1 is expected")
        for size in self.sizes:
            if size not in SIZES:
                raise SettingError(f"sizes={','.join(self.sizes)}: {size} is none of s, m, l")
        good = isinstance(self.levels, str | list | tuple)
        if not good or not all(isinstance(name, str) and name.strip() for name in self.names):
            raise SettingError(
                f"levels={self.levels!r}: files, folders, patterns or set names are expected, such"
                " as random/s or [handmade/s,random/s]"
            )
        if self.every_updates and not self.names:
            raise SettingError(
                f"every_updates={self.every_updates}: evaluation.levels says what is played, such"
                " as [handmade/s,random/s]"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The sets."""
        return (self.levels,) if isinstance(self.levels, str) else tuple(self.levels)
