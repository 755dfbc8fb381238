"""Built-in observation encoders. This module holds hooks only: every command imports it."""

from kinetix_core.lazy import lazy_exports
from kinetix_core.registry import Component, hookimpl

_ENCODERS = {
    "Symbolic": ("symbolic", "one flat vector of every entity's features, clamped to -10..10"),
    "SymbolicPadded": ("symbolic_padded", "the same numbers as a matrix, one row per entity"),
    "Entity": ("entity", "a table of features per kind of entity, with masks and indexes"),
    "EntityMasked": ("entity_masked", "as entity, without leftovers, contacts in both directions"),
    "Egocentric": ("egocentric", "the scene as seen from green, with a row for each input"),
    "Pixels": ("pixels", "a picture of the room, drawn inside the compiled step"),
    "Blind": ("blind", "the time and nothing else: what can be reached without looking"),
}
"""Class to name and summary."""


@hookimpl
def kinetix_components():
    """What this package offers."""
    for cls, (name, summary) in _ENCODERS.items():
        yield Component(
            "observation",
            name,
            config=f"kinetix_observations._config:{cls}Config",
            factory=f"kinetix_observations._{name}:{cls}",
            summary=summary,
        )


__getattr__, _ = lazy_exports(
    __name__,
    {cls: f"._{name}" for cls, (name, _) in _ENCODERS.items()}
    | {f"{cls}Config": "._config" for cls in _ENCODERS},
)
