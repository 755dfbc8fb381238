"""Built-in curricula and score functions. Holds hooks only: every command imports it."""

from kinetix_core.lazy import lazy_exports
from kinetix_core.registry import Component, hookimpl

_CURRICULA = (
    (
        "fixed",
        "Fixed",
        "_fixed",
        "the generator's levels as they come, a new one at the end of each episode",
    ),
    (
        "dr",
        "DomainRandomization",
        "_domain_randomization",
        "domain randomisation: new levels for every update, played again and again",
    ),
    (
        "plr",
        "PLR",
        "_plr",
        "prioritised level replay: new levels, or those worth playing before",
    ),
    (
        "accel",
        "Accel",
        "_accel",
        "plr that also plays what it replayed once more, edited",
    ),
    (
        "sfl",
        "SFL",
        "_sfl",
        "sampling for learnability: half the levels are those solved now and then",
    ),
)
_SCORES = (
    ("max_mc", "MaxMC", "how far the value is below the best return so far"),
    ("positive_value_loss", "PositiveValueLoss", "mean of the positive advantages"),
    ("learnability", "Learnability", "p (1 - p), p the share of episodes that were solved"),
)


@hookimpl
def kinetix_components():
    """What this package offers."""
    for name, cls, module, summary in _CURRICULA:
        yield Component(
            "curriculum",
            name,
            config=f"kinetix_curricula._config:{cls}Config",
            factory=f"kinetix_curricula.{module}:{cls}",
            summary=summary,
        )
    for name, cls, summary in _SCORES:
        yield Component(
            "score",
            name,
            config="kinetix_curricula._config:ScoreConfig",
            factory=f"kinetix_curricula._scores:{cls}",
            summary=summary,
        )


_WHERE = {cls: f".{module}" for _, cls, module, _ in _CURRICULA}
_WHERE |= {f"{cls}Config": "._config" for cls in _WHERE}
_WHERE |= {cls: "._scores" for _, cls, _ in _SCORES}
__getattr__, _ = lazy_exports(__name__, _WHERE)
