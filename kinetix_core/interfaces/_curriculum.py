"""Curricula: which levels are trained on, and what is learnt about them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

import equinox as eqx
import jax
from jaxtyping import Bool, Float, Int, PRNGKeyArray

from kinetix_core.scene import Array, Scene

if TYPE_CHECKING:
    from ._task import Task

CurriculumState: TypeAlias = Any
Policy: TypeAlias = Any
"""The parameters that play now. A curriculum hands them to `Tools.play` and looks no further."""


class Outcome(eqx.Module):
    """How each level was played: over completed episodes that began under the same proposal.

    Means are 0 where `episodes` is 0. Source: spec/curricula.md 2.3.
    """

    episodes: Int[Array, " levels"]
    solved: Float[Array, " levels"]  # share of the episodes that reached the goal
    best_return: Float[Array, " levels"]  # -inf where no episode was completed
    mean_return: Float[Array, " levels"]
    mean_length: Float[Array, " levels"]
    mean_value: Float[Array, " levels"]  # mean over episodes of the mean over their steps
    mean_positive_advantage: Float[Array, " levels"]


class Proposal(eqx.Module):
    """Levels for the next rollouts."""

    levels: Scene  # leading axis: one per environment, or a larger pool
    train: Bool[Array, ""] | bool = True  # False: play them, but do not learn from them


class Buffer(eqx.Module):
    """Levels that a curriculum keeps, with what it thinks of them."""

    levels: Scene  # leading axis: slots
    score: Float[Array, " slots"]  # higher: more worth training on
    valid: Bool[Array, " slots"]  # slots that hold a level


class Tools(Protocol):
    """What a curriculum may ask for. It never sees an environment, a network or an optimiser."""

    @property
    def num_envs(self) -> int:
        """Environments that play side by side."""
        ...

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        """`n` new levels of the run's generator (through the level filter where one is set)."""
        ...

    def play(self, key: PRNGKeyArray, policy: Policy, levels: Scene, steps: int) -> Outcome:
        """How `policy` plays each of `levels` in `steps` environment steps (static).

        One environment per level; an episode that ends begins its level again, and the one
        that the last step cuts off does not count.
        """
        ...


@dataclass(frozen=True)
class Curriculum(ABC):
    """Built as `factory(config, task)`, so the class is its own factory. Traced once.

    `restart`: environments begin anew at each update (False: they go on).
    `repeat`: an ended episode plays its level again (False: it draws from the proposal).
    """

    config: Any
    task: Task

    restart: ClassVar[bool] = True
    repeat: ClassVar[bool] = True

    @abstractmethod
    def init(self, key: PRNGKeyArray, tools: Tools) -> CurriculumState:
        """The state before the first update: any pytree of arrays."""

    @abstractmethod
    def propose(
        self, state: CurriculumState, key: PRNGKeyArray, tools: Tools, policy: Policy
    ) -> tuple[CurriculumState, Proposal]:
        """Levels for the next update, in which `policy` begins to play."""

    def learn(
        self, state: CurriculumState, proposal: Proposal, outcome: Outcome
    ) -> CurriculumState:
        """What came back, level by level of `proposal.levels`."""
        return state

    def metrics(self, state: CurriculumState) -> dict[str, jax.Array]:
        """Scalars to log."""
        return {}

    def buffer(self, state: CurriculumState) -> Buffer | None:
        """The levels that it keeps, where it keeps any; for galleries and figures."""
        return None


@dataclass(frozen=True)
class Score(ABC):
    """How much a level is worth training on. Named by a setting, as `curriculum.score=max_mc`.

    Built as `factory(config, task)`, so the class is its own factory; `config` has no fields.
    """

    config: Any
    task: Task

    @abstractmethod
    def __call__(self, outcome: Outcome) -> Float[jax.Array, " levels"]:
        """One number per level, higher for what should be played more; no NaN.

        `outcome.best_return` is the best of all that is remembered of a level. Levels without
        a completed episode get -inf, so that no buffer takes them.
        """
