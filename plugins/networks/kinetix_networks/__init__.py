"""Built-in policy networks. This module holds hooks only: every command imports it."""

from kinetix_core.lazy import lazy_exports
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
    yield Component(
        "network",
        "deep_sets",
        config="kinetix_networks._config:DeepSetsConfig",
        factory="kinetix_networks._deep_sets:DeepSets",
        summary="sums over entities in any number and order, then actor and critic",
    )
    yield Component(
        "network",
        "modular",
        config="kinetix_networks._config:ModularConfig",
        factory="kinetix_networks._modular:Modular",
        summary="one policy head for all motors, one for all thrusters; takes egocentric",
    )
    yield Component(
        "network",
        "transformer",
        config="kinetix_networks._config:TransformerConfig",
        factory="kinetix_networks._transformer:Transformer",
        summary="attention between bodies, messages along joints: the published network",
    )
    yield Component(
        "network",
        "cnn",
        config="kinetix_networks._config:CNNConfig",
        factory="kinetix_networks._cnn:CNN",
        summary="convolutions over a picture, then actor and critic",
    )


__getattr__, _ = lazy_exports(
    __name__,
    {
        "Activation": "._config",
        "CNN": "._cnn",
        "CNNConfig": "._config",
        "Convolutions": "._config",
        "DeepSets": "._deep_sets",
        "DeepSetsConfig": "._config",
        "MLP": "._mlp",
        "MLPConfig": "._config",
        "Modular": "._modular",
        "ModularConfig": "._config",
        "Pooling": "._config",
        "Transformer": "._transformer",
        "TransformerConfig": "._config",
        "export_published": "._published",
        "import_published": "._published",
    },
)
