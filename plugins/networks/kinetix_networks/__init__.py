"""Built-in policy networks. This module holds hooks only: every command imports it."""

from kinetix_core._lazy import lazy_exports
from kinetix_core.registry import Component, hookimpl


@hookimpl
def kinetix_components():
    """What this package offers."""
    yield Component(
        "network",
        "mlp",
        config="kinetix_networks._config:MLPConfig",
        factory="kinetix_networks._mlp:MLP",
        summary="dense layers over a flat observation, actor and critic apart after the first",
    )


__getattr__, _ = lazy_exports(__name__, {"MLP": "._mlp", "MLPConfig": "._config"})
