"""observation/entity_masked: `entity` without leftovers, contacts seen from both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp

from kinetix_core.interfaces import Box, ObservationEncoder, Record, Task
from kinetix_core.scene import Scene, SceneSize

from ._config import EntityConfig, EntityMaskedConfig
from ._entity import Entity

MASK_OF = {
    "circles": "circle_mask",
    "polygons": "polygon_mask",
    "joints": "joint_mask",
    "thrusters": "thruster_mask",
    "thruster_indexes": "thruster_mask",
}
CONTACT = 3
"""The plane of the attention mask that says who touched whom."""


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
        if self.config.attention_mask:
            planes = observation["attention_mask"]
            both_ways = planes[CONTACT] | planes[CONTACT].T
            observation["attention_mask"] = planes.at[CONTACT].set(both_ways)
        return observation

    @property
    def _entity(self) -> Entity:
        return Entity(EntityConfig(attention_mask=self.config.attention_mask), self.task)
