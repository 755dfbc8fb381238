"""Episodes: actions, reset, step, reward, auto-reset from a pool of levels."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._environment import UNKNOWN_DISTANCE, Environment, EnvState, Transition, reset_where
    from ._filter import Filtered
    from ._interactive import InteractiveEnvironment, Result
    from ._random import random_index, uniform
    from ._reward import Rules, rules
    from .actions import (
        ContinuousActions,
        DiscreteActions,
        MultiDiscreteActions,
        bound_controls,
    )
    from .filter_config import FilterConfig

_WHERE = {
    "._environment": (
        "UNKNOWN_DISTANCE",
        "EnvState",
        "Environment",
        "Transition",
        "reset_where",
    ),
    "._interactive": ("InteractiveEnvironment", "Result"),
    "._random": ("random_index", "uniform"),
    "._reward": ("Rules", "rules"),
    "._filter": ("Filtered",),
    ".filter_config": ("FilterConfig",),
    ".actions": (
        "ContinuousActions",
        "DiscreteActions",
        "MultiDiscreteActions",
        "bound_controls",
    ),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
