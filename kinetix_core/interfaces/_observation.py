"""Observation encoders: what a policy sees of a scene."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from kinetix_core.scene import Scene, SceneSize

from ._spaces import Space

Observation: TypeAlias = Any
"""An array, or a pytree of arrays."""


class ObservationEncoder(ABC):
    """A frozen dataclass: a pure function of one Scene.

    `hides_empty_slots`: what inactive slots hold has no influence on the observation (False: it
    shows, and whoever reads the observation has to mask it).
    `row_masks`: the parts that are tables with a row per entity of one kind, each with the name
    of the part (truth values) that says which of its rows are there. So entities of a kind can
    share what belongs to a feature, as its running mean does.
    """

    hides_empty_slots: ClassVar[bool] = True
    row_masks: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def space(self, size: SceneSize) -> Space:
        """What `encode` returns for a scene of `size`."""

    @abstractmethod
    def encode(self, scene: Scene) -> Observation:
        """The observation of one scene; finite for every finite scene."""

    def encode_next(self, scene: Scene, previous: Observation) -> Observation:
        """`encode(scene)`, bit for bit, given what was seen earlier in the same episode.

        Optional: override it to renew only what changes. Physics changes where bodies are and how
        they move (position, rotation, velocity, angular velocity), `global_position` of joints
        and thrusters, `touching` and `timestep`; the rest of a scene is as it was when its
        episode began, so what is made of the rest can be copied from `previous`.
        """
        return self.encode(scene)
