"""Built-in curricula. This module holds hooks only: every command imports it."""

from kinetix_core._lazy import lazy_exports
from kinetix_core.registry import Component, hookimpl


@hookimpl
def kinetix_components():
    """What this package offers."""
    yield Component(
        "curriculum",
        "fixed",
        config="kinetix_curricula._config:FixedConfig",
        factory="kinetix_curricula._fixed:Fixed",
        summary="the generator's levels as they come, a new one at the end of each episode",
    )


__getattr__, _ = lazy_exports(__name__, {"Fixed": "._fixed", "FixedConfig": "._config"})
