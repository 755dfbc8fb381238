"""The physics engine `jax2d`: one specification, a native kernel for CPUs and one in JAX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports
from kinetix_core.registry import Component, hookimpl

if TYPE_CHECKING:
    from ._config import Jax2DConfig
    from ._jax2d import Jax2D
    from ._state import State

__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {"Jax2D": "._jax2d", "Jax2DConfig": "._config", "State": "._state"}
)


@hookimpl
def kinetix_components() -> Iterator[Component]:
    """What this package offers."""
    yield Component(
        "engine",
        "jax2d",
        config="kinetix_jax2d._config:Jax2DConfig",
        factory="kinetix_jax2d._jax2d:make_engine",
        summary="the published physics: a native kernel on CPUs, JAX elsewhere",
        check="kinetix_jax2d._doctor:check",
    )
