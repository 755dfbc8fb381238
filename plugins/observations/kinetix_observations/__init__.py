"""Built-in observation encoders. This module holds hooks only: every command imports it."""

from kinetix_core.lazy import lazy_exports
from kinetix_core.registry import Component, hookimpl


@hookimpl
def kinetix_components():
    """What this package offers."""
    yield Component(
        "observation",
        "symbolic",
        config="kinetix_observations._config:SymbolicConfig",
        factory="kinetix_observations._symbolic:Symbolic",
        summary="one flat vector of every entity's features, clamped to -10..10",
    )
    yield Component(
        "observation",
        "entity",
        config="kinetix_observations._config:EntityConfig",
        factory="kinetix_observations._entity:Entity",
        summary="a table of features per kind of entity, with masks and indexes",
    )


__getattr__, _ = lazy_exports(
    __name__,
    {
        "Entity": "._entity",
        "EntityConfig": "._config",
        "Symbolic": "._symbolic",
        "SymbolicConfig": "._config",
    },
)
