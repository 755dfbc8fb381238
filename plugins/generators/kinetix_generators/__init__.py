"""Built-in level generators and levels. This module holds hooks only: every command imports it."""

from kinetix_core.lazy import lazy_exports
from kinetix_core.registry import Component, hookimpl


@hookimpl
def kinetix_components():
    """What this package offers."""
    yield Component(
        "generator",
        "files",
        config="kinetix_generators._config:FilesConfig",
        factory="kinetix_generators._files:from_files",
        summary="level files, folders and sets, drawn uniformly with replacement",
    )


@hookimpl
def kinetix_level_sets():
    """Our own levels, and the published ones, which `kinetix levels fetch` brings."""
    return {
        "handmade": "pkg://kinetix_generators/levels",
        "published": "cache://levels/published",
    }


__getattr__, _ = lazy_exports(
    __name__,
    {"Files": "._files", "FilesConfig": "._config", "HANDMADE": ".handmade"},
)
