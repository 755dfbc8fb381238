"""observation/entity_masked: `entity` without leftovers, contacts seen from both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import jax
import jax.numpy as jnp

from kinetix_core.interfaces import Box, ObservationEncoder, Record, Task
from kinetix_core.scene import Array, Scene, SceneSize

from ._config import EntityConfig, EntityMaskedConfig
from ._entity import TABLES, Entity
from ._entity_masks import CONTACT
from ._features import overwrite

MASK_OF = TABLES | {"thruster_indexes": "thruster_mask"}


@dataclass(frozen=True)
class EntityMasked(ObservationEncoder):
    """As `entity`, but rows and indexes of inactive slots are zero and contact is symmetric.

    Choose this one for new work: what an empty slot happens to hold (it may even fall under
    gravity) cannot reach a policy that forgets a mask, and both of two touching bodies may
    attend to each other. Choose `entity` to compare with published results or to use networks
    trained on them: there, rows of empty slots hold leftovers, and only one of two touching
    bodies sees the contact.
    """

    config: EntityMaskedConfig
    task: Task

    row_masks: ClassVar[Mapping[str, str]] = TABLES

    def space(self, size: SceneSize) -> Record:
        parts = dict(self._entity.space(size).parts)
        # a size without thrusters or with one body has no smaller range than this
        indexes = parts["thruster_indexes"]
        assert isinstance(indexes, Box)
        parts["thruster_indexes"] = replace(indexes, low=0, high=size.bodies - 1)
        return Record(tuple(parts.items()))

    def encode(self, scene: Scene) -> dict[str, jax.Array]:
        """The parts of `entity`; see there."""
        observation = dict(self._entity.encode(scene))
        for name, mask in MASK_OF.items():
            part, shown = observation[name], observation[mask]
            shown = shown.reshape(-1, *(1,) * (part.ndim - 1))
            observation[name] = jnp.where(shown, part, 0)
        return self._with_contacts_both_ways(observation)

    def encode_next(self, scene: Scene, previous: dict[str, Array]) -> dict[str, jax.Array]:
        """Only the bodies' motion and the contacts are new."""
        observation = dict(self._entity.encode_next(scene, previous))
        for name in ("polygons", "circles"):
            shown = observation[MASK_OF[name]][:, None]
            observation[name] = jnp.where(shown, observation[name], 0)
        return self._with_contacts_both_ways(observation)

    def _with_contacts_both_ways(self, observation: dict[str, jax.Array]) -> dict[str, jax.Array]:
        if not self.config.attention_mask:
            return observation
        planes = observation["attention_mask"]
        both_ways = (planes[CONTACT] | planes[CONTACT].T)[None]
        return observation | {"attention_mask": overwrite(planes, both_ways, CONTACT, 0, 0)}

    @property
    def _entity(self) -> Entity:
        return Entity(EntityConfig(attention_mask=self.config.attention_mask), self.task)
