"""curriculum/accel: replayed levels are edited (Parker-Holder et al. 2022, arXiv 2203.01302).

Source: spec/curricula.md 2.5 and 2.6.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Int, PRNGKeyArray

from kinetix_core.interfaces import Mutation, mutate
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


@dataclass(frozen=True)
class Accel(PLR):
    """After each update that replays, one that plays every replayed level mutated.

    Edits are those of `task.mutations`; where none are named, the published ones.
    """

    config: AccelConfig

    @property
    def _kinds(self) -> tuple[str, ...]:
        return (*super()._kinds, "mutate")

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
