"""Level sources: sets of levels that are made or found by code, not kept as files in a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from kinetix_core.scene import LevelSet, SceneSize


class LevelSource(ABC):
    """What stands behind the name of a set: `levels=NAME`, `NAME/PART` or `NAME:ARGUMENT`.

    A frozen dataclass, built as `factory(config, task)` with the defaults of its settings and an
    empty task: a set is the same for every run. A set that is a folder of level files needs no
    source: `kinetix_level_sets` names it.

    argument: what stands behind the colon, in capitals as in `DIR`; empty: the set takes none.
    """

    argument: ClassVar[str] = ""

    @abstractmethod
    def sizes(self, argument: str = "") -> Mapping[str, SceneSize]:
        """The parts of the set with the size of their levels; `""` for a set without parts.

        Called before anything heavy is imported, so that a mistake is said at once. Raises
        `LevelError` or `RunError` for an argument that means nothing.
        """

    def names(self, part: str, argument: str = "") -> tuple[str, ...] | None:
        """The names of the levels of a part, where they are known before it is loaded.

        A level that is not there is then refused before anything heavy is imported. None: they
        are known only to `load`.
        """
        return None

    @abstractmethod
    def load(self, part: str, argument: str = "") -> LevelSet:
        """The levels of one part, in its size, on the host; the same each time.

        Names are the ones that tables show and that name a single level, as `mazes/s/0003` for
        part `s` of `mazes`. Raises `LevelError` where there are none.
        """
