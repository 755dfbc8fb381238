"""Level generators: where levels come from."""

from __future__ import annotations

from abc import ABC

import jax
from jaxtyping import PRNGKeyArray

from kinetix_core.scene import LevelSet, Scene


class LevelGenerator(ABC):  # noqa: B024 (either of two methods is overridden)
    """A frozen dataclass. Override `sample_one`, or `sample` where sets of levels matter."""

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        """`n` levels (static) along a leading axis. Traceable."""
        return jax.vmap(self.sample_one)(jax.random.split(key, n))

    def sample_one(self, key: PRNGKeyArray) -> Scene:
        """One level."""
        raise NotImplementedError(f"{type(self).__name__} overrides neither sample_one nor sample")

    def known_levels(self) -> LevelSet | None:
        """All levels that it can give, each with a name, where they are a fixed list; else None.

        Optional. `kinetix evaluate` and `kinetix bench learning` play these unless told otherwise.
        """
        return None
