"""Why an agent fails at a level: attempts looked at closely, and what training on it alone does."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._explain import Explanation, explain
    from ._gap import closest_gap
    from ._learner import check_learner_settings
    from ._specialist import Specialist
    from ._verdict import summary_lines, times, verdict
    from ._watch import Attempt

_WHERE = {
    "._explain": ("Explanation", "explain"),
    "._gap": ("closest_gap",),
    "._learner": ("check_learner_settings",),
    "._specialist": ("Specialist",),
    "._verdict": ("summary_lines", "times", "verdict"),
    "._watch": ("Attempt",),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
