"""Level generators: where levels come from."""

from __future__ import annotations

from abc import ABC
from typing import Any

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

    def arrays(self) -> Any:
        """What it draws from, as a pytree of arrays, where levels are given and not made.

        Optional, together with `with_arrays`; () for none. Compiled programs take these as
        arguments, so that as many other levels do not compile them again.
        """
        return ()

    def with_arrays(self, arrays: Any) -> LevelGenerator:
        """The same generator, drawing from these in place of its own."""
        return self

    def known_levels(self) -> LevelSet | None:
        """All levels that it can give, each with a name, where they are a fixed list; else None.

        Optional. `kinetix evaluate` and `kinetix bench learning` play these unless told otherwise.
        """
        return None
