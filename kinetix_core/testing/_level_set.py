"""What a level source promises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kinetix_core.interfaces import LevelSource, Task
from kinetix_core.scene import LevelSet, SceneSize, check_scene, levels_hash

from ._compare import row, rows
from ._shared import is_a_frozen_dataclass


@dataclass(frozen=True, eq=False)
class LevelSetCase:
    """argument: what stands behind the colon, for sets that take one.

    The part with the fewest slots is loaded.
    """

    component: LevelSource
    task: Task
    argument: str = ""

    @cached_property
    def part(self) -> str:
        sizes = self.component.sizes(self.argument)
        return min(sizes, key=lambda name: sizes[name].bodies)

    @cached_property
    def levels(self) -> LevelSet:
        return self.component.load(self.part, self.argument)


def says_its_parts(case: LevelSetCase) -> None:
    """`sizes` names at least one part, without slashes, each with the size of its levels."""
    sizes = case.component.sizes(case.argument)
    assert sizes, "there are no parts"
    for name, size in sizes.items():
        assert "/" not in name, f"part {name!r} has a slash in its name"
        assert isinstance(size, SceneSize), f"part {name!r} has {size!r} for a size"


def levels_have_the_size_of_their_part(case: LevelSetCase) -> None:
    """`load(part)` gives levels of the size that `sizes` says."""
    found, wanted = case.levels.levels.size, case.component.sizes(case.argument)[case.part]
    assert found == wanted, f"levels of size {found.name}, but the part says {wanted.name}"


def levels_are_valid(case: LevelSetCase) -> None:
    """There is a level, and every one keeps the rules of a scene and begins at time 0."""
    assert case.levels.names, "there are no levels"
    for i in range(len(case.levels.names)):
        level = row(case.levels.levels, i)
        check_scene(level)
        assert level.timestep == 0, f"{case.levels.names[i]} begins at timestep {level.timestep}"


def levels_have_names(case: LevelSetCase) -> None:
    """Every level has a name of its own, the one that `names` says where it says any."""
    names, count = case.levels.names, rows(case.levels.levels)
    assert len(names) == count, f"{len(names)} names for {count} levels"
    assert len(set(names)) == count, "two levels have one name"
    said = case.component.names(case.part, case.argument)
    assert said in (None, names), "`names` says others than those that are loaded"


def gives_the_same_again(case: LevelSetCase) -> None:
    """A second `load` gives the same levels under the same names."""
    again = case.component.load(case.part, case.argument)
    assert again.names == case.levels.names, "other names"
    first, second = levels_hash(case.levels.levels), levels_hash(again.levels)
    assert first == second, f"other levels: {first} became {second}"


PROMISES = (
    is_a_frozen_dataclass,
    says_its_parts,
    levels_have_the_size_of_their_part,
    levels_are_valid,
    levels_have_names,
    gives_the_same_again,
)
