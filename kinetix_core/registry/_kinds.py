"""The kinds of component that a run is made of, in one table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of component.

    interface: dotted path of the class that every component of the kind implements.
    default: what is chosen where nothing is said.
    several: whether a run has any number of them, each under its own name, or exactly one.
    composed: whether a run chooses it at its top level (False: another component's setting
        names it, and it has no settings of its own).
    """

    name: str
    interface: str
    summary: str
    default: tuple[str, ...]
    several: bool = False
    composed: bool = True


_I = "kinetix_core.interfaces"
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("engine", f"{_I}:Engine", "moves a scene forward in time", ("jax2d",)),
        Kind("action", f"{_I}:ActionSpace", "what a policy controls", ("multi_discrete",)),
        Kind("observation", f"{_I}:ObservationEncoder", "what a policy sees", ("symbolic",)),
        Kind("generator", f"{_I}:LevelGenerator", "where levels come from", ("files",)),
        Kind("network", f"{_I}:PolicyNetwork", "the policy and value function", ("mlp",)),
        Kind("curriculum", f"{_I}:Curriculum", "which levels are trained on", ("fixed",)),
        Kind("mutation", f"{_I}:Mutation", "a small edit of a level", (), several=True),
        Kind("score", f"{_I}:Score", "how much a level is worth", (), composed=False),
        Kind("level_set", f"{_I}:LevelSource", "levels by a name", (), composed=False),
        Kind("figure", f"{_I}:Figure", "what a report shows", (), composed=False),
        Kind("logger", f"{_I}:Logger", "where metrics go", ("console", "jsonl"), several=True),
    )
}
"""Kind by name, in the order in which `kinetix plugins` shows them."""

COMPOSED_KINDS = {name: kind for name, kind in KINDS.items() if kind.composed}
"""Those that the top level of a run chooses."""

TASK_KINDS = tuple(name for name, kind in COMPOSED_KINDS.items() if not kind.several)
"""Those of which a run has one, in the order in which a Task is filled."""
