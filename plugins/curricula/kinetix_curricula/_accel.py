"""curriculum/accel: replayed levels are edited (Parker-Holder et al. 2022, arXiv 2203.01302).

Source: spec/curricula.md 2.5 and 2.6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Int, PRNGKeyArray

from kinetix_core.env import Filtered
from kinetix_core.interfaces import LevelGenerator, Mutation, Tools, mutate
from kinetix_core.registry import registry
from kinetix_core.scene import Scene

from ._config import AccelConfig
from ._plr import MUTATE, PLR, REPLAY, Branch, PLRState

PUBLISHED_MUTATIONS = (
    "add_shape",
    "add_joined_shape",
    "swap_roles",
    "add_thruster",
    "remove_thruster",
    "toggle_fixation",
    "change_size",
    "change_position",
    "change_rotation",
)
"""Those of spec/generator.md 7 with a weight above 0, each with its own as the default."""

START_LEVELS = {
    "max_shape_size": 0.5,
    "goal_size_factor": 2.0,
    "large_chance": 0.05,
    "large_size": 2.0,
    "floor_roles": (1.0, 0.0, 0.0, 0.0),
    "third_shape": False,
    "connected_chance": 0.0,
    "free_chance": 0.0,
    "thruster_chance": 0.0,
    "proposals": 1,
    "swap_chance": 0.0,
}
"""Settings of `generator=random` that make the start levels. Source: spec/generator.md 7.

The published code for them fails when it is called, so this is what its text says. It does not
say whether both of the first two shapes may be fixated: as in all levels, one is movable.
"""


@dataclass(frozen=True)
class Accel(PLR):
    """After each update that replays, one that plays every replayed level mutated.

    Edits are those of `task.mutations`; where none are named, the published ones.
    """

    config: AccelConfig

    @property
    def _kinds(self) -> tuple[str, ...]:
        return (*super()._kinds, "mutate")

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self._start  # where such levels cannot be made, now is the time to say so

    def _sample(self, tools: Tools, key: PRNGKeyArray, n: int) -> Scene:
        start = self._start
        return tools.sample(key, n) if start is None else start.sample(key, n)

    @property
    def _start(self) -> LevelGenerator | None:
        """What makes new levels; None: the run's generator. The level filter holds for both."""
        if not self.config.start_from_empty:
            return None
        config = registry().config_class("generator", "random")(**START_LEVELS)
        start = registry().build("generator", "random", config, self.task)
        usual = self.task.generator
        return replace(usual, generator=start) if isinstance(usual, Filtered) else start

    def _kind(self, state: PLRState, key: PRNGKeyArray) -> Int[Array, ""]:
        usual = super()._kind(state, key)
        return jnp.where(state.kind == REPLAY, MUTATE, usual).astype(jnp.int32)

    def _more_kinds(self, state: PLRState) -> tuple[Branch, ...]:
        edits, mutations = self.config.num_edits, self._mutations

        def children(key: PRNGKeyArray) -> tuple[PLRState, Scene]:
            parents = jax.tree.map(lambda x: x[state.replayed], state.buffer.levels)
            keys = jax.random.split(key, state.replayed.shape[0])
            edit = jax.vmap(lambda key, level: mutate(mutations, key, level, edits))
            return state, edit(keys, parents)

        return (children,)

    @property
    def _mutations(self) -> tuple[Mutation, ...]:
        def built(name: str) -> Mutation:
            config = registry().config_class("mutation", name)()
            return registry().build("mutation", name, config, self.task)

        return self.task.mutations or tuple(built(name) for name in PUBLISHED_MUTATIONS)
