"""An observation for Kinetix that sees only distances.

Every `kinetix` command imports this module, so it holds the hooks and nothing heavy: JAX is
imported by `encoder`, when the component is used.
"""

from kinetix_core.registry import Component, hookimpl


@hookimpl
def kinetix_components():
    """What this package offers."""
    yield Component(
        "observation",
        "distances",
        config="kinetix_distances.config:DistancesConfig",
        factory="kinetix_distances.encoder:Distances",
        summary="distances between the centres of all bodies, and nothing else",
    )
