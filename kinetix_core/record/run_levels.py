"""level_set/run: the levels that a run was trained on. Light: `sizes` reads one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kinetix_core.errors import LevelError
from kinetix_core.interfaces import LevelSource, Task
from kinetix_core.paths import user_path
from kinetix_core.scene import SceneSize, parse_size

from ._listing import read_config

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun
    from kinetix_core.scene import LevelSet


@dataclass(frozen=True)
class RunLevelsConfig:
    """No settings."""


@dataclass(frozen=True)
class RunLevels(LevelSource):
    """`run:DIR`: what the generator of that run draws from, where it is a list of levels."""

    config: RunLevelsConfig
    task: Task
    argument: ClassVar[str] = "DIR"

    def sizes(self, argument: str = "") -> Mapping[str, SceneSize]:
        return {"": parse_size(read_config(user_path(argument, "run"))["size"])}

    def load(self, part: str, argument: str = "") -> LevelSet:
        from kinetix_core.compose import build_task, compose_saved

        composed: ComposedRun = compose_saved(read_config(user_path(argument, "run")))
        generator = build_task(composed, ("engine", "action", "generator")).generator
        assert generator is not None
        known = generator.known_levels()
        if known is None:
            raise LevelError(
                f"run:{argument}: it was trained on levels without end"
                f" (generator={composed['generator'].name}), of which there is no list"
            )
        return known
