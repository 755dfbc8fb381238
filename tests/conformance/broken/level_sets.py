"""Level sources that break a promise each."""

import itertools
from dataclasses import dataclass

from kinetix_core.interfaces import LevelSource
from kinetix_core.scene import LevelSet, SceneSize
from kinetix_core.testing import example_levels

SIZE = SceneSize(6, 1, 1, 1)
_calls = itertools.count()


@dataclass(frozen=True)
class Three(LevelSource):
    """Three levels."""

    def sizes(self, argument=""):
        return {"small": SIZE}

    def load(self, part, argument=""):
        return LevelSet(example_levels(SIZE, 3), ("a", "b", "c"))


class Unfrozen(Three):
    __hash__ = None


class Partless(Three):
    def sizes(self, argument=""):
        return {}


class Slashed(Three):
    def sizes(self, argument=""):
        return {"a/b": SIZE}


class Larger(Three):
    def sizes(self, argument=""):
        return {"small": SceneSize(7, 1, 1, 1)}


class Late(Three):
    def load(self, part, argument=""):
        found = super().load(part)
        found.levels.timestep[:] = 3
        return found


class Nameless(Three):
    def load(self, part, argument=""):
        return super().load(part)._replace(names=("a", "b"))


class Twins(Three):
    def load(self, part, argument=""):
        return super().load(part)._replace(names=("a", "b", "a"))


class Misnamed(Three):
    def names(self, part, argument=""):
        return ("a", "b", "d")


class Restless(Three):
    def load(self, part, argument=""):
        return LevelSet(example_levels(SIZE, 3, seed=next(_calls)), ("a", "b", "c"))


def _make(kind):
    return lambda task: kind()


GOOD = _make(Three)
BROKEN = {
    "is_a_frozen_dataclass": [_make(Unfrozen)],
    "says_its_parts": [_make(Partless), _make(Slashed)],
    "levels_have_the_size_of_their_part": [_make(Larger)],
    "levels_are_valid": [_make(Late)],
    "levels_have_names": [_make(Nameless), _make(Twins), _make(Misnamed)],
    "gives_the_same_again": [_make(Restless)],
}
